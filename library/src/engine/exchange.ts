import type {
  DeadTicket,
  Decision,
  ErrorCode,
  MaybePromise,
  Policy,
  ProvenSession,
  ProviderLogin,
  ProviderTokens,
  Report,
  RequestView,
  RouteExchange,
  Session,
  SessionRow,
  Verdict,
} from "../contracts.ts";
import { decide } from "../core/decide.ts";
import type { Draft } from "../core/draft.ts";
import { hasIntent, NO_INTENT, withLogin, withLogout } from "../core/draft.ts";
import { CoatcheckError } from "../core/errors.ts";
import { isNavigation } from "../core/navigation.ts";
import type { Held } from "../core/plan.ts";
import { touchDue } from "../core/policy.ts";
import { ownerOf } from "../core/record.ts";
import type { Body } from "./bodies.ts";
import { bodyOf } from "./bodies.ts";
import { markBefore } from "./marks.ts";
import type { Observed } from "./observe.ts";
import type { EngineOptions } from "./options.ts";
import { SessionHandle } from "./session.ts";
import type { Settlement } from "./settle.ts";
import { settle, UNCHANGED } from "./settle.ts";
import { openTokens } from "./tokens.ts";
import { touch } from "./touch.ts";

const NOTHING: readonly (() => void)[] = [];

function reportRefusal(code: ErrorCode, report: Report): void {
  if (code === "ERR_CROSS_SITE") report({ name: "csrf.refused", level: "warn", code });
  else report({ name: "session.refused", level: "debug", code });
}

function provenBy(verdict: Verdict): ProvenSession | null {
  return (verdict.kind === "accept" || verdict.kind === "stale") && "session" in verdict ? verdict.session : null;
}

/** One request's way through the engine: what was observed, what the handler wants, and its settling. Adapters hold one each. */
export class Exchange<Data> implements RouteExchange {
  readonly options: EngineOptions<Data>;
  readonly request: RequestView;
  /** When the request was observed. */
  readonly now: number;
  /** The strategy that decided, or `null`. */
  readonly by: string | null;
  #verdict: Verdict;
  #proven: ProvenSession | null;
  /** Called once, at the first intent: a push-style adapter puts its hold on the response. */
  onIntent: (() => void) | null = null;
  /** The mark of the owner whom a recorded login is for, as it was when that was recorded (DESIGN §1.6). */
  ownerMark: Promise<string | undefined> | null = null;
  #draft: Draft = NO_INTENT;
  #closed = false;
  #failed = false;
  #session: SessionHandle<Data> | null = null;
  #body: Body | null = null;
  #latest: Held["live"] = null;
  #whenStored: readonly (() => void)[] = NOTHING;

  constructor(options: EngineOptions<Data>, request: RequestView, now: number, observed: Observed) {
    this.options = options;
    this.request = request;
    this.now = now;
    this.by = observed.by;
    this.#verdict = observed.verdict;
    this.#proven = provenBy(observed.verdict);
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  /** The session that the ticket proved, live. */
  get proven(): ProvenSession | null {
    return this.#proven;
  }

  /** What the app sees. */
  get session(): Session<Data> {
    this.#session ??= new SessionHandle(this);
    return this.#session;
  }

  /** What the proven session's record holds; parsed when it is first asked for. */
  get body(): Body | null {
    if (this.#body === null && this.proven !== null) this.#body = bodyOf(this.proven.row, this.options.store.capabilities);
    return this.#body;
  }

  /** The presented ticket that proves nothing. */
  get dead(): DeadTicket | null {
    return this.#verdict.kind === "abstain" ? (this.#verdict.dead ?? null) : null;
  }

  get draft(): Draft {
    return this.#draft;
  }

  /** What is to be done about this request before the handler runs. `renew`: nobody has asked {@link admit} yet. */
  decide(policy: Policy): Decision {
    const { request, options } = this;
    const ambient = request.method !== "GET" && options.strategies.some((one) => one.ambient && one.presented(request));
    const decision = decide(this.#verdict, policy, {
      request,
      origins: options.origins,
      ambient,
      now: this.now,
      keepsInStep: options.refresh.policy === "keep-in-step",
      unconfirmed: options.policy.unconfirmed,
    });
    if (decision.kind === "refuse") reportRefusal(decision.code, options.report);
    return decision;
  }

  /**
   * The same, with the session in step with its provider first: a request that finds the access token run out waits for the renewal, one that
   * finds it nearly out begins it and goes on.
   */
  admit(policy: Policy): MaybePromise<Decision> {
    const decision = this.decide(policy);
    if (decision.kind === "renew") return this.#renew().then(() => this.decide(policy));
    const row = this.#proven?.row;
    const nearly = row !== undefined && row.renewAt !== null && this.now >= row.renewAt;
    if (nearly && decision.kind === "proceed" && policy.renews !== false) this.#renewAhead(row);
    return decision;
  }

  #renewAhead(row: SessionRow): void {
    const { refresh, renewals } = this.options;
    if (refresh.policy === "keep-in-step") renewals.ahead(row);
  }

