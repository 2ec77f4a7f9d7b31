/** The interface that requests report to, and the closed lists of outcomes and notices. */
import type { EndReason } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import { omitUndefined } from "coatcheck/settings";
/** How a request came out. A closed list: it is a metric's label and a word in the log. */
export const OUTCOMES = [
  "proxied",
  "upgraded",
  "own",
  "checked",
  "rejected",
  "forbidden",
  "malformed",
  "misdirected",
  "unrouted",
  "too-large",
  "client-gone",
  "upstream-unavailable",
  "upstream-timeout",
  "upstream-busy",
  "unavailable",
  "failed",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A request that is over. */
export interface Finished {
  readonly outcome: Outcome;
  readonly method: string;
  /** Without query; `undefined` if it could not be read. */
  readonly path: string | undefined;
  /** The status of the answer; 0 if the client went before it. */
  readonly status: number;
  /** Monotonic milliseconds. */
  readonly started: number;
  /** Monotonic milliseconds at which the upstream began to answer; 0 if it did not. */
  readonly answered: number;
  readonly upstream: string | undefined;
  readonly sessionId: string | null;
  /** What authenticated: `session`, `proxy`, `bearer`; `null` if the caller is anonymous. */
  readonly via: string | null;
}

/** Things worth telling an operator that are no request's end. A closed list, as the outcomes. */
export const NOTICES = [
  "identity-header.left-out",
  "upstream.set-own-cookie",
  "upstream.failed",
  "upstream.busy",
  "request.failed",
  "request.unavailable",
  "client.malformed",
  "client.held-back",
  "client.cut-off",
  "client.too-slow",
  "stream.cut",
  "user.refused",
  "worker.exited",
  "process.unhandled-rejection",
  "process.uncaught-exception",
  "store.lost",
  "secrets.changed",
  "secrets.kept",
] as const;
export type NoticeName = (typeof NOTICES)[number];

/** The closed lists of reasons: of each notice that has one, all that it can give. */
interface NoticeReasons {
  readonly "identity-header.left-out":
    | "user"
    | "email"
    | "preferred-username"
    | "issuer"
    | "email-unverified"
    | "group"
    | "groups-too-long";
  readonly "client.held-back": "pipelined";
  readonly "client.cut-off": "pipelined";
  readonly "client.too-slow": "body" | "answer";
  readonly "stream.cut": EndReason;
  readonly "user.refused": "via" | "providers" | "users" | "groups";
  readonly "upstream.failed": "ERR_UPSTREAM_UNAVAILABLE" | "ERR_UPSTREAM_TIMEOUT";
}

/** A reason of a notice; of one without a list, a code of ours, of Node's or of the system's, or words of ours. */
export type NoticeReason<Name extends NoticeName> = Name extends keyof NoticeReasons ? NoticeReasons[Name] : string;

/** What is told with a notice. There is no field that a URL's query, a header or a body could go into. */
export interface NoticeFields<Reason = string> {
  readonly reason?: Reason;
  readonly upstream?: string;
  readonly sessionId?: string | null;
  /** The user, by issuer and subject. */
  readonly owner?: string;
  /** Only its name, code and message are logged, and those of its causes. */
  readonly error?: unknown;
}

/** Hears what happens at the gateway. */
export interface Observer {
  finished(request: Finished): void;
  notice<Name extends NoticeName>(name: Name, fields: NoticeFields<NoticeReason<Name>>): void;
}

/**
 * Tells of a request that could not be answered as it was meant. A 503 with a code of ours is an outage, which was
 * logged at its own level when it was noticed: for the requests that meet it the reason is enough.
 */
export function tellFailure(observer: Observer, error: unknown, status: number, upstream?: string): void {
  if (status < 500) return;
  const about = omitUndefined({ upstream });
  if (status === 503 && error instanceof CoatcheckError) observer.notice("request.unavailable", { ...about, reason: error.code });
  else observer.notice("request.failed", { ...about, error });
}

/** Monotonic milliseconds, for measuring only. */
export const stopwatch = (): number => performance.now();
