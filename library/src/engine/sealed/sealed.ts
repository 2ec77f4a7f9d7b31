/** Sessions in sealed cookies: the parts that the engine has instead of a store of sessions. */
import type { Clock, SessionStore, StatelessStore } from "../../contracts.ts";
import type { CookieSpec } from "../../cookie/serialize.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import { SealedSessions } from "./sealed-sessions.ts";
import { SessionCookies } from "./session-cookies.ts";

/** What a request needs to know of them. */
export interface Sealed {
  readonly cookies: SessionCookies;
  /** Whether markers end sessions. If not, only their time does. */
  readonly ends: boolean;
}

interface SealedOptions {
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly spec: CookieSpec;
  readonly persistent: boolean;
  /** Sets a time limit to the calls of the store for markers. */
  readonly bounded: (store: SessionStore) => SessionStore;
}

/** Whether the sessions of this store are in their cookies. */
export const isStateless = (store: SessionStore | StatelessStore): store is StatelessStore => "seal" in store;

/** The parts of one engine. */
export function sealedParts(
  store: StatelessStore,
  { clock, keyring, spec, persistent, bounded }: SealedOptions,
): { readonly sealed: Sealed; readonly sessions: SealedSessions } {
  const marks = store.marks === null ? null : bounded(store.marks);
  return {
    sealed: { cookies: new SessionCookies({ spec, keyring, store, persistent }), ends: marks !== null },
    sessions: new SealedSessions({ name: store.name, marks, clock }),
  };
}
