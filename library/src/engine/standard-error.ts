/** Where events go when the app gives no `on`: warnings and errors, a line each, to standard error. */
import type { AuditEvent } from "../contracts.ts";
import { describeError } from "../core/errors/describe-error.ts";

/**
 * `coatcheck warn login.failed code=ERR_PROVIDER_RESPONSE reason=iss reference=0a1b2c: …`; `null` for what only a
 * listener is told.
 */
export function lineOf(event: AuditEvent): string | null {
  const { name, level, reason, code, reference, provider, sessionId, count, error } = event;
  if (level !== "warn" && level !== "error") return null;
  const fields = Object.entries({ code, reason, reference, provider, session: sessionId, count })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${String(value)}`);
  return `coatcheck ${level} ${name}${fields.join("")}${error === undefined ? "" : `: ${describeError(error)}`}`;
}

export function toStandardError(event: AuditEvent): void {
  const line = lineOf(event);
  if (line !== null) process.stderr.write(`${line}\n`);
}
