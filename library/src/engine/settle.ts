import type { SessionRow } from "../contracts.ts";
import { clearCookie, setCookie } from "../cookie/serialize.ts";
import { CoatcheckError } from "../core/errors.ts";
import { isPrefetch } from "../core/navigation.ts";
import type { CookiePlan, EndStep, Held, Minted, Plan, PutStep } from "../core/plan.ts";
import { needsTicket, plan } from "../core/plan.ts";
import { overReason } from "../core/policy.ts";
import { snapshot } from "../core/record.ts";
import { renewAtOf } from "../core/renewal.ts";
import type { MintedTicket } from "../crypto/ticket.ts";
import { joinTicket, mintTicket } from "../crypto/ticket.ts";
import { bodyOf } from "./bodies.ts";
import { keepToCap } from "./cap.ts";
import type { Exchange } from "./exchange.ts";
import { loginOverruled } from "./marks.ts";
import { chance } from "./renewal-options.ts";
import { sealTokens } from "./tokens.ts";

/** What the response gets: cookies to add, or a refusal that takes the place of the handler's answer. */
export interface Settlement {
  readonly cookies: readonly string[];
  readonly refusal: CoatcheckError | null;
}

export const UNCHANGED: Settlement = { cookies: [], refusal: null };

/** How often a write is planned again on the fresh record before the request gives up; every conflict is somebody else's success. */
const ATTEMPTS = 200;

type WritePlan = Extract<Plan, { kind: "write" }>;
type Carried = "done" | "conflict" | "overruled";

/** Carries out what the handler wanted: the store first, the cookie second. The only place where a session's cookie is set. */
export async function settle<Data>(exchange: Exchange<Data>, status: number): Promise<Settlement> {
  try {
    return await attempt(exchange, status);
  } catch (error) {
    if (error instanceof CoatcheckError) return refused(error);
    return refused(new CoatcheckError("ERR_INTERNAL", { cause: error }));
  }
}

/** What the store throws is an outage; what planning throws is the app's. */
async function fromStore<Data, T>({ options }: Exchange<Data>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    options.report({ name: "store.failed", level: "error", reason: "write", error: cause });
    throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause });
  }
}

async function attempt<Data>(exchange: Exchange<Data>, status: number): Promise<Settlement> {
  const { options } = exchange;
  let held = exchange.held();
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const now = options.clock.now();
    const ticket = needsTicket(exchange.draft, held) ? mintTicket(options.entropy, now + options.policy.lifetime) : null;
    const planned = plan(held, exchange.draft, {
      now,
      status,
      policy: options.policy,
      validate: (data) => snapshot(options.validate(data)),
      minted: ticket === null ? null : minted(exchange, ticket),
      client: clientOf(exchange),
      prefetch: isPrefetch(exchange.request),
    });
    if (planned.kind === "lost") return refused(new CoatcheckError("ERR_SESSION_ENDED"));
    const carried = await fromStore(exchange, carryOut(exchange, planned, now));
    if (carried === "done") return { cookies: cookiesOf(exchange, planned, ticket, now), refusal: null };
    if (carried === "overruled") return refused(new CoatcheckError("ERR_SESSION_ENDED"));
    held = await fromStore(exchange, heldAgain(exchange, held, now));
    exchange.adopt(held.live);
    // A store that answers at once would let a crowd of writers starve everybody else in this process.
    if (tries > 2) await options.clock.sleep(0);
  }
  return refused(new CoatcheckError("ERR_STORE_CONTENTION"));
}

function refused(refusal: CoatcheckError): Settlement {
  return { cookies: [], refusal };
}

function minted<Data>({ draft, options }: Exchange<Data>, ticket: MintedTicket): Minted {
  const { keyring, clock, entropy, refresh } = options;
  const tokens = draft.login?.tokens ?? null;
  if (tokens === null) return { ...ticket, sealedTokens: null, renewAt: null };
  const renewAt = refresh.policy === "never" ? null : renewAtOf(tokens, clock.now(), chance(entropy));
  return { ...ticket, sealedTokens: sealTokens(tokens, ticket.id, keyring), renewAt };
}

