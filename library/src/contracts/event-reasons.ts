/** The closed lists of reasons that events give; each is also a label of a metric, and frozen. */
import type { AuditEvent, EventName } from "./events.ts";
import type { ProviderFailure } from "./provider.ts";
import type { EndReason } from "./store.ts";
import type { TokenKind } from "./token-kind.ts";

/** Of each event that gives reasons of its own, all that it can give. */
interface ClosedReasons {
  readonly "session.ended": EndReason;
  readonly "token.issued": TokenKind;
  readonly "token.refreshed": TokenKind;
  readonly "token.reused": TokenKind;
  readonly "token.revoked": TokenKind;
  readonly "session.refused": "blocked" | "unknown";
  readonly "login.failed": LoginFailure;
  readonly "clock.off": "behind" | "ahead";
  readonly "store.failed": "read" | "write" | "mark" | "sweep" | "refresh";
  readonly "proxy.stripped": "peer" | "secret";
  readonly "proxy.lookup-failed": "app" | "outage";
  readonly "refresh.completed": "refreshed" | "after-unknown" | "api";
  readonly "refresh.failed":
    | "refused"
    | "doubtful"
    | "lost"
    | "unknown"
    | "unavailable"
    | "sealed"
    | "provider"
    | "app"
    | "denied";
  readonly "refresh.held": "write";
  readonly "refresh.discarded": "ended" | "superseded" | "store";
  readonly "revocation.failed": "refresh_token" | "access_token" | "sealed";
  readonly "ending.dropped": "full" | "closed";
  readonly "frontchannel.refused": "repeated" | "parameter" | "issuer" | "markers" | "store";
  readonly "background.failed": "handler";
}

/** Where a login failed. */
export type LoginFailure =
  | "parameter"
  | "authorization-endpoint"
  | "too-large"
  | "body"
  | "repeated"
  | "none"
  | "foreign"
  | "another-login"
  | "another-user"
  | "age"
  | "iss"
  | "marker"
  | "again"
  | "store"
  | "blocked"
  | "unknown"
  | "app"
  | ProviderFailure["kind"];

/**
 * Events whose reason is a name that the configuration or a module of checks gives: of a strategy, a preset, a field, a
 * check of a provider's answer. Never what a client sent.
 */
type NamedReason =
  | "session.preset-exceeded"
  | "credential.refused"
  | "credential.failed"
  | "proxy.malformed"
  | "provider.ready"
  | "provider.failed"
  | "backchannel.refused";

type ReasonOf<Name extends EventName> = Name extends keyof ClosedReasons
  ? ClosedReasons[Name]
  : Name extends NamedReason
    ? string
    : never;

/** An event with a reason of its own list. */
type ReportedEvent = {
  readonly [Name in EventName]: Omit<AuditEvent, "name" | "reason"> & {
    readonly name: Name;
    readonly reason?: ReasonOf<Name>;
  };
}[EventName];

/** Tells of an event; its reason is one of its own list. */
export type Report = (event: ReportedEvent) => void;
