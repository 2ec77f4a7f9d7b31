/** The strategy that authenticates by our session cookie. */
import type { MaybePromise, SessionRow, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { findCookie, readCookies } from "../cookie/parse.ts";
import type { SessionPolicy } from "../core/policy.ts";
import { overReason } from "../core/policy.ts";
import { readable } from "../core/record.ts";
import type { ServedSecrets } from "../crypto/served-secrets.ts";
import type { PresentedTicket } from "../crypto/ticket.ts";
import { isSecret, ticketIn } from "../crypto/ticket.ts";
import type { TicketProof } from "../crypto/ticket-proof.ts";
import { hashProof } from "../crypto/ticket-proof.ts";

/** The strategy's configuration. */
interface SessionStrategyOptions {
  /** The session cookie's name. */
  readonly cookie: string;
  readonly policy: SessionPolicy;
  /** How tickets are verified. Default `hashProof`. */
  readonly proof?: TicketProof;
  /** Is told of secrets that were verified by their hash. */
  readonly served?: Pick<ServedSecrets, "add">;
}

interface Judge {
  readonly policy: SessionPolicy;
  readonly proof: TicketProof;
  readonly served: Pick<ServedSecrets, "add"> | null;
}

const ABSTAIN: Verdict = { kind: "abstain" };
const MALFORMED: Verdict = { kind: "abstain", dead: { reason: "malformed" } };

/**
 * Verifies the ticket in the cookie. Of several cookies of our name dead ones are ignored; two live ones authenticate
 * no user (CK-11).
 */
export function sessionStrategy({ cookie, policy, proof = hashProof, served }: SessionStrategyOptions): Strategy {
  const judge: Judge = { policy, proof, served: served ?? null };
  return {
    name: "session",
    ambient: true,
    presented: (request) => findCookie(request.header("cookie"), cookie) !== undefined,
    examine: (context) => {
      const header = context.request.header("cookie");
      const found = findCookie(header, cookie);
      if (header === undefined || found === undefined) return ABSTAIN;
      if (findCookie(header, cookie, found.behind) === undefined) {
        return examineOne(ticketIn(header, found.start, found.end), context, judge);
      }
      return examineSeveral(readCookies(header, cookie), context, judge);
    },
  };
}

function examineOne(ticket: PresentedTicket | undefined, context: StrategyContext, judge: Judge): MaybePromise<Verdict> {
  if (ticket === undefined) return MALFORMED;
  const recent = context.store.recent?.(ticket.id);
  const verdict = recent === undefined ? null : letIn(ticket, recent, context, judge);
  if (verdict !== null) return verdict;
  try {
    const row = context.store.get(ticket.id);
    return row instanceof Promise ? judgeLater(ticket, row, context, judge) : judged(ticket, row, context, judge);
  } catch (cause) {
    return unread(ticket, cause);
  }
}

/** What a row of a short while ago lets in; `null`: that is for the store to say, as all is that it would refuse. */
function letIn(ticket: PresentedTicket, row: SessionRow, context: StrategyContext, judge: Judge): Verdict | null {
  const shown = judge.proof.shown(ticket, row, context.now);
  if (shown === null || shown === "previous" || row.kind !== "browser") return null;
  const verdict = verdictOf(row, false, ticket, context.now, judge.policy);
  if (verdict.kind !== "session") return null;
  const recent: Verdict = { kind: "session", session: { row, previous: false, recent: true } };
  return shown === "recognised" ? recent : proved(ticket, row, shown, recent, context, judge);
}

async function judgeLater(
  ticket: PresentedTicket,
  row: Promise<SessionRow | undefined>,
  context: StrategyContext,
  judge: Judge,
): Promise<Verdict> {
  try {
    return judged(ticket, await row, context, judge);
  } catch (cause) {
    return unread(ticket, cause);
  }
}

// A malformed ticket is malformed during an outage of the store too.
function unread({ secret }: PresentedTicket, cause: unknown): Verdict {
  if (!isSecret(secret)) return MALFORMED;
  throw cause;
}

async function examineSeveral(values: readonly string[], context: StrategyContext, judge: Judge): Promise<Verdict> {
  const verdicts = await Promise.all(values.map((value) => examineOne(ticketIn(value, 0, value.length), context, judge)));
  const settled = verdicts.filter((verdict) => verdict.kind !== "abstain");
  if (settled.length > 1 && settled.every((verdict) => verdict.kind === "session" || verdict.kind === "stale")) {
    context.report({ name: "session.ambiguous", level: "warn", count: settled.length });
    return { kind: "abstain", several: settled.flatMap((verdict) => ("session" in verdict ? [verdict.session.row.id] : [])) };
  }
  return settled.find((verdict) => verdict.kind === "unavailable") ?? settled[0] ?? verdicts[0] ?? ABSTAIN;
}

function judged(ticket: PresentedTicket, row: SessionRow | undefined, context: StrategyContext, judge: Judge): Verdict {
  const shown = row === undefined ? null : judge.proof.shown(ticket, row, context.now);
  // A caller that knows only an id learns nothing about its session, not even that it ended.
  if (row === undefined || shown === null || row.kind !== "browser") {
    return isSecret(ticket.secret) ? { kind: "abstain", dead: { reason: "unknown", id: ticket.id } } : MALFORMED;
  }
  const verdict = verdictOf(row, shown === "previous", ticket, context.now, judge.policy);
  // A recognised row was readable when its secret was verified.
  return shown === "recognised" || verdict.kind === "abstain" ? verdict : proved(ticket, row, shown, verdict, context, judge);
}

/** What the row says of a ticket that proves it. */
function verdictOf(row: SessionRow, previous: boolean, { id }: PresentedTicket, now: number, policy: SessionPolicy): Verdict {
  const session = { row, previous };
  const kind = row.tokenExpires !== null && now >= row.tokenExpires ? "stale" : "session";
  const over = overReason(row, now, policy);
  return over === null ? { kind, session } : { kind: "abstain", dead: { reason: over, id } };
}

/** A secret was verified by its hash. */
function proved(
  ticket: PresentedTicket,
  row: SessionRow,
  shown: "current" | "previous",
  verdict: Verdict,
  { now, report }: StrategyContext,
  { proof, served }: Judge,
): Verdict {
  if (!readable(row)) return { kind: "unavailable", code: "ERR_RECORD_FORMAT", cause: null };
  if (shown === "current") proof.accepted(ticket, row, now);
  served?.add((shown === "current" ? null : row.previousHash) ?? row.secretHash);
  if (shown === "previous") report({ name: "session.grace-hit", level: "debug", sessionId: row.id });
  return verdict;
}
