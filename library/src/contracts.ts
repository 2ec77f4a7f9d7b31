/**
 * Every interface of Coatcheck, types only. What crosses a boundary of the library (a store, a clock, a provider, a
 * strategy, an adapter) is described here and nowhere else. All times are milliseconds since the epoch unless a name
 * says otherwise.
 */

export type * from "./contracts/adapter.ts";
export type * from "./contracts/assertions.ts";
export type * from "./contracts/directory.ts";
export type * from "./contracts/event-reasons.ts";
export type * from "./contracts/events.ts";
export type * from "./contracts/keys.ts";
export type * from "./contracts/provider.ts";
export type * from "./contracts/request.ts";
export type * from "./contracts/routes.ts";
export type * from "./contracts/session.ts";
export type * from "./contracts/stateless.ts";
export type * from "./contracts/store.ts";
export type * from "./contracts/token-kind.ts";
export type * from "./contracts/tokens.ts";
export type * from "./contracts/world.ts";
