export type { FakeReuse } from "./fake-grants.ts";
export type { FakeLogout } from "./fake-logouts.ts";
export {
  type FakeFailure,
  type FakeProvider,
  type FakeProviderCall,
  type FakeProviderOptions,
  type FakeUser,
  fakeProvider,
} from "./fake-provider.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { signIn, type TestUser } from "./sign-in.ts";
export { type StoreSuiteOptions, type StoreUnderTest, storeSuite } from "./store-suite/store-suite.ts";
