/** The strategy that authenticates by a session that is sealed into its cookie. */
import type { EndReason, MaybePromise, SealedRow, Strategy, StrategyContext, Verdict } from "../contracts.ts";
import { findCookie } from "../cookie/parse.ts";
import { andThen } from "../core/maybe.ts";
import { overReason, type SessionPolicy } from "../core/policy.ts";
import { readable } from "../core/record.ts";

/** What a cookie of our name comes to. */
type Presented =
  | { readonly kind: "session"; readonly row: SealedRow }
  | { readonly kind: "newer" }
  | { readonly kind: "malformed" };

interface SealedSessionOptions {
  /** The name of the cookie that holds the first part. */
  readonly cookie: string;
  readonly policy: SessionPolicy;
  /** The sessions in a `Cookie` header. */
  readonly read: (header: string | undefined) => readonly Presented[];
  /** Why a session is over; `null`: it lives; `"late"`: a newer state of it was made just now. */
  readonly standing: (row: SealedRow, now: number) => MaybePromise<EndReason | "late" | null>;
}

const ABSTAIN: Verdict = { kind: "abstain" };
const MALFORMED: Verdict = { kind: "abstain", dead: { reason: "malformed" } };
const NEWER: Verdict = { kind: "unavailable", code: "ERR_RECORD_FORMAT", cause: null };

/**
 * Opens the session in the cookie. Whatever does not open is malformed, so that all changes to it look alike (CR-03).
 * Of several cookies of our name dead ones are ignored; two live ones authenticate no user (CK-11).
 */
export function sealedSessionStrategy(options: SealedSessionOptions): Strategy {
  const { cookie, read } = options;
  return {
    name: "session",
    ambient: true,
    presented: (request) => findCookie(request.header("cookie"), cookie) !== undefined,
    examine(context) {
      const found = read(context.request.header("cookie"));
      const [first, another] = found;
      if (first === undefined) return ABSTAIN;
      return another === undefined ? examineOne(first, context, options) : examineSeveral(found, context, options);
    },
  };
}

function examineOne(presented: Presented, { now }: StrategyContext, options: SealedSessionOptions): MaybePromise<Verdict> {
  if (presented.kind === "malformed") return MALFORMED;
  if (presented.kind === "newer" || !readable(presented.row)) return NEWER;
  const { row } = presented;
  const over = overReason(row, now, options.policy);
  if (over !== null) return { kind: "abstain", dead: { reason: over, id: row.id } };
  return andThen(
    options.standing(row, now),
    (standing): Verdict =>
      standing === null || standing === "late"
        ? { kind: "session", session: { row, previous: standing === "late" } }
        : { kind: "abstain", dead: { reason: standing, id: row.id } },
  );
}

async function examineSeveral(
  all: readonly Presented[],
  context: StrategyContext,
  options: SealedSessionOptions,
): Promise<Verdict> {
  const verdicts = await Promise.all(all.map((presented) => examineOne(presented, context, options)));
  const live = verdicts.filter((verdict) => verdict.kind === "session");
  if (live.length > 1) {
    context.report({ name: "session.ambiguous", level: "warn", count: live.length });
    return { kind: "abstain", several: live.map(({ session }) => session.row.id) };
  }
  return verdicts.find((verdict) => verdict.kind === "unavailable") ?? live[0] ?? verdicts[0] ?? ABSTAIN;
}
