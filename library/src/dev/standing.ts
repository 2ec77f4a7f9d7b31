/** How a development provider is given to `coatcheck()`, and what becomes of it there. */
import type { Clock, Entropy, Route, SessionStore } from "../contracts.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { ALGORITHM } from "./signatures.ts";

/** Where a development provider stands, and what it is made of there. */
export interface DevPlace {
  /** The public origins, with the app's own endpoints below `prefix`. */
  readonly origins: readonly string[];
  readonly prefix: string;
  readonly keyring: Pick<Keyring, "seal" | "open" | "signingKeys">;
  readonly store: Pick<SessionStore, "mark" | "marked">;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** What the app's client is told about it, the way there without a network, and its endpoints. */
export interface StandingDevProvider {
  readonly config: {
    readonly name: string;
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly idTokenSigningAlg: typeof ALGORITHM;
  };
  readonly fetch: (url: string, options: RequestInit) => Promise<Response>;
  readonly routes: readonly Route[];
}

/** A provider for development, for the option `provider`. */
export interface DevProvider {
  readonly name: string;
  /** Called by `coatcheck()`. Throws `ERR_CONFIG` if a public address is not a loopback one. */
  standAt(place: DevPlace): StandingDevProvider;
}

/** Whether it is that, and no other provider. */
export const isDevProvider = <Other extends object>(given: Other | DevProvider): given is DevProvider => "standAt" in given;
