/** The first half of a request: its caller is authenticated, and the decision made. */
import type {
  DeadTicket,
  Decision,
  EndReason,
  Failure,
  MaybePromise,
  Policy,
  ProvenSession,
  ProviderTokens,
  RequestView,
  RouteResponse,
  Verdict,
} from "../../contracts.ts";
import type { Step } from "../../core/decide.ts";
import { endOf } from "../../core/decide.ts";
import { detached } from "../../core/detached.ts";
import type { Draft } from "../../core/draft.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { andThen } from "../../core/maybe.ts";
import { isNavigation, isPrefetch } from "../../core/navigation.ts";
import type { Held } from "../../core/plan.ts";
import { presenceDue, touchDue } from "../../core/policy.ts";
import type { Body } from "../lifecycle/record-body.ts";
import { bodyOf } from "../lifecycle/record-body.ts";
import { openTokens } from "../lifecycle/sealed-tokens.ts";
import type { WaitBudget } from "../refresh/wait-budget.ts";
import { decisionOf, reconciled, refreshed } from "./admit.ts";
import type { Asserted, Authenticated } from "./authenticate/authenticate.ts";
import { authenticateExactly, provenBy } from "./authenticate/authenticate.ts";
import { ownerIn } from "./authenticate/identity-of.ts";
import type { EngineOptions } from "./options.ts";
import { answerDecision, answerFailure, answerThrown, withCookies } from "./responses.ts";
import { clearedSession } from "./sealed-cookies.ts";
import { formIn } from "./step-up/kept-forms.ts";
import { asksForStepUp } from "./step-up/policy.ts";
import { onlyOnce, steppedUp } from "./step-up/step-up.ts";
import { touch } from "./touch.ts";

/** A request that was not admitted does not reach the handler. */
const UNDECIDED: Decision = { kind: "unavailable", code: "ERR_INTERNAL" };

const NO_COOKIES: readonly string[] = Object.freeze([]);

const provenIn = ({ anonymous, verdict }: Authenticated): ProvenSession | null => anonymous ?? provenBy(verdict);
const decisionIn = ({ decision }: { readonly decision: Decision }): Decision => decision;

export abstract class AdmittedRequest<Data> {
  readonly #options: EngineOptions<Data>;
  readonly request: RequestView;
  /** When the request was authenticated. */
  readonly now: number;
  #authenticated: Authenticated;
  #proven: ProvenSession | null;
  #body: Body | null = null;
  #waiting: WaitBudget | null = null;
  #decision: Decision = UNDECIDED;
  #form: string | null = null;

  constructor(options: EngineOptions<Data>, request: RequestView, now: number, authenticated: Authenticated) {
    this.#options = options;
    this.request = request;
    this.now = now;
    this.#authenticated = authenticated;
    this.#proven = provenIn(authenticated);
  }

  /** What the handler has recorded so far; it counts for later decisions. */
  abstract get draft(): Draft;

  get decision(): Decision {
    return this.#decision;
  }

  get verdict(): Verdict {
    return this.#authenticated.verdict;
  }

  get by(): string | null {
    return this.#authenticated.by;
  }

  /** The user whom a proxy asserts, if this request is served as them. */
  get asserted(): Asserted | null {
    return this.#authenticated.asserted ?? null;
  }

  /** The session that the ticket proved, live. */
  get proven(): ProvenSession | null {
    return this.#proven;
  }

  /** How long this request still waits for refreshes. */
  get waiting(): WaitBudget {
    this.#waiting ??= this.#options.coordinator.budget();
    return this.#waiting;
  }

