/** Settles a request: plans, commits, and plans again after a conflict. */
import type { RequestView, Settlement } from "../../contracts.ts";
import { setCookie } from "../../cookie/serialize.ts";
import { heeded } from "../../core/draft.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isPrefetch } from "../../core/navigation.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { Circumstances, CookiePlan, Held, Minted, PutStep } from "../../core/plan.ts";
import { needsStep, needsTicket, plan } from "../../core/plan.ts";
import { lifetimeOf, overReason } from "../../core/policy.ts";
import { snapshot } from "../../core/record.ts";
import { renewAtOf } from "../../core/refresh.ts";
import { chance, versionStep } from "../../crypto/entropy.ts";
import type { MintedTicket } from "../../crypto/ticket.ts";
import { joinTicket, mintTicket } from "../../crypto/ticket.ts";
import { networkOf, wholeAddress } from "../../net/kept-address.ts";
import { bodyOf } from "../lifecycle/record-body.ts";
import { resealTokens, sealTokens } from "../lifecycle/sealed-tokens.ts";
import { storeCall } from "../lifecycle/store-call.ts";
import type { WritePlan } from "./commit.ts";
import { commit } from "./commit.ts";
import type { EngineOptions } from "./options.ts";
import { refusedLogout } from "./refused-logout.ts";
import { type Successor, showsPrevious, successorOf } from "./rotation.ts";
import { clearedSession, sealedCookies } from "./sealed-cookies.ts";
import type { Settling } from "./settlement.ts";

/**
 * Optimistic concurrency: how often a write is planned again on the fresh record. Each conflict is the success of
 * another request.
 */
const ATTEMPTS = 200;

/** Commits what the handler wanted: the store first, the cookie second. The only place that sets a session's cookie. */
export async function settle<Data>(exchange: Settling<Data>, status: number): Promise<Settlement> {
  try {
    return await attempt(exchange, status);
  } catch (error) {
    if (error instanceof CoatcheckError) {
      return heeded(exchange.draft, status).logout ? refusedLogout(exchange, error) : refused(error);
    }
    return refused(new CoatcheckError("ERR_INTERNAL", { cause: error }));
  }
}

async function attempt<Data>(exchange: Settling<Data>, status: number): Promise<Settlement> {
  const { options } = exchange;
  let held = exchange.held();
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const now = options.clock.now();
    const ticket = ticketFor(exchange, held, now);
    const planned = plan(withCurrentSeal(held, options), exchange.draft, {
      now,
      ...omitUndefined({ began: exchange.loginBegan ?? undefined }),
      status,
      policy: options.policy,
      validate: (data) => snapshot(options.validate(data)),
      minted: ticket === null ? null : minted(exchange, ticket),
      client: clientOf(exchange),
      step: needsStep(exchange.draft, held) ? versionStep(options.entropy) : 1,
      prefetch: isPrefetch(exchange.request),
    });
    if (planned.kind === "lost") return refused(new CoatcheckError("ERR_SESSION_ENDED"));
    // Before the commit, so that a session that does not fit changes nothing.
    const sealed = options.sealed === null ? null : await sealedCookies(exchange, options.sealed, held, planned, now);
    // An error of the store is an outage; an error of planning is the app's.
    // mutant: cookie-before-store
    const carried = await storeCall(options.report, commit(exchange, held, planned, now));
    // mutant: conflict-ignored
    if (carried === "done") return { cookies: sealed ?? cookiesOf(exchange, held, planned, ticket, now), refusal: null };
    if (carried === "overruled") return refused(new CoatcheckError("ERR_SESSION_ENDED"));
    held = await storeCall(options.report, reread(exchange, held, now));
    // No store has the newer state of a sealed session: the browser gets it, and sends it with its next request.
    if (sealed !== null && held.live !== null) throw new CoatcheckError("ERR_STORE_CONTENTION", { retryAfter: 1 });
    // With a synchronous store a burst of writers would else starve all other requests of this process.
    if (tries > 2) await options.clock.sleep(0);
  }
  throw new CoatcheckError("ERR_STORE_CONTENTION");
}

/** A row that is written is sealed by the first secret, so that the older ones can be taken out of the list one day. */
function withCurrentSeal<Data>(held: Held, { keyring }: EngineOptions<Data>): Held {
  const { live } = held;
  const tokens = live === null ? null : resealTokens(live.row.id, live.body, keyring);
  return live === null || tokens === null ? held : { ...held, live: { ...live, body: { ...live.body, tokens }, resealed: true } };
}

function ticketFor<Data>({ draft, request, options }: Settling<Data>, held: Held, now: number): Successor | null {
  const { live } = held;
  if (draft.rotate && draft.login === null && live !== null) return successorOf(live.row, request, options);
  if (!needsTicket(draft, held)) return null;
  return mintTicket(options.entropy, now + lifetimeOf(options.policy, draft.login !== null));
}

function refused(refusal: CoatcheckError): Settlement {
  return { cookies: [], refusal };
}

function minted<Data>({ draft, options }: Settling<Data>, ticket: Successor): Minted {
  const { keyring, clock, entropy, refresh, sealed } = options;
  // No cookie holds tokens.
  const tokens = sealed === null ? (draft.login?.tokens ?? null) : null;
  if (tokens === null) return { ...ticket, sealedTokens: null, renewAt: null };
  // mutant: never-refreshes-login
  const renewAt = refresh.policy === "never" ? null : renewAtOf(tokens, clock.now(), chance(entropy));
  return { ...ticket, sealedTokens: sealTokens(tokens, ticket.id, keyring), renewAt };
}

function clientOf<Data>({ request, options }: Settling<Data>): Circumstances["client"] {
  const agent = options.keep.userAgent ? request.header("user-agent")?.slice(0, 512) : undefined;
  return { ...omitUndefined({ userAgent: agent }), ...addressIn(request, options) };
}

function addressIn<Data>(request: RequestView, { keep, keyring }: EngineOptions<Data>): Circumstances["client"] {
  if (keep.address === null) return {};
  const client = keep.addressOf(request);
  if (client === undefined || client === "") return {};
  if (keep.address === "hash") return { addressHash: keyring.deriveHash("address", client) };
  const address = keep.address === "full" ? wholeAddress(client) : networkOf(client);
  return omitUndefined({ address });
}

/** The presented session as it is now, after another request wrote it. */
async function reread<Data>({ options }: Settling<Data>, held: Held, now: number): Promise<Held> {
  if (held.live === null) return held;
  const row = await options.store.get(held.live.row.id);
  if (row === undefined || overReason(row, now, options.policy) !== null) return { ...held, live: null, lost: true };
  if (options.sealed !== null) return held;
  return {
    ...held,
    live: { row, body: bodyOf(row, options.store.capabilities).record, previous: showsPrevious(held.live, row) },
  };
}

function cookiesOf<Data>(
  { options }: Settling<Data>,
  held: Held,
  planned: WritePlan,
  ticket: MintedTicket | null,
  now: number,
): readonly string[] {
  const does: { readonly [plan in CookiePlan]: () => readonly string[] } = {
    keep: () => [],
    clear: () => clearedSession(options),
    set: () => {
      // A cookie that is sent once more needs no write.
      const row = planned.steps.find((step): step is PutStep => step.kind === "put")?.row ?? held.live?.row;
      if (row === undefined || ticket === null) throw new CoatcheckError("ERR_INTERNAL");
      const left = options.policy.persistent ? Math.max(1, Math.floor((row.expires - now) / 1000)) : undefined;
      return [setCookie(options.cookies.session, joinTicket(row.id, ticket.secret), left)];
    },
  };
  return does[planned.cookie]();
}
