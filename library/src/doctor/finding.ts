/** What the doctor finds, and what it examines: types only. */
import type { GivenSecret, MaybePromise, SessionStore } from "../contracts.ts";

/**
 * What came of one check. `ok`: as it should be; `warn`: it works, and should be known; `fail`: it cannot work like
 * this; `unknown`: it could not be told from here.
 *
 * @example
 * ```ts
 * import type { Finding } from "coatcheck/doctor";
 * const isBroken = ({ outcome }: Finding) => outcome === "fail";
 * ```
 */
export interface Finding {
  /** What was tried. */
  readonly check: "configuration" | "clock" | "discovery" | "redirect" | "client" | "address" | "cookie" | "proxy" | "store";
  /** Which one of several: the provider's name, the origin; empty if there is one alone. */
  readonly subject: string;
  readonly outcome: "ok" | "warn" | "fail" | "unknown";
  /** What came of it, in one sentence. Never a secret. */
  readonly said: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** A client at a provider, as far as it is tried. */
export interface ExaminedClient {
  readonly name: string;
  /** `oauth2`: without OpenID Connect, so that only a login tells. Its redirect address has the name behind it. */
  readonly type?: string | undefined;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: GivenSecret | undefined;
  /** How the secret is shown. Default `client_secret_basic`. */
  readonly clientAuthentication?: string | undefined;
  /** How long one request may take, milliseconds. Default 10,000. */
  readonly timeout?: number | undefined;
  /** How far the clocks may be apart, milliseconds. Default 30,000. */
  readonly clockTolerance?: number | undefined;
  /** The way to it, if that is not the network. */
  readonly fetch?: ((url: string, options: RequestInit) => Promise<Response>) | undefined;
}

/** A store, as it is opened for this. */
export interface ExaminedStore {
  /** Tells it from others; empty if there is one alone. */
  readonly name: string;
  /** `null`: there is none, sessions are in their cookies. */
  open(): MaybePromise<SessionStore | null>;
  /** Whether it is closed again. */
  readonly closes: boolean;
}

/** What is examined: an app's session layer, or a gateway's. */
export interface Examined {
  readonly origins: readonly string[];
  readonly prefix: string;
  readonly clients: readonly ExaminedClient[];
  readonly stores: readonly ExaminedStore[];
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}
