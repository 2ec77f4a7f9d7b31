export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type StoreSuiteOptions, type StoreUnderTest, storeSuite } from "./store-suite.ts";
export { signIn, type TestUser } from "./sign-in.ts";
