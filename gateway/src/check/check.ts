/** Decides whether a request that a proxy asks about may pass. */
import type { Decision, MaybePromise, Policy, RouteResponse } from "coatcheck";
import type { ProviderSettings } from "../config/config.ts";
import { problemOf } from "../response/response.ts";
import type { Engine } from "../session/engine.ts";
import type { CheckRequest } from "../session/interface.ts";
import type { ClaimNames } from "../session/people/claim-names.ts";
import { type OwnTokenMaker, ownTokenOf, type TokenNeeds, type TokenTerms, tokenRefusal } from "../session/tokens/own-tokens.ts";
import { UsersOf } from "../session/users-of.ts";
import { type IdentityHeaderMaker, type IdentityHeaders, type LeftOut, withLine } from "../upstream/headers/identity-headers.ts";

const USER_REQUIRED: Policy = { require: "user" };

type Exchange = Awaited<ReturnType<Engine["open"]>>;

/** What the check endpoints are made of. */
interface Checker {
  readonly engine: Engine;
  readonly leftOut: LeftOut;
  readonly told: IdentityHeaderMaker;
  /** The providers of our own login; empty: there is no login to redirect to. */
  readonly providers: readonly ProviderSettings[];
  readonly claims: ClaimNames;
  /** What tokens of ours have to be good for, and which one the app gets. */
  readonly own: { readonly needs: TokenNeeds; readonly terms: TokenTerms | undefined; readonly tokens: OwnTokenMaker };
}

/**
 * Answers a proxy that asks whether a request may pass. A yes carries the caller's identity as headers. Never sets a
 * cookie.
 */
export function check(checker: Checker, request: CheckRequest): MaybePromise<IdentityHeaders | RouteResponse> {
  const entered = checker.engine.enter(request, USER_REQUIRED);
  return entered instanceof Promise
    ? entered.then((exchange) => concluded(checker, exchange, request))
    : concluded(checker, entered, request);
}

function concluded(checker: Checker, exchange: Exchange, request: CheckRequest): IdentityHeaders | RouteResponse {
  const { decision } = exchange;
  const { engine, leftOut, told, providers, own, claims } = checker;
  if (decision.kind !== "proceed") return refused(checker, decision, request);
  if (request.isHandshake && !isFromOurs(engine, request)) return problemOf("ERR_CROSS_SITE");
  const { identity } = exchange.session;
  const unfit = tokenRefusal(own.needs, identity, exchange.by);
  if (unfit !== undefined) return unfit;
  if (request.groups.length > 0 && !claims.groups(identity).some((group) => request.groups.includes(group))) {
    return problemOf("ERR_FORBIDDEN");
  }
  if (request.providers.length > 0) {
    const named = providers.filter(({ name }) => request.providers.includes(name));
    // An unknown name was meant to restrict access.
    if (named.length !== request.providers.length) return problemOf("ERR_BAD_REQUEST");
    if (identity === null || !new UsersOf(named).has(identity)) return problemOf("ERR_FORBIDDEN");
  }
  if (request.via.length > 0 && (exchange.by === null || !request.via.includes(exchange.by))) return problemOf("ERR_FORBIDDEN");
  const token = own.terms === undefined ? undefined : ownTokenOf(exchange, own.tokens, own.terms);
  exchange.touch(200);
  const headers = told.of(identity, leftOut);
  return token === undefined ? headers : withLine(headers, "authorization", `Bearer ${token}`);
}

/**
 * A page elsewhere can open a socket with the user's cookies, and it is a GET: its origin is all that tells (CS-07).
 */
function isFromOurs(engine: Engine, request: CheckRequest): boolean {
  const origin = request.header("origin");
  return origin !== undefined && engine.trusts(origin);
}

/**
 * nginx takes only 401 for a no. It always gets the address of the login, and in `X-Coatcheck-Status` the status for
 * the browser: 302 or 303 for a redirect to the login, 401 for a script.
 */
function refused(
  { engine, providers }: Checker,
  decision: Exclude<Decision, { kind: "proceed" }>,
  request: CheckRequest,
): RouteResponse {
  const unknown = decision.kind === "login" || (decision.kind === "refuse" && decision.code === "ERR_UNAUTHENTICATED");
  if (!unknown) return engine.answer(decision, request);
  if (providers.length === 0) return problemOf("ERR_UNAUTHENTICATED");
  const login = absolute(engine.answer(decision.kind === "login" ? decision : { kind: "login" }, request), request.origin);
  if (request.askedBy !== "nginx") return decision.kind === "login" ? login : problemOf("ERR_UNAUTHENTICATED");
  const status = decision.kind === "login" ? login.status : 401;
  return problemOf("ERR_UNAUTHENTICATED", [...login.headers, ["x-coatcheck-status", String(status)]]);
}

/** A proxy may answer under another name than the one that the browser knows. */
function absolute(response: RouteResponse, origin: string): RouteResponse {
  const headers = response.headers.map(
    ([name, value]) => [name, name === "location" ? new URL(value, origin).href : value] as const,
  );
  return { ...response, headers };
}
