/** The session as the app's handler sees it. */
import type {
  AccessTokenOptions,
  DeadReason,
  DeadTicket,
  Identity,
  JsonObject,
  LoginIdentity,
  LoginOptions,
  ProvenSession,
  ReadonlyDeep,
  SignedInSession,
  TokenTarget,
  Verdict,
} from "../../contracts.ts";
import { detached } from "../../core/detached.ts";
import type { Draft } from "../../core/draft.ts";
import { draftData, withChange, withLogin, withLogout, withRotate } from "../../core/draft.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { normalizeIdentity, ownerOf, snapshot } from "../../core/record.ts";
import type { Body } from "../lifecycle/record-body.ts";
import { freeze } from "../lifecycle/record-body.ts";
import type { WaitBudget } from "../refresh/wait-budget.ts";
import { NEEDS_MARKS, NEEDS_STORE, notOffered } from "../sealed/not-offered.ts";
import type { Asserted } from "./authenticate/authenticate.ts";
import { identityOf, ownerIn } from "./authenticate/identity-of.ts";
import { withTokensOf } from "./login/login-tokens.ts";
import type { EngineOptions } from "./options.ts";

const NO_DATA: JsonObject = Object.freeze({});
const NEVER = new AbortController().signal;
/** Of a user whom the app itself authenticated. */
const NO_TOKENS = { tokens: null, provider: null, sid: null, issuedAt: null, method: "app" };

/** What the app's session reads of its request, and how it records intent. */
export interface SessionSource {
  /** When the request was authenticated. */
  readonly now: number;
  readonly verdict: Verdict;
  readonly by: string | null;
  readonly asserted: Asserted | null;
  readonly proven: ProvenSession | null;
  readonly watched: string | null;
  readonly body: Body | null;
  readonly dead: DeadTicket | null;
  readonly draft: Draft;
  readonly waiting: WaitBudget;
  /** Reads the session from the store itself. Throws if it is over, or cannot be read. */
  readAgain(): Promise<void>;
  /** Identity or data are read: the answer must not be cached. */
  shows(): void;
  record(step: (draft: Draft) => Draft): void;
}

/** The session as the app sees it. Everything is read lazily, so that a request that does not use it costs nothing. */
export class SessionHandle<Data> implements Omit<SignedInSession<Data>, "identity" | "owner" | "via"> {
  readonly #exchange: SessionSource;
  readonly #options: EngineOptions<Data>;
  #data: { readonly draft: unknown; readonly value: ReadonlyDeep<Data> } | null = null;

  constructor(exchange: SessionSource, options: EngineOptions<Data>) {
    this.#exchange = exchange;
    this.#options = options;
  }

  get id(): string | null {
    const { proven } = this.#exchange;
    return proven === null ? null : detached(proven.row.id);
  }

