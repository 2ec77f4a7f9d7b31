/** One request's way through the engine: what its handler wants, and its settling. */
import type {
  Admitted,
  Decision,
  Exchange,
  MaybePromise,
  ProviderLogin,
  PushedResponse,
  RequestView,
  RouteExchange,
  RouteResponse,
  Session,
  Settlement,
} from "../../contracts.ts";
import type { Draft, LoginIntent } from "../../core/draft.ts";
import { hasIntent, NO_INTENT, withLogin, withLogout } from "../../core/draft.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { isNavigation, isSafe } from "../../core/navigation.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { ownerOf } from "../../core/record.ts";
import { readOwnerMarker } from "../lifecycle/markers.ts";
import { AdmittedRequest } from "./admitted-request.ts";
import type { Authenticated } from "./authenticate/authenticate.ts";
import { ownerIn } from "./authenticate/identity-of.ts";
import { beginningOf, settleFirstVisit } from "./first-visit.ts";
import { keepFromCaches } from "./no-store.ts";
import type { EngineOptions } from "./options.ts";
import type { SessionSource } from "./session.ts";
import { SessionHandle } from "./session.ts";
import { settle } from "./settle.ts";
import type { Settling } from "./settlement.ts";
import { UNCHANGED } from "./settlement.ts";
import { turnedAway } from "./step-up/step-up.ts";

const NOTHING: readonly (() => void)[] = [];

export class RequestExchange<Data> extends AdmittedRequest<Data> implements Exchange<Data>, RouteExchange, SessionSource {
  onIntent: (() => void) | null = null;
  /**
   * The logout marker of a recorded login's owner, as it was when the login was recorded (docs/design.md §1.6); and
   * when that was.
   */
  ownerMarker: Promise<string | undefined> | null = null;
  loginBegan: number | null = null;
  answer: PushedResponse | null = null;
  /** Whether this request is an activity of the user, which polling and endpoints of ours are not. */
  countsAsActivity = true;
  readonly #options: EngineOptions<Data>;
  #shown = false;
  #draft: Draft = NO_INTENT;
  #closed = false;
  #failed = false;
  #session: SessionHandle<Data> | null = null;
  #whenStored: readonly (() => void)[] = NOTHING;

  constructor(options: EngineOptions<Data>, request: RequestView, now: number, authenticated: Authenticated) {
    super(options, request, now, authenticated);
    this.#options = options;
  }

  get shown(): boolean {
    return this.#shown;
  }

  /** Identity or data of the session are read. */
  shows(): void {
    if (this.#shown) return;
    this.#shown = true;
    if (this.answer !== null) keepFromCaches(this.answer);
  }

  get session(): Session<Data> {
    return this.#handle;
  }

  get #handle(): SessionHandle<Data> {
    this.#session ??= new SessionHandle(this, this.#options);
    return this.#session;
  }

  get draft(): Draft {
    return this.#draft;
  }

  get recorded(): boolean {
    return hasIntent(this.#draft);
  }

  /** Something is recorded, a dead ticket may be cleared, or an asserted user's session begins. */
  get pending(): boolean {
    return (
      hasIntent(this.#draft) ||
      ((this.dead !== null || this.#beginning !== null) && isNavigation(this.request)) ||
      (this.#options.sealed !== null && this.#onlySeen)
    );
  }

  /** All that is to be said is that the user of a sealed session was here. Its cookie leaves with the answer. */
  get #onlySeen(): boolean {
    const begins = this.#beginning !== null && isNavigation(this.request);
    return this.countsAsActivity && !hasIntent(this.#draft) && !begins && this.touchDue;
  }

  get #beginning(): LoginIntent | null {
    return this.asserted === null ? null : beginningOf(this.asserted, this.proven);
  }

  /** Records intent. A `TypeError` once the response head is ready: nothing recorded then could still be stored. */
  record(step: (draft: Draft) => Draft): void {
    if (this.#closed) throw new TypeError("the session is closed: the response has begun, so nothing more can be stored with it");
    if (this.byCredential) {
      // Whether a credential is sent is the client's choice, so this is an answer, not a crash.
      const message = `A request with a credential for ${this.by} has no session to write to.`;
      throw new CoatcheckError("ERR_BAD_REQUEST", { message });
    }
    const next = step(this.#draft);
    if (!hasIntent(this.#draft)) this.onIntent?.();
    const { login } = next;
    if (login !== null && login !== this.#draft.login) {
      this.loginBegan = this.#options.clock.now();
      this.ownerMarker = readOwnerMarker(this.#options.store, login.owner, this.loginBegan);
    }
    this.#draft = next;
  }

  turnAway(decision: Exclude<Decision, { kind: "proceed" }>): MaybePromise<RouteResponse> {
    const { request } = this;
    const owner = ownerIn(this);
    const loses = decision.kind === "login" && decision.stepUp !== undefined && !isSafe(request.method);
    return loses && owner !== null ? turnedAway(this, owner, decision, this.#options) : this.refuse(decision);
  }

  loginFromProvider(
    vouched: ProviderLogin,
    provider: string,
    { owner, added, data }: Admitted = { owner: ownerOf(vouched.identity) },
  ): void {
    const { tokens, sid, issuedAt } = vouched;
    this.#options.coordinator.succeeded(provider);
    const { identity: said } = vouched;
    const identity = added === undefined ? said : { ...said, claims: { ...said.claims, ...added } };
    const login = { identity, owner, fresh: false, tokens, provider, sid, issuedAt, ...omitUndefined({ added }) };
    this.record((draft) => withLogin(draft, login));
    if (data !== undefined) this.#handle.begin(data);
  }

  logout(): void {
    this.record(withLogout);
  }

  whenStored(act: () => void): void {
    this.#whenStored = [...this.#whenStored, act];
  }

  /** Runs what waited until the store had taken the write. */
  stored(): void {
    for (const act of this.#whenStored) act();
  }

  // docs/design.md §1.5
  fail(): void {
    this.#failed = true;
  }

  settle(given: number, wrote = false): MaybePromise<Settlement> {
    if (this.#closed) return UNCHANGED;
    const status = this.#failed ? Math.max(given, 500) : given;
    const begins = this.asserted !== null && this.#begin(status, wrote);
    this.#closed = true;
    // A handler that writes the session's cookie itself is not corrected (docs/design.md §1.5).
    if (!this.pending || (wrote && !hasIntent(this.#draft))) return UNCHANGED;
    if (this.#options.sealed !== null && this.#onlySeen) {
      return status < 400 ? { cookies: this.seenCookies(), refusal: null } : UNCHANGED;
    }
    return begins ? settleFirstVisit(this.#settling(), status) : settle(this.#settling(), status);
  }

  #settling(): Settling<Data> {
    const { request, draft, ownerMarker, loginBegan } = this;
    return { options: this.#options, request, draft, ownerMarker, loginBegan, held: () => this.held() };
  }

  get closed(): boolean {
    return this.#closed;
  }

  // Stored by a navigation that succeeds, or with a write of the handler that no 5xx undoes; clients without cookies
  // store none (S-35).
  #begin(status: number, wrote: boolean): boolean {
    const login = this.#beginning;
    if (login === null || this.#draft.login !== null || this.#draft.logout) return false;
    const written = hasIntent(this.#draft);
    // mutant: first-visit-navigates
    const navigates = isNavigation(this.request) && status < 400 && !wrote;
    if (navigates || written) this.record((draft) => withLogin(draft, login));
    return navigates && !written;
  }
}
