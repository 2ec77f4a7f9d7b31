/** Hands events to the app's listener. */
import type { AuditEvent, Report } from "../contracts.ts";
import { detached } from "../core/detached.ts";
import { toStandardError } from "./standard-error.ts";

/** Tells `on`, or without it standard error. */
export function reporter(on: ((event: AuditEvent) => void) | undefined): Report {
  if (on === undefined) return toStandardError;
  return (event) => {
    try {
      const { sessionId } = event;
      // A listener may keep what it hears.
      on(sessionId === undefined ? event : { ...event, sessionId: detached(sessionId) });
    } catch {
      // A listener that throws must not change what a request is answered.
    }
  };
}
