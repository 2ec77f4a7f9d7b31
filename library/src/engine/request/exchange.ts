import type {
  DeadTicket,
  Decision,
  MaybePromise,
  Policy,
  ProvenSession,
  ProviderLogin,
  ProviderTokens,
  RequestView,
  RouteExchange,
  RouteResponse,
  Session,
  Verdict,
} from "../../contracts.ts";
import { clearCookie } from "../../cookie/serialize.ts";
import type { Draft } from "../../core/draft.ts";
import { hasIntent, NO_INTENT, withLogin, withLogout } from "../../core/draft.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isNavigation, isPrefetch } from "../../core/navigation.ts";
import type { Held } from "../../core/plan.ts";
import { presenceDue, touchDue } from "../../core/policy.ts";
import { ownerOf } from "../../core/record.ts";
import { markBefore } from "../lifecycle/markers.ts";
import { type Body, bodyOf } from "../lifecycle/record-body.ts";
import { openTokens } from "../lifecycle/sealed-tokens.ts";
import type { WaitBudget } from "../refresh/wait-budget.ts";
import { inStep, reconciled } from "./admit.ts";
import { type Asserted, type Observed, provenBy } from "./authenticate.ts";
import { decisionOf } from "./decision.ts";
import { beginningOf, settleFirstVisit } from "./first-visit.ts";
import { type Answer, keepFromCaches } from "./no-store.ts";
import type { EngineOptions } from "./options.ts";
import { answerDecision, withCookies } from "./responses.ts";
import { SessionHandle } from "./session.ts";
import { type Settlement, settle, UNCHANGED } from "./settle.ts";
import { touch } from "./touch.ts";

const NOTHING: readonly (() => void)[] = [];

/** One request's way through the engine: what was observed, what the handler wants, and its settling. Adapters hold one each. */
export class Exchange<Data> implements RouteExchange {
  readonly options: EngineOptions<Data>;
  readonly request: RequestView;
  /** When the request was observed. */
  readonly now: number;
  #observed: Observed;
  #proven: ProvenSession | null;
  /** Called once, at the first intent: a push-style adapter puts its hold on the response. */
  onIntent: (() => void) | null = null;
  /** The mark of the owner whom a recorded login is for, as it was when that was recorded (docs/design.md §1.6); and when. */
  ownerMark: Promise<string | undefined> | null = null;
  loginBegan: number | null = null;
  /** A push-style adapter's answer, which is for no cache once somebody is shown in it. */
  answer: Answer | null = null;
  #shown = false;
  #draft: Draft = NO_INTENT;
  #closed = false;
  #failed = false;
  #session: SessionHandle<Data> | null = null;
  #body: Body | null = null;
  #whenStored: readonly (() => void)[] = NOTHING;
  #waiting: WaitBudget | null = null;

  constructor(options: EngineOptions<Data>, request: RequestView, now: number, observed: Observed) {
    this.options = options;
    this.request = request;
    this.now = now;
    this.#observed = observed;
    this.#proven = observed.anonymous ?? provenBy(observed.verdict);
  }

  get verdict(): Verdict {
    return this.#observed.verdict;
  }

  /** The strategy that decided, or `null`. */
  get by(): string | null {
    return this.#observed.by;
  }

  /** Whom a proxy asserts, where this request is served as them. */
  get asserted(): Asserted | null {
    return this.#observed.asserted ?? null;
  }

  /** The session that the ticket proved, live. */
  get proven(): ProvenSession | null {
    return this.#proven;
  }

  /** How long this request still waits for refreshes. */
  get waiting(): WaitBudget {
    this.#waiting ??= this.options.renewals.budget();
    return this.#waiting;
  }

  /** Whether the handler has read who asks, or data of their session: its answer is then for no cache, unless it says otherwise. */
  get shown(): boolean {
    return this.#shown;
  }