  get identity(): Identity | null {
    const identity = identityOf(this.#exchange);
    if (identity !== null) this.#exchange.shows();
    return identity;
  }

  get owner(): string | null {
    const owner = ownerIn(this.#exchange);
    if (owner !== null) this.#exchange.shows();
    return owner;
  }

  get via(): string | null {
    if (ownerIn(this.#exchange) === null) return null;
    const { by, draft } = this.#exchange;
    return draft.login === null ? (by ?? "session") : "session";
  }

  get claims(): JsonObject {
    return this.identity?.claims ?? NO_DATA;
  }

  get data(): ReadonlyDeep<Data> {
    const { draft, proven } = this.#exchange;
    if (proven !== null) this.#exchange.shows();
    if (this.#data === null || this.#data.draft !== draft) this.#data = { draft, value: this.#read() };
    return this.#data.value;
  }

  get createdAt(): number | null {
    return this.#exchange.proven?.row.created ?? null;
  }

  get expiresAt(): number | null {
    return this.#exchange.proven?.row.expires ?? null;
  }

  get idleExpiresAt(): number | null {
    const { proven } = this.#exchange;
    const options = this.#options;
    return proven === null ? null : Math.min(proven.row.seen + options.policy.idle, proven.row.expires);
  }

  get endedReason(): DeadReason | null {
    return this.#exchange.dead?.reason ?? null;
  }

  get signal(): AbortSignal {
    const { watched } = this.#exchange;
    const options = this.#options;
    if (options.sealed?.ends === false) throw notOffered("session.signal", NEEDS_MARKS);
    return watched === null ? NEVER : options.endings.signalOf(watched);
  }

  set(patch: Partial<Data>): void {
    this.begin(snapshot(patch));
  }

  /** The same with data that no type vouches for: they are checked as all are. */
  begin(patch: JsonObject): void {
    this.#change({ kind: "set", patch });
  }

  update(fn: (data: ReadonlyDeep<Data>) => Data): void {
    const { validate } = this.#options;
    this.#change({ kind: "update", fn: (data) => snapshot(fn(frozen(validate(data)))) });
  }

  login(identity: LoginIdentity, { fresh = false, tokens }: LoginOptions = {}): void {
    const { sealed, providers } = this.#options;
    const { now } = this.#exchange;
    if (tokens !== undefined && sealed !== null) throw notOffered("session.login(…, { tokens })", NEEDS_STORE);
    const { method, ...brought } = tokens === undefined ? NO_TOKENS : withTokensOf(identity, tokens, providers, now);
    const normal = normalizeIdentity({ method, ...identity }, now);
    const intent = { ...brought, identity: normal, owner: ownerOf(normal), fresh };
    this.#exchange.record((draft) => withLogin(draft, intent));
  }

  async fresh(): Promise<void> {
    await this.#exchange.readAgain();
    this.#data = null;
  }

  rotate(): void {
    if (this.#options.sealed?.ends === false) throw notOffered("session.rotate()", NEEDS_MARKS);
    this.#exchange.record(withRotate);
  }

  logout(): void {
    this.#exchange.record(withLogout);
  }

  async accessToken({ rejected, ...target }: AccessTokenOptions = {}): Promise<string> {
    const { proven, draft, asserted } = this.#exchange;
    const options = this.#options;
    if (options.sealed !== null) throw notOffered("session.accessToken()", NEEDS_STORE);
    if (proven === null || proven.row.owner === null || draft.logout) {
      // A proxy's user is signed in and has no provider's token. A login here would give another identity: a redirect
      // loop.
      throw new CoatcheckError(asserted === null || draft.logout ? "ERR_SESSION_ENDED" : "ERR_TOKEN_UNAVAILABLE");
    }
    // A user who was just signed in has no token here yet; the stored one belongs to another user.
    if (draft.login !== null && draft.login.owner !== proven.row.owner) throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
    const { coordinator } = options;
    const { waiting } = this.#exchange;
    if (isNamed(target)) return coordinator.apis.get(proven.row, target, rejected, waiting);
    return coordinator.accessToken(proven.row, rejected, waiting);
  }

  // The change is tried at once, so that data that do not fit throw in the handler, and not when it is settled.
  #change(change: Parameters<typeof withChange>[1]): void {
    const { draft } = this.#exchange;
    this.#replay(withChange(draft, change));
    this.#exchange.record((current) => withChange(current, change));
  }

  #read(): ReadonlyDeep<Data> {
    const { draft } = this.#exchange;
    const options = this.#options;
    const data = this.#replay(draft);
    try {
      return frozen(options.validate(data));
    } catch (error) {
      // Data of an older schema must not lock users out; the stored data stay until they are written again.
      options.report({
        name: "session.data-invalid",
        level: "warn",
        ...omitUndefined({ sessionId: this.id ?? undefined }),
        error,
      });
      return frozen(options.validate({}));
    }
  }

  #replay(draft: Draft): JsonObject {
    const { proven, body } = this.#exchange;
    const options = this.#options;
    if (draft.logout) return NO_DATA;
    const base = { owner: proven?.row.owner ?? null, data: body?.data ?? NO_DATA };
    return draftData(base, draft, (data) => snapshot(options.validate(data)));
  }
}

/** Whether one API is meant, and not the session's own token. Throws a `TypeError` for what names none. */
function isNamed(target: TokenTarget): boolean {
  for (const [name, value] of Object.entries(target)) {
    if (value !== undefined && (typeof value !== "string" || value.trim() === "" || value.length > 1024))
      throw new TypeError(`accessToken takes ${name} as a text of at most 1024 characters that is not empty`);
  }
  return target.audience !== undefined || target.scope !== undefined;
}

function frozen<Data>(data: Data): ReadonlyDeep<Data>;
function frozen(data: unknown): unknown {
  freeze(data);
  return data;
}
