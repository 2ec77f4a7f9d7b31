/** Authenticates and admits a request by the library's engine. */
import type {
  AssertionSigner,
  Decision,
  Identity,
  MaybePromise,
  Policy,
  RequestView,
  RouteResponse,
  TokenTarget,
} from "coatcheck";
import { omitUndefined } from "coatcheck/settings";
import type { Engine, Exchange } from "./engine.ts";
import type { Admission, Ask, Rejected } from "./interface.ts";
import type { ClaimNames } from "./people/claim-names.ts";
import { bearerOf, type OwnTokenMaker, ownTokenOf, type TokenTerms } from "./tokens/own-tokens.ts";

const USER_REQUIRED: Policy = { require: "user" };
const USER_OPTIONAL: Policy = { require: "none" };
const NO_CLASSES: readonly string[] = [];

function policyOf({ require, sensitive = false, maxAge, acr = NO_CLASSES }: Ask): Policy {
  const policy = require === "user" ? USER_REQUIRED : USER_OPTIONAL;
  if (!sensitive && maxAge === undefined && acr.length === 0) return policy;
  return { ...policy, sensitive, ...omitUndefined({ maxAge, acr: acr.length === 0 ? undefined : acr }) };
}

/** What makes tokens and assertions about the caller. */
interface Makers {
  readonly signer: AssertionSigner;
  readonly tokens: OwnTokenMaker;
  readonly claims: ClaimNames;
}

/** Authenticates the caller, and says whether they may pass. Synchronous if the store is. */
export function authenticate(engine: Engine, makers: Makers, request: RequestView, ask: Ask): MaybePromise<Admission | Rejected> {
  const entered = engine.enter(request, policyOf(ask));
  return entered instanceof Promise
    ? entered.then((exchange) => concluded(makers, exchange, ask))
    : concluded(makers, entered, ask);
}

function concluded(makers: Makers, exchange: Exchange, ask: Ask): MaybePromise<Admission | Rejected> {
  const { decision } = exchange;
  if (decision.kind === "proceed") return new Admitted(exchange, makers);
  const answer = exchange.turnAway(decision.kind === "login" && !ask.mayLogin ? withoutLogin(decision) : decision);
  return answer instanceof Promise ? answer.then(rejectedBy) : rejectedBy(answer);
}

const rejectedBy = (response: RouteResponse): Rejected => ({ kind: "rejected", response });

/** Where users are not sent to the login. */
function withoutLogin({ stepUp }: Extract<Decision, { kind: "login" }>) {
  const code = stepUp === undefined ? "ERR_UNAUTHENTICATED" : "ERR_STEP_UP";
  return { kind: "refuse", status: 401, code } as const;
}

/** An authenticated user or an anonymous caller, whose request is forwarded to an upstream. */
class Admitted implements Admission {
  readonly kind = "admitted";
  readonly #exchange: Exchange;
  readonly #makers: Makers;
  #identity: Identity | null = null;

  constructor(exchange: Exchange, makers: Makers) {
    this.#exchange = exchange;
    this.#makers = makers;
  }

  get identity(): Identity | null {
    this.#identity ??= this.#exchange.session.identity;
    return this.#identity;
  }

  get groups(): readonly string[] {
    return this.#makers.claims.groups(this.identity);
  }

  get via(): string | null {
    return this.#exchange.by;
  }

  get sessionId(): string | null {
    return this.#exchange.watched;
  }

  get refreshes(): boolean {
    return this.#exchange.refreshes;
  }

  accessToken(rejected?: string, target: TokenTarget = {}): MaybePromise<string> {
    // A caller with a bearer token has no other; it was issued for this very use.
    const { by, request } = this.#exchange;
    if (by === "bearer") return bearerOf(request);
    return this.#exchange.session.accessToken({ ...target, ...omitUndefined({ rejected }) });
  }

  ownToken(terms: TokenTerms): string {
    return ownTokenOf(this.#exchange, this.#makers.tokens, terms);
  }

  assertion(audience: string): string {
    const { identity, owner } = this.#exchange.session;
    if (identity === null || owner === null) return "";
    return this.#makers.signer.sign({ identity, owner, audience, groups: this.groups });
  }

  settle(status: number): MaybePromise<readonly string[]> {
    const exchange = this.#exchange;
    exchange.touch(status);
    if (!exchange.pending) return NO_COOKIES;
    return Promise.resolve(exchange.settle(status)).then(({ cookies, refusal }) => {
      if (refusal !== null) throw refusal;
      return cookies;
    });
  }
}

const NO_COOKIES: readonly string[] = [];
