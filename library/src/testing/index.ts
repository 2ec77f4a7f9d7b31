export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type StoreSuiteOptions, type StoreUnderTest, storeSuite } from "./store-suite.ts";
