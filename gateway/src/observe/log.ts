/** The structured log. */
import type { AuditEvent } from "coatcheck/contracts";
import type { DestinationStream, Logger } from "pino";
import { pino } from "pino";
import { describeError } from "./describe-error.ts";
import type { Finished, NoticeFields, NoticeName } from "./observer.ts";
import { stopwatch } from "./observer.ts";

/** What the process says of itself. */
export const PROCESS_EVENTS = ["started", "stopping", "stopped", "warning"] as const;
type ProcessEvent = (typeof PROCESS_EVENTS)[number];

/**
 * The structured log. Nothing goes into a line but what stands here field by field: no header, no query, no body, no
 * foreign object. So there is nothing to redact (OP-01).
 */
export interface Log {
  request(request: Finished): void;
  notice(name: NoticeName, fields: NoticeFields): void;
  event(event: AuditEvent): void;
  /** A line about the process itself. */
  say(event: ProcessEvent, fields?: { readonly [key: string]: string | number }): void;
  flush(): void;
}

const ERRORS: ReadonlySet<NoticeName> = new Set<NoticeName>([
  "request.failed",
  "store.lost",
  "secrets.kept",
  "process.unhandled-rejection",
  "process.uncaught-exception",
]);
const WARNINGS: ReadonlySet<NoticeName> = new Set<NoticeName>([
  "upstream.failed",
  "upstream.busy",
  "upstream.set-own-cookie",
  "user.refused",
  "worker.exited",
]);

/**
 * Each write goes through another thread; lines of one moment go together. Milliseconds, and bytes after which it
 * waits no longer.
 */
const GATHERED = { periodicFlush: 50, minLength: 4096 };

/** Opens the log; lines go to standard output unless a destination is given. */
export function openLog(level: string, destination?: DestinationStream): Log {
  const out = destination ?? pino.destination({ fd: 1, sync: false, ...GATHERED });
  const logger: Logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    out,
  );
  // What is `undefined` is left out of a line.
  return {
    request({ outcome, method, path, status, started, upstream, sessionId, via }) {
      const failed = status >= 500 && outcome !== "proxied";
      logger[failed ? "warn" : "info"]({
        event: "request",
        outcome,
        method,
        path,
        status,
        ms: Math.round((stopwatch() - started) * 10) / 10,
        upstream,
        session: sessionId ?? undefined,
        via: via ?? undefined,
      });
    },
    notice(name, { reason, upstream, sessionId, owner, error }) {
      const level = ERRORS.has(name) ? "error" : WARNINGS.has(name) ? "warn" : "info";
      logger[level]({
        event: name,
        reason,
        upstream,
        session: sessionId ?? undefined,
        owner,
        error: errorIn(error),
      });
    },
    event(event) {
      logger[event.level](auditLine(event));
    },
    say(event, fields = {}) {
      logger[event === "warning" ? "warn" : "info"]({ event, ...fields });
    },
    flush() {
      logger.flush();
      if ("flushSync" in out && typeof out.flushSync === "function") out.flushSync();
    },
  };
}

function auditLine(happened: AuditEvent): object {
  const { name, reason, hint, sessionId, owner, issuer, provider, code, reference, error, count } = happened;
  return {
    event: name,
    reason,
    hint,
    session: sessionId,
    owner,
    issuer,
    provider,
    code,
    reference,
    count,
    error: errorIn(error),
  };
}

const errorIn = (error: unknown) => (error === undefined ? undefined : describeError(error));