  /** Somebody's identity or data are read. */
  shows(): void {
    if (this.#shown) return;
    this.#shown = true;
    if (this.answer !== null) keepFromCaches(this.answer);
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
    const { verdict } = this;
    return verdict.kind === "abstain" ? (verdict.dead ?? null) : null;
  }

  get draft(): Draft {
    return this.#draft;
  }

  /** What is to be done about this request before the handler runs. `renew`: nobody has asked {@link admit} yet. */
  decide(policy: Policy): Decision {
    return decisionOf(this.#observed, this.#draft, policy, this.request, this.now, this.options);
  }

  /**
   * The same, with the session in step with its provider first: a request that finds the access token run out waits for the renewal, one that
   * finds it nearly out begins it and goes on.
   */
  admit(policy: Policy): MaybePromise<Decision> {
    return this.#admit(policy, false);
  }

  /** `tried`: the session was to be renewed just now. Where that failed, the next request tries again. */
  #admit(policy: Policy, tried: boolean): MaybePromise<Decision> {
    const decision = this.decide(policy);
    // mutant: client-of-renewal
    if (decision.kind === "renew")
      return inStep(this.#observed, this.options, this.waiting).then((found) => this.#again(found, policy, true));
    if (decision.kind === "end-and-proceed")
      return reconciled(this.#observed, this.options).then((found) => this.#again(found, policy, tried));
    const row = this.#proven?.row;
    const nearly = !tried && row !== undefined && row.renewAt !== null && this.now >= row.renewAt;
    const { refresh, renewals } = this.options;
    const renews = policy.renews !== false && refresh.policy === "keep-in-step";
    if (nearly && renews && decision.kind === "proceed") renewals.ahead(row);
    return decision;
  }

  /** The answer in the handler's place. A navigation that is refused clears a ticket that is dead; nothing else is set or cleared here. */
  refuse(decision: Exclude<Decision, { kind: "proceed" }>): RouteResponse {
    const { request, options } = this;
    const answer = answerDecision(decision, request, options);
    if (decision.kind !== "refuse" || this.#observed.dead === undefined || !isNavigation(request)) return answer;
    return withCookies(answer, [clearCookie(options.cookies.session)]);
  }

  #again(observed: Observed, policy: Policy, tried: boolean): MaybePromise<Decision> {
    this.#observed = observed;
    this.#proven = observed.anonymous ?? provenBy(observed.verdict);
    this.#body = null;
    return this.#admit(policy, tried);
  }

  /** Whether the answer may have to carry a cookie: something is recorded, a dead ticket may be cleared, or an asserted user's session begins. */
  get pending(): boolean {
    return (
      hasIntent(this.#draft) ||
      ((this.dead !== null || beginningOf(this.asserted, this.#proven) !== null) && isNavigation(this.request))
    );
  }

  /** Records intent. A `TypeError` once the response head is ready: nothing recorded then could still be stored. */
  record(step: (draft: Draft) => Draft): void {
    if (this.#closed) throw new TypeError("the session is closed: the response has begun, so nothing more can be stored with it");
    if (this.byCredential) {
      // Whether a credential comes along is the client's choice, so this is an answer and no crash.
      const message = `A request with a credential for ${this.by} has no session to write to.`;
      throw new CoatcheckError("ERR_BAD_REQUEST", { message });
    }
    const next = step(this.#draft);
    if (!hasIntent(this.#draft)) this.onIntent?.();
    const { login } = next;
    if (login !== null && login !== this.#draft.login) {
      this.loginBegan = this.options.clock.now();
      this.ownerMark = markBefore(this.options.store, login.owner, this.loginBegan);
    }
    this.#draft = next;
  }

  loginFromProvider({ identity, tokens, sid, issuedAt }: ProviderLogin, provider: string): void {
    this.options.renewals.succeeded(provider);
    const login = { identity, owner: ownerOf(identity), fresh: false, tokens, provider, sid, issuedAt };
    this.record((draft) => withLogin(draft, login));
  }

  logout(): void {
    this.record(withLogout);
  }

  // A client's own credential has no session; a proxy's user may have one.
  get byCredential(): boolean {
    return this.verdict.kind === "accept" && "principal" in this.verdict && this.asserted === null;
  }

  get fromProxy(): boolean {
    return this.asserted !== null;
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
      // A logout clears also what is dead beside whom a proxy asserts; all else leaves it to the next navigation.
      dead: this.dead ?? (this.#draft.logout ? (this.#observed.dead ?? null) : null),
      several: this.verdict.kind === "abstain" ? (this.verdict.several ?? []) : [],
      lost: false,
      navigation: isNavigation(this.request),
    };
  }

  /** The handler threw: whatever status its answer gets, only `logout` is kept (docs/design.md §1.5). */
  fail(): void {
    this.#failed = true;
  }

  /** Carries out once what was recorded, when the status is known. `wrote`: the handler set a cookie of our name. */
  settle(given: number, wrote = false): MaybePromise<Settlement> {
    if (this.#closed) return UNCHANGED;
    const status = this.#failed ? Math.max(given, 500) : given;
    const begins = this.#begin(status, wrote);
    this.#closed = true;
    // A handler that writes the session's cookie itself is not corrected (docs/design.md §1.5).
    if (!this.pending || (wrote && !hasIntent(this.#draft))) return UNCHANGED;
    return begins ? settleFirstVisit(this, status) : settle(this, status);
  }

  /** Whether it has been settled, or is about to be. */
  get closed(): boolean {
    return this.#closed;
  }

  // Stored by a navigation that succeeds, or by what the handler writes and no 5xx undoes; cookieless clients store none (S-35).
  #begin(status: number, wrote: boolean): boolean {
    const login = beginningOf(this.asserted, this.#proven);
    if (login === null || this.#draft.login !== null || this.#draft.logout) return false;
    const written = hasIntent(this.#draft);
    // mutant: first-visit-navigates
    const navigates = isNavigation(this.request) && status < 400 && !wrote;
    if (navigates || written) this.record((draft) => withLogin(draft, login));
    return navigates && !written;
  }

  /** Whether a touch is due; it is written after a response below 400. */
  get touchDue(): boolean {
    const { proven } = this;
    return proven !== null && touchDue(proven.row, this.now, this.options.policy) && !isPrefetch(this.request);
  }

  /** After the response: the user was here. Failures are only counted. */
  touch(status: number): void {
    if (this.#proven !== null && status < 400 && this.touchDue) touch(this, this.#proven.row.id);
  }

  /** After a request that does nothing but say that the user is here. */
  touchPresence(status: number): void {
    const { proven } = this;
    if (proven !== null && status < 400 && presenceDue(proven.row, this.now, this.options.policy)) touch(this, proven.row.id);
  }
}