  async #renew(): Promise<void> {
    const proven = this.#proven;
    if (proven === null) return;
    this.#verdict = await this.#inStep(proven);
    this.#proven = provenBy(this.#verdict);
    this.#body = null;
  }

  async #inStep(proven: ProvenSession): Promise<Verdict> {
    try {
      const renewal = await this.options.renewals.renew(proven.row);
      switch (renewal.kind) {
        case "renewed":
          return { kind: "accept", session: { ...proven, row: renewal.row } };
        case "ended":
          return { kind: "abstain", dead: { reason: renewal.reason, id: proven.row.id } };
        case "unavailable":
          return { kind: "stale", session: proven, unconfirmed: { retryAfter: renewal.retryAfter } };
      }
    } catch (cause) {
      return { kind: "unavailable", code: cause instanceof CoatcheckError ? cause.code : "ERR_STORE_UNAVAILABLE", cause };
    }
  }

  /** Whether the answer may have to carry a cookie: something is recorded, or a dead ticket may be cleared. */
  get pending(): boolean {
    return hasIntent(this.#draft) || (this.dead !== null && isNavigation(this.request));
  }

  /** Records intent. A `TypeError` once the response head is ready: nothing recorded then could still be stored. */
  record(step: (draft: Draft) => Draft): void {
    if (this.#closed) {
      throw new TypeError("the session is closed: the response has begun, so nothing more can be stored with it");
    }
    if (this.#verdict.kind === "accept" && "principal" in this.#verdict) {
      // Whether a credential comes along is the client's choice, so this is an answer and no crash.
      throw new CoatcheckError("ERR_BAD_REQUEST", {
        message: `A request with a credential for ${this.by} has no session to write to.`,
      });
    }
    const next = step(this.#draft);
    if (!hasIntent(this.#draft)) this.onIntent?.();
    const { login } = next;
    if (login !== null && login !== this.#draft.login) {
      this.ownerMark = markBefore(this.options.store, login.owner, this.options.clock.now());
    }
    this.#draft = next;
  }

  loginFromProvider(login: ProviderLogin, provider: string): void {
    const { identity, tokens, sid, issuedAt } = login;
    this.#recordForBrowser((draft) =>
      withLogin(draft, { identity, owner: ownerOf(identity), fresh: false, tokens, provider, sid, issuedAt }),
    );
  }

  logout(): void {
    this.#recordForBrowser(withLogout);
  }

  // The endpoints of sign-on are for browsers; whoever calls them with a credential of another kind is told so.
  #recordForBrowser(step: (draft: Draft) => Draft): void {
    if (this.#verdict.kind === "accept" && "principal" in this.#verdict) throw new CoatcheckError("ERR_BAD_REQUEST");
    this.record(step);
  }

  whenStored(act: () => void): void {
    this.#whenStored = [...this.#whenStored, act];
  }

  /** What waited for the store's yes is done now. */
  stored(): void {
    for (const act of this.#whenStored) act();
  }

  tokens(): ProviderTokens | null {
    const { proven, body } = this;
    if (this.#latest !== null) return openTokens(this.#latest.row, this.#latest.body, this.options.keyring);
    return proven === null || body === null ? null : openTokens(proven.row, body, this.options.keyring);
  }

  provider(): string | null {
    return this.body?.provider ?? null;
  }

  /** What planning has to know of the presented session. */
  held(): Held {
    const { proven, body } = this;
    return {
      live: proven === null || body === null ? null : { ...proven, body: body.record },
      dead: this.dead,
      several: this.#verdict.kind === "abstain" ? (this.#verdict.several ?? []) : [],
      lost: false,
      navigation: isNavigation(this.request),
    };
  }

  /** The presented session as the store had it when what was recorded was written; a renewal may have come between. */
  adopt(live: Held["live"]): void {
    this.#latest = live;
  }

  /** The handler threw: whatever status its answer gets, only `logout` is kept (DESIGN §1.5). */
  fail(): void {
    this.#failed = true;
  }

  /** Closes the session and carries out what the handler wanted. To be called once, when the response's status is known. */
  settle(status: number): MaybePromise<Settlement> {
    this.#closed = true;
    return this.pending ? settle(this, this.#failed ? Math.max(status, 500) : status) : UNCHANGED;
  }

  /** Whether a touch is due; it is written after a response below 400. */
  get touchDue(): boolean {
    const { proven } = this;
    return proven !== null && touchDue(proven.row, this.now, this.options.policy);
  }

  /** After the response: the user was here. Failures are only counted. */
  touch(status: number): void {
    if (this.touchDue && status < 400) touch(this);
  }

  /** After a request that does nothing but say that the user is here: at most once a minute. */
  touchMinutely(status: number): void {
    const { proven } = this;
    if (proven !== null && this.now - proven.row.seen >= 60_000 && status < 400) touch(this);
  }
}