  /** The body of the proven session's record; parsed when it is first read. */
  get body(): Body | null {
    if (this.#body === null && this.proven !== null) this.#body = bodyOf(this.proven.row, this.#options.store.capabilities);
    return this.#body;
  }

  get watched(): string | null {
    const { verdict } = this;
    const row = this.#proven?.row ?? (verdict.kind === "principal" ? verdict.principal.row : undefined);
    return row === undefined ? null : detached(row.id);
  }

  get ended(): EndReason | null {
    return endOf(this.verdict);
  }

  /** The presented ticket, if it proves nothing. */
  get dead(): DeadTicket | null {
    const { verdict } = this;
    return verdict.kind === "abstain" ? (verdict.dead ?? null) : null;
  }

  /** Throws `ERR_INTERNAL` if something is to be done first, which {@link admit} does. */
  decide(policy: Policy): Decision {
    const step = this.#step(policy);
    if (step.kind === "refresh" || step.kind === "reconcile" || this.#isTooOld(policy)) throw new CoatcheckError("ERR_INTERNAL");
    return step;
  }

  /**
   * What is to be done about this request before the handler runs, with the session in step with its provider: a
   * request that finds the access token run out waits for the refresh, one that finds it nearly out begins it and goes
   * on.
   */
  admit(policy: Policy): MaybePromise<Decision> {
    return andThen(this.admitted(policy), decisionIn);
  }

  /** {@link admit}, for who goes on with the exchange: answers itself. */
  admitted(policy: Policy): MaybePromise<this> {
    return this.#admit(policy, false);
  }

  /** `tried`: a refresh was tried just now. If that failed, the next request tries again. */
  #admit(policy: Policy, tried: boolean): MaybePromise<this> {
    // Inline: each request comes by here.
    if (policy.sensitive === true && this.#proven?.recent === true)
      return andThen(this.#exactly(), (found) => this.#again(found, policy, tried));
    const step = this.#step(policy);
    // mutant: client-of-refresh
    if (step.kind === "refresh")
      return refreshed(this.#authenticated, this.#options, this.waiting).then((found) => this.#again(found, policy, true));
    if (step.kind === "reconcile")
      return reconciled(this.#authenticated, this.#options).then((found) => this.#again(found, policy, tried));
    this.#decision = step;
    const form = step.kind === "proceed" && asksForStepUp(policy) && this.#form === null ? formIn(this.request) : null;
    if (form !== null) return this.#sends(form);
    const row = this.#proven?.row;
    const nearly = !tried && row !== undefined && row.renewAt !== null && this.now >= row.renewAt;
    const { refresh, coordinator } = this.#options;
    const refreshes = policy.refreshes !== false && refresh.policy === "keep-in-step";
    if (nearly && refreshes && step.kind === "proceed") coordinator.refreshAhead(row);
    return this;
  }

  /** A form that was kept while its user signed in again. */
  async #sends(form: string): Promise<this> {
    this.#form = form;
    this.#decision = await onlyOnce(form, ownerIn(this) ?? "", this.#options);
    return this;
  }

  /** Whether the policy asks for more than a row of a short while ago. */
  #isTooOld({ sensitive = false }: Policy): boolean {
    return sensitive && this.#proven?.recent === true;
  }

  #exactly(): MaybePromise<Authenticated> {
    const { chain, store, clock, report } = this.#options;
    return authenticateExactly(chain, { request: this.request, store, now: clock.now(), clock, report });
  }

  /** Reads the session from the store itself. Throws if it is over, or cannot be read. */
  async readAgain(): Promise<void> {
    const before = this.#proven;
    if (before === null) return;
    const found = await this.#exactly();
    const { verdict } = found;
    if (verdict.kind === "unavailable") throw new CoatcheckError(verdict.code, { cause: verdict.cause });
    const proven = provenIn(found);
    if (proven?.row.id !== before.row.id) throw new CoatcheckError("ERR_SESSION_ENDED");
    this.#take(found);
  }

  #step(policy: Policy): Step {
    const step = decisionOf(this.#authenticated, this.draft, policy, this.request, this.now, this.#options);
    return step.kind === "proceed" && asksForStepUp(policy) ? steppedUp(this, policy, this.#options) : step;
  }

  /** A navigation that is refused clears a ticket that is dead; nothing else is set or cleared here. */
  refuse(decision: Exclude<Decision, { kind: "proceed" }>): RouteResponse {
    const { request } = this;
    const options = this.#options;
    const answer = answerDecision(decision, request, options);
    if (decision.kind !== "refuse" || this.#authenticated.dead === undefined || !isNavigation(request)) return answer;
    return withCookies(answer, clearedSession(options));
  }

  answerFailure(error: Failure): RouteResponse {
    return answerFailure(error, this.request, this.#options);
  }

  answerThrown(error: Failure): RouteResponse {
    return answerThrown(error, this.request, this.#options);
  }

  #again(authenticated: Authenticated, policy: Policy, tried: boolean): MaybePromise<this> {
    this.#take(authenticated);
    return this.#admit(policy, tried);
  }

  #take(authenticated: Authenticated): void {
    this.#authenticated = authenticated;
    this.#proven = provenIn(authenticated);
    this.#body = null;
  }

  // A client's own credential has no session; a proxy's user may have one.
  get byCredential(): boolean {
    return this.verdict.kind === "principal" && this.asserted === null;
  }

  get fromProxy(): boolean {
    return this.asserted !== null;
  }

  get refreshes(): boolean {
    return this.#options.refresh.policy !== "never" && this.#proven !== null && this.#proven.row.renewAt !== null;
  }

  tokens(): ProviderTokens | null {
    const { proven, body } = this;
    return proven === null || body === null ? null : openTokens(proven.row, body, this.#options.keyring);
  }

  provider(): string | null {
    return this.body?.provider ?? null;
  }

  /** What planning has to know of the presented session. */
  held(): Held {
    const { proven, body } = this;
    return {
      live: proven === null || body === null ? null : { ...proven, body: body.record },
      // A logout also clears a ticket that is dead beside a proxy's user; other requests leave it to the next
      // navigation.
      dead: this.dead ?? (this.draft.logout ? (this.#authenticated.dead ?? null) : null),
      several: this.verdict.kind === "abstain" ? (this.verdict.several ?? []) : [],
      lost: false,
      navigation: isNavigation(this.request),
    };
  }

  get touchDue(): boolean {
    const { proven } = this;
    if (proven === null) return this.#used !== null;
    return touchDue(proven.row, this.now, this.#options.policy) && !isPrefetch(this.request);
  }

  touch(status: number): void {
    if (this.#proven !== null) {
      if (status < 400 && this.touchDue) touch(this.#options, this.#proven.row, this.now);
      return;
    }
    // Whatever it was answered: its owner wants to know that it is in use.
    const used = this.#used;
    if (used !== null) touch(this.#options, used, used.seen);
  }

  /** A credential that is a row of the store, whose use is to be recorded. */
  get #used(): { readonly id: string; readonly seen: number } | null {
    const { verdict } = this;
    const row = verdict.kind === "principal" ? verdict.principal.row : undefined;
    return row?.seen === undefined ? null : { id: row.id, seen: row.seen };
  }

  /** After a request that only reports that the user is active. Answers the cookies that say so. */
  touchPresence(status: number): readonly string[] {
    const { proven } = this;
    if (proven !== null && status < 400 && presenceDue(proven.row, this.now, this.#options.policy)) {
      touch(this.#options, proven.row, this.now);
      return this.seenCookies();
    }
    return NO_COOKIES;
  }

  /** What tells the browser when its user was last here; nothing if the store knows. */
  protected seenCookies(): readonly string[] {
    const { sealed } = this.#options;
    return sealed === null || this.#proven === null ? NO_COOKIES : [sealed.cookies.touched(this.#proven.row, this.now)];
  }
}
