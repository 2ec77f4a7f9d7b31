import type { MaybePromise, SessionRow, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { readCookies } from "../cookie/parse.ts";
import type { SessionPolicy } from "../core/policy.ts";
import { overReason } from "../core/policy.ts";
import { readable } from "../core/record.ts";
import { equalHash } from "../crypto/equal.ts";
import type { PresentedTicket } from "../crypto/ticket.ts";
import { hashSecret, isSecret, splitTicket } from "../crypto/ticket.ts";

/** What the strategy has to know. */
export interface SessionStrategyOptions {
  /** The session cookie's name. */
  readonly cookie: string;
  readonly policy: SessionPolicy;
}

const ABSTAIN: Verdict = { kind: "abstain" };
const MALFORMED: Verdict = { kind: "abstain", dead: { reason: "malformed" } };

/** Proves the ticket in the cookie. Of several cookies of our name those not live are ignored; two live ones are nobody (CK-11). */
export function sessionStrategy({ cookie, policy }: SessionStrategyOptions): Strategy {
  return {
    name: "session",
    ambient: true,
    presented: (request) => readCookies(request.header("cookie"), cookie).length > 0,
    examine: (context) => {
      const values = readCookies(context.request.header("cookie"), cookie);
      const first = values[0];
      if (first === undefined) return ABSTAIN;
      return values.length === 1 ? examineOne(first, context, policy) : examineSeveral(values, context, policy);
    },
  };
}

function examineOne(value: string, context: StrategyContext, policy: SessionPolicy): MaybePromise<Verdict> {
  const ticket = splitTicket(value);
  if (ticket === undefined) return MALFORMED;
  try {
    const row = context.store.get(ticket.id);
    return row instanceof Promise ? judgeLater(ticket, row, context.now, policy) : judge(ticket, row, context.now, policy);
  } catch (cause) {
    return unread(ticket, cause);
  }
}

async function judgeLater(
  ticket: PresentedTicket,
  row: Promise<SessionRow | undefined>,
  now: number,
  policy: SessionPolicy,
): Promise<Verdict> {
  try {
    return judge(ticket, await row, now, policy);
  } catch (cause) {
    return unread(ticket, cause);
  }
}

// What cannot be a ticket is none, whether the store answers or not.
function unread({ secret }: PresentedTicket, cause: unknown): Verdict {
  if (!isSecret(secret)) return MALFORMED;
  throw cause;
}

async function examineSeveral(values: readonly string[], context: StrategyContext, policy: SessionPolicy): Promise<Verdict> {
  const verdicts = await Promise.all(values.map((value) => examineOne(value, context, policy)));
  const settled = verdicts.filter((verdict) => verdict.kind !== "abstain");
  if (settled.length > 1 && settled.every((verdict) => verdict.kind === "accept" || verdict.kind === "stale")) {
    context.report({ name: "session.ambiguous", level: "warn", count: settled.length });
    return { kind: "abstain", several: settled.flatMap((verdict) => ("session" in verdict ? [verdict.session.row.id] : [])) };
  }
  return settled.find((verdict) => verdict.kind === "unavailable") ?? settled[0] ?? verdicts[0] ?? ABSTAIN;
}

function judge(ticket: PresentedTicket, row: SessionRow | undefined, now: number, policy: SessionPolicy): Verdict {
  const shown = row === undefined ? null : proof(ticket, row, now);
  // Whoever only knows an id learns nothing about it, not even that it ended.
  if (row === undefined || shown === null || row.kind !== "browser") {
    return isSecret(ticket.secret) ? { kind: "abstain", dead: { reason: "unknown", id: ticket.id } } : MALFORMED;
  }
  const over = overReason(row, now, policy);
  if (over !== null) return { kind: "abstain", dead: { reason: over, id: ticket.id } };
  if (!readable(row)) return { kind: "unavailable", code: "ERR_RECORD_FORMAT", cause: null };
  const session = { row, previous: shown === "previous" };
  return row.tokenExpires !== null && now >= row.tokenExpires ? { kind: "stale", session } : { kind: "accept", session };
}

function proof(ticket: PresentedTicket, row: SessionRow, now: number): "current" | "previous" | null {
  const hash = hashSecret(ticket.secret);
  if (equalHash(hash, row.secretHash)) return "current";
  if (row.previousHash !== null && now < row.previousUntil && equalHash(hash, row.previousHash)) return "previous";
  return null;
}
