/** The strategy that authenticates by our session cookie. */
import type { MaybePromise, SessionRow, StoreCapabilities, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { findCookie, readCookies } from "../cookie/parse.ts";
import { isKept } from "../core/hot-rows.ts";
import type { SessionPolicy } from "../core/policy.ts";
import { overReason } from "../core/policy.ts";
import { readable } from "../core/record.ts";
import { equalHash } from "../crypto/equal.ts";
import { ProvenSecrets } from "../crypto/proven-secrets.ts";
import type { ServedSecrets } from "../crypto/served-secrets.ts";
import type { PresentedTicket } from "../crypto/ticket.ts";
import { hashSecret, isSecret, ticketIn } from "../crypto/ticket.ts";

/** The strategy's configuration. */
interface SessionStrategyOptions {
  /** The session cookie's name. */
  readonly cookie: string;
  readonly policy: SessionPolicy;
  /** Whether the store hands out the same row until it changes; see `StoreCapabilities`. Default `false`. */
  readonly keepsRows?: StoreCapabilities["keepsRows"];
  /** Is told of secrets that were verified by their hash. */
  readonly served?: Pick<ServedSecrets, "add">;
}

interface Judge {
  readonly policy: SessionPolicy;
  /** Only if the store returns the same row object again. */
  readonly proven: ProvenSecrets | null;
  readonly served: Pick<ServedSecrets, "add"> | null;
  readonly store: Pick<StoreCapabilities, "keepsRows">;
}

const ABSTAIN: Verdict = { kind: "abstain" };
const MALFORMED: Verdict = { kind: "abstain", dead: { reason: "malformed" } };

/**
 * Verifies the ticket in the cookie. Of several cookies of our name dead ones are ignored; two live ones authenticate
 * no user (CK-11).
 */
export function sessionStrategy({ cookie, policy, keepsRows = false, served }: SessionStrategyOptions): Strategy {
  const proven = keepsRows === false ? null : new ProvenSecrets();
  const judge: Judge = { policy, proven, served: served ?? null, store: { keepsRows } };
  return {
    name: "session",
    ambient: true,
    presented: (request) => findCookie(request.header("cookie"), cookie) !== undefined,
    examine: (context) => {
      const header = context.request.header("cookie");
      const found = findCookie(header, cookie);
      if (header === undefined || found === undefined) return ABSTAIN;
      if (found.more) return examineSeveral(readCookies(header, cookie), context, judge);
      return examineOne(ticketIn(header, found.start, found.end), context, judge);
    },
  };
}

function examineOne(ticket: PresentedTicket | undefined, context: StrategyContext, judge: Judge): MaybePromise<Verdict> {
  if (ticket === undefined) return MALFORMED;
  try {
    const row = context.store.get(ticket.id);
    return row instanceof Promise ? judgeLater(ticket, row, context, judge) : judged(ticket, row, context, judge);
  } catch (cause) {
    return unread(ticket, cause);
  }
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

function judged(ticket: PresentedTicket, row: SessionRow | undefined, { now, report }: StrategyContext, judge: Judge): Verdict {
  const { policy, proven, served, store } = judge;
  const shown = row === undefined ? null : proof(ticket, row, now, proven);
  // A caller that knows only an id learns nothing about its session, not even that it ended.
  if (row === undefined || shown === null || row.kind !== "browser") {
    return isSecret(ticket.secret) ? { kind: "abstain", dead: { reason: "unknown", id: ticket.id } } : MALFORMED;
  }
  const over = overReason(row, now, policy);
  if (over !== null) return { kind: "abstain", dead: { reason: over, id: ticket.id } };
  // A recognised row was readable when its secret was verified.
  if (shown !== "recognised") {
    if (!readable(row)) return { kind: "unavailable", code: "ERR_RECORD_FORMAT", cause: null };
    if (shown === "current" && isKept(store, row)) proven?.add(row, ticket, now);
    served?.add((shown === "current" ? null : row.previousHash) ?? row.secretHash);
  }
  if (shown === "previous") report({ name: "session.grace-hit", level: "debug", sessionId: row.id });
  const session = { row, previous: shown === "previous" };
  return row.tokenExpires !== null && now >= row.tokenExpires ? { kind: "stale", session } : { kind: "session", session };
}

function proof(
  ticket: PresentedTicket,
  row: SessionRow,
  now: number,
  proven: ProvenSecrets | null,
): "recognised" | "current" | "previous" | null {
  if (proven?.has(row, ticket, now)) return "recognised";
  const hash = hashSecret(ticket.secret);
  if (equalHash(hash, row.secretHash)) return "current";
  // mutant: old-secret-for-ever
  if (row.previousHash !== null && now < row.previousUntil && equalHash(hash, row.previousHash)) return "previous";
  return null;
}
