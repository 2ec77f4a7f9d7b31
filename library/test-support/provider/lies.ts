/** What a provider for tests can be made to say, and what it writes down. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { SigningKey } from "./signing.ts";

export type Json = { readonly [name: string]: unknown };

export type EndpointName = "metadata" | "authorization" | "keys" | "token" | "userinfo" | "revocation" | "end" | "other";

/** One request as it came in. */
export interface JournalEntry {
  readonly endpoint: EndpointName;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly form: URLSearchParams;
  readonly body: string;
}

/** What is bent. Absent: honest. Replace or change it between requests. */
export interface Lies {
  metadata?: (honest: Json) => unknown;
  keys?: (honest: { readonly keys: readonly Json[] }) => unknown;
  /** The parameters of the authorization response, to be changed in place. */
  authorization?: (response: URLSearchParams) => void;
  header?: (honest: Json) => Json;
  claims?: (honest: Json) => Json;
  /** Makes the ID token itself, from what would have been signed. */
  idToken?: (header: Json, claims: Json, key: SigningKey) => unknown;
  /** The JSON of a successful token answer. */
  token?: (honest: Json) => unknown;
  userinfo?: (honest: Json) => unknown;
  /** Answers by hand; `true` when it did. Runs after the endpoint has taken effect if `after` is set for it. */
  raw?: (entry: JournalEntry, response: ServerResponse) => boolean | Promise<boolean>;
  /** As `raw`, but once the honest answer is ready: the provider has committed, the client does not hear of it. */
  lost?: (entry: JournalEntry, response: ServerResponse) => boolean;
}

export interface LyingProviderOptions {
  /** Below the origin: `/tenant` makes the issuer `http://127.0.0.1:port/tenant`. Default none. */
  readonly path?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly now?: () => number;
  readonly key?: SigningKey;
}

export interface LyingProvider {
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly lies: Lies;
  readonly journal: readonly JournalEntry[];
  /** Who signs in at the authorization endpoint, and what is said of them. */
  user: { sub: string; claims: Json };
  /** The keys published, and the one that signs. */
  published: readonly SigningKey[];
  signs: SigningKey;
  /** Requests of an endpoint so far. */
  count(endpoint: EndpointName): number;
  /**
   * What a browser gets from the authorization endpoint: the address (query) or the form's fields (form_post) to go on
   * with.
   */
  authorize(url: string): Promise<{ readonly location: URL; readonly response: URLSearchParams }>;
  /** Honest again, with an empty journal. */
  reset(): void;
  close(): Promise<void>;
}
