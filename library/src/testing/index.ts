/** What `coatcheck/testing` publishes. */
export type { FakeReuse } from "./fake-grants.ts";
export type { FakeLogout } from "./fake-logouts.ts";
export {
  type FakeFailure,
  type FakeProvider,
  type FakeProviderCall,
  type FakeProviderOptions,
  fakeProvider,
} from "./fake-provider.ts";
export type { FakeUser } from "./fake-user.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export {
  type PlayedProvider,
  type PlayedProviderOptions,
  type PlayedRefusal,
  playedProvider,
} from "./played-provider.ts";
export type { PlayedPreset, PlayedUser } from "./played-shapes.ts";
export { signIn, type TestUser } from "./sign-in.ts";
export type { StoreSuiteOptions, StoreUnderTest } from "./store-suite/case.ts";
export { storeSuite } from "./store-suite/store-suite.ts";
