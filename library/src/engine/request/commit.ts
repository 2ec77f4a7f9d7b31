/** Commits a plan to the store, step by step, and reports what began, ended and was exchanged. */
import type { SessionRow } from "../../contracts.ts";
import type { LoginIntent } from "../../core/draft.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { EndStep, Held, Plan, PutStep } from "../../core/plan.ts";
import { endSessions } from "../lifecycle/end-sessions.ts";
import { loginOverruled, rememberOwner } from "../lifecycle/markers.ts";
import { enforceSessionLimit } from "../lifecycle/session-limit.ts";
import type { EngineOptions } from "./options.ts";
import type { Settling } from "./settlement.ts";

export type WritePlan = Extract<Plan, { kind: "write" }>;
/** `conflict`: another request wrote the row first. `overruled`: a logout overruled the login. */
type CommitResult = "done" | "conflict" | "overruled";

/**
 * Both sides write first and read second, so that a logout by the provider and a login under way cannot miss each
 * other.
 */
export async function commit<Data>(exchange: Settling<Data>, held: Held, planned: WritePlan, now: number): Promise<CommitResult> {
  const { options } = exchange;
  const { store, background } = options;
  const { login, steps } = planned;
  const before = (await exchange.ownerMarker) ?? undefined;
  if (login !== null) await rememberOwner(store, login, now + options.policy.lifetime, now);
  for (const [index, step] of steps.entries()) {
    try {
      // mutant: upsert
      if (step.kind === "end") {
        await end(options, held, step, login, now);
      } else if (!(await store.put(step.row, step.condition))) {
        // If the new record was ended in this moment, that logout covers this login too, and revokes its tokens.
        // mutant: ended-login-goes-on
        return (await undo(options, steps.slice(0, index), now)) ? "overruled" : "conflict";
      } else if (login !== null && step.condition === "absent") {
        // Read before the presented session ends, so that an outage here does not end both.
        const overruled = await loginOverruled(store, login, before, now);
        // mutant: no-markers-at-login
        if (overruled !== null) {
          await endSessions(options, { id: step.row.id }, overruled, now, { rows: [step.row] });
          return "overruled";
        }
      }
    } catch (error) {
      background.waitUntil(undo(options, steps.slice(0, index + 1), now));
      throw error;
    }
  }
  for (const step of steps) if (step.kind === "put") announce(exchange, held, step, planned);
  if (login !== null) await enforceSessionLimit(options, login.owner);
  return "done";
}

/**
 * Ends what was written before the step that failed, and perhaps by it: no client was told its secret. Answers whether
 * it was ended already.
 */
async function undo<Data>({ store, unfinished }: EngineOptions<Data>, steps: WritePlan["steps"], now: number): Promise<boolean> {
  let overruled = false;
  for (const step of steps) {
    if (step.kind !== "put" || step.condition !== "absent") continue;
    try {
      overruled ||= (await store.end({ id: step.row.id }, "replaced", now)).length === 0;
    } catch {
      // mutant: shared-tokens-revoked
      unfinished.end({ id: step.row.id, reason: "replaced", grantLivesOn: true });
    }
  }
  return overruled;
}

async function end<Data>(
  options: EngineOptions<Data>,
  held: Held,
  { id, reason }: EndStep,
  login: LoginIntent | null,
  now: number,
): Promise<void> {
  const row = held.live?.row.id === id ? held.live.row : await options.store.get(id);
  const known = { rows: row === undefined ? [] : [row], grantLivesOn: sharesGrant(row, login) };
  await endSessions(options, { id }, reason, now, known);
}

function announce<Data>(exchange: Settling<Data>, held: Held, { row, condition }: PutStep, planned: WritePlan): void {
  const { options } = exchange;
  const { id: sessionId, owner, ended, reason } = row;
  const who = { sessionId, ...omitUndefined({ owner: owner ?? undefined }) };
  if (condition === "absent") options.report({ name: "session.created", level: "info", ...who });
  else if (ended !== null) {
    // Of the row as it was: what is stored now is empty.
    // mutant: older-tokens-revoked
    const before = held.live?.row;
    options.announce({
      id: sessionId,
      reason: reason ?? "replaced",
      row: before,
      grantLivesOn: sharesGrant(before, planned.login),
    });
  } else if (planned.cookie === "set") options.report({ name: "session.rotated", level: "info", ...who });
}

/**
 * Whether the login in its place may live by the same grant: to some providers a person and a client have one, and to
 * revoke a token of it takes the new ones as well.
 */
function sharesGrant(row: SessionRow | undefined, login: LoginIntent | null): boolean {
  return row !== undefined && login !== null && login.tokens !== null && row.owner === login.owner;
}