function clientOf<Data>({ request, options }: Exchange<Data>): { userAgent?: string; addressHash?: string } {
  const agent = options.keep.userAgent ? request.header("user-agent")?.slice(0, 512) : undefined;
  const address = options.keep.address ? request.peer : undefined;
  return {
    ...(agent === undefined ? {} : { userAgent: agent }),
    ...(address === undefined ? {} : { addressHash: options.keyring.deriveHash("address", address) }),
  };
}

/** Both sides write first and look second, so that a logout by the provider and a login in flight cannot miss each other (DESIGN §1.6). */
async function carryOut<Data>(exchange: Exchange<Data>, planned: WritePlan, now: number): Promise<Carried> {
  const { store, background } = exchange.options;
  const { login, steps } = planned;
  const before = (await exchange.ownerMark) ?? undefined;
  for (const [index, step] of steps.entries()) {
    try {
      if (step.kind === "end") {
        await end(exchange, step, now);
      } else if (!(await store.put(step.row, step.condition))) {
        await undo(exchange, steps.slice(0, index), now);
        return "conflict";
      } else if (login !== null && step.condition === "absent" && (await loginOverruled(store, login, before, now))) {
        // Looked at before the presented session ends, so that an outage here does not take both.
        await end(exchange, { kind: "end", id: step.row.id, reason: "provider" }, now);
        return "overruled";
      }
    } catch (error) {
      background.waitUntil(undo(exchange, steps.slice(0, index + 1), now));
      throw error;
    }
  }
  announce(exchange, planned);
  if (login !== null) await keepToCap(exchange.options, login.owner);
  return "done";
}

// What was written before the step that failed, and perhaps by it, is not left behind alive: nobody was told its secret.
async function undo<Data>({ options }: Exchange<Data>, steps: WritePlan["steps"], now: number): Promise<void> {
  for (const step of steps) {
    if (step.kind === "put" && step.condition === "absent") await options.store.end({ id: step.row.id }, "replaced", now);
  }
}

async function end<Data>({ options }: Exchange<Data>, step: EndStep, now: number): Promise<void> {
  const ended = await options.store.end({ id: step.id }, step.reason, now);
  for (const sessionId of ended) {
    options.endings.tell(sessionId, step.reason);
    options.report({ name: "session.ended", level: "info", reason: step.reason, sessionId });
  }
}

function announce<Data>({ options }: Exchange<Data>, { steps, cookie }: WritePlan): void {
  for (const step of steps) {
    if (step.kind === "end") continue;
    const { id: sessionId, owner, ended, reason } = step.row;
    const who = { sessionId, ...(owner === null ? {} : { owner }) };
    if (step.condition === "absent") options.report({ name: "session.created", level: "info", ...who });
    else if (ended !== null) {
      options.endings.tell(sessionId, reason ?? "replaced");
      options.report({ name: "session.ended", level: "info", reason: reason ?? "replaced", ...who });
    } else if (cookie === "set") options.report({ name: "session.rotated", level: "info", ...who });
  }
}

/** The presented session as it is now, after somebody else wrote it. */
async function heldAgain<Data>({ options }: Exchange<Data>, held: Held, now: number): Promise<Held> {
  if (held.live === null) return held;
  const row = await options.store.get(held.live.row.id);
  if (row === undefined || overReason(row, now, options.policy) !== null) return { ...held, live: null, lost: true };
  return {
    ...held,
    live: { row, body: bodyOf(row, options.store.capabilities).record, previous: stillPrevious(held.live, row) },
  };
}

// Whoever proved the secret that has been exchanged since now shows the previous one.
function stillPrevious(live: NonNullable<Held["live"]>, row: SessionRow): boolean {
  return live.previous || row.previousUntil !== live.row.previousUntil;
}

function cookiesOf<Data>(
  { options }: Exchange<Data>,
  planned: WritePlan,
  ticket: MintedTicket | null,
  now: number,
): readonly string[] {
  const does: { readonly [plan in CookiePlan]: () => readonly string[] } = {
    keep: () => [],
    clear: () => [clearCookie(options.cookies.session)],
    set: () => {
      const row = planned.steps.find((step): step is PutStep => step.kind === "put")?.row;
      if (row === undefined || ticket === null) throw new CoatcheckError("ERR_INTERNAL");
      const left = options.policy.persistent ? Math.max(1, Math.floor((row.expires - now) / 1000)) : undefined;
      return [setCookie(options.cookies.session, joinTicket(row.id, ticket.secret), left)];
    },
  };
  return does[planned.cookie]();
}
