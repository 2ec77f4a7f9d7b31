/** What `coatcheck()` takes. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AuditEvent, Clock, Entropy, Provider, ProxyReader, SessionStore, Strategy } from "./contracts.ts";
import type { SessionOptions } from "./core/policy.ts";
import type { RefreshPolicy } from "./core/renewal.ts";
import type { ResolverOptions } from "./engine/resolver.ts";
import type { AssertionOptions } from "./oidc/assertion.ts";
import type { BearerOptions } from "./oidc/bearer-verifiers.ts";
import type { SiteData } from "./oidc/dependencies.ts";
import type { ProviderConfig } from "./oidc/provider-config.ts";
import type { ProxyOptions as ProxyHeaderOptions } from "./strategies/proxy.ts";

/** What `coatcheck()` takes. */
export interface CoatcheckOptions<Data> {
  /** The origin that browsers use, or several; cookies, redirect URIs and the CSRF origin come from it, never from a request. */
  readonly publicUrl: string | readonly string[];
  /** 32 random bytes or more as base64url; several, in a list or with commas between: the first seals, all open. */
  readonly secrets: string | readonly string[] | undefined;
  readonly store: SessionStore;
  /** The OpenID provider, or several with names; without one the app signs people in itself with `session.login`. */
  readonly provider?: ProviderConfig | Provider;
  readonly providers?: readonly (ProviderConfig | Provider)[];
  /** Bearer tokens of providers, and of your own making. Asked first; a token that is presented decides. */
  readonly bearer?: BearerOptions;
  /** Ways of your own to find out who asks, in order; all are asked before the session's cookie. */
  readonly strategies?: readonly Strategy[];
  /** A proxy in front that signs people on: who asks is whom it asserts, and never the user of an older session. */
  readonly proxy?: ProxyOptions | ProxyReaderOptions;
  /** Any Standard Schema: types `session.data`, checks what is written, completes what is read. Must answer synchronously. */
  readonly data?: StandardSchemaV1<unknown, Data>;
  /** How long sessions last. Default: NIST AAL2, an hour idle and a day in all. Milliseconds. */
  readonly session?: SessionOptions;
  /** When the provider's tokens are renewed. Default: whenever they have run out, so that a session ends when its provider ends it. */
  readonly refresh?: Partial<RefreshPolicy>;
  readonly cookie?: { readonly name?: string; readonly domain?: string; readonly sameSite?: "Lax" | "Strict" };
  /** Where our own endpoints live. Default `/auth`. */
  readonly prefix?: string;
  /** Other origins whose pages may send unsafe requests. */
  readonly trustedOrigins?: readonly string[];
  /** Where a logout ends when the provider has no page for it. A path. Default `/`. */
  readonly signedOutPage?: string;
  /** What browsers are asked to forget of this origin at a logout. Default `["cache", "storage"]`; `[]`: nothing. */
  readonly clearSiteData?: readonly SiteData[];
  /** What is kept about the client with a new session; nothing by default (OP-03). The address only as a keyed hash. */
  readonly keep?: { readonly userAgent?: boolean; readonly address?: boolean };
  /** Hears every event; for logs and metrics. Never gets a ticket, token, code, state or secret. */
  readonly on?: (event: AuditEvent) => void;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
}

/** What the app makes of whom a proxy asserts, and where its users are signed out. */
export interface ProxyUsers extends ResolverOptions {
  /** Where a logout of the proxy's user goes on to; without it they would be signed in again at once. */
  readonly signOutUrl?: string;
}

/** A proxy that signs people on: how it says who asks, and what the app makes of them. */
export interface ProxyOptions extends ProxyHeaderOptions, ProxyUsers {
  /** What the proxy signs, where it does; its plain headers are then not read. */
  readonly assertion?: AssertionOptions;
}

/** The same with a reader of your own. */
export interface ProxyReaderOptions extends ProxyUsers {
  readonly reader: ProxyReader;
}
