/**
 * The plan: from what is held, the draft and the status to at most one write, or a login's pair, and the cookie. Pure.
 */
import type { DeadTicket, EndReason, PutCondition, RecordBody, SessionRow } from "../contracts.ts";
import type { Draft, LoginIntent, Validate } from "./draft.ts";
import { draftData, hasIntent, heeded } from "./draft.ts";
import { CoatcheckError } from "./errors.ts";
import { omitUndefined } from "./options/omit-undefined.ts";
import type { SessionPolicy } from "./policy.ts";
import { lifetimeOf, ROTATION_GRACE } from "./policy.ts";
import { EMPTY_BODY, emptied, serializeBody } from "./record.ts";
import { BLANK_ROW } from "./row-columns.ts";

/** A live session as it was read. */
interface HeldSession {
  readonly row: SessionRow;
  readonly body: RecordBody;
  readonly previous: boolean;
  /** The tokens of `body` are sealed anew, unlike those of `row`: the next write takes them along. */
  readonly resealed?: boolean;
}

/** What this request knows of the browser's session when it is planned, and again after a conflict. */
export interface Held {
  /** The presented session, live; `null` if there is none. */
  readonly live: HeldSession | null;
  /** The presented ticket proves nothing. */
  readonly dead: DeadTicket | null;
  /** Ids of presented sessions that are live all at once, so that the caller is anonymous (CK-11). */
  readonly several: readonly string[];
  /** It was live when the request began, and is not any more. */
  readonly lost: boolean;
  /** A top-level navigation, which alone (beside logout) may clear a dead ticket. */
  readonly navigation: boolean;
}

/** What a new secret or a new record needs; made by the engine, since planning is pure. */
export interface Minted {
  readonly id: string;
  readonly secretHash: string;
  /** The row holds this secret already. */
  readonly current?: boolean;
  /** The provider's tokens, sealed for this id. */
  readonly sealedTokens: string | null;
  /** When they are to be refreshed; `null` if there is no refresh token. */
  readonly renewAt: number | null;
}

/** What else goes into a plan. */
export interface Circumstances {
  readonly now: number;
  /**
   * When the login was recorded: its session begins then, so that an order to end all sessions that comes meanwhile
   * covers it too.
   */
  readonly began?: number;
  readonly status: number;
  readonly policy: SessionPolicy;
  readonly validate: Validate;
  readonly minted: Minted | null;
  /** What is kept about the client in a new record, if configured. */
  readonly client: Pick<RecordBody, "userAgent" | "addressHash" | "address">;
  /** By how much a change raises the version; random (docs/design.md §2), so it is drawn by the engine. */
  readonly step: number;
  /** A browser fetches ahead: what the handler writes is stored, and is no activity of the user. */
  readonly prefetch: boolean;
}

export interface PutStep {
  readonly kind: "put";
  readonly row: SessionRow;
  readonly condition: PutCondition;
}

export interface EndStep {
  readonly kind: "end";
  readonly id: string;
  readonly reason: EndReason;
}

/** What becomes of the session cookie. */
export type CookiePlan = "keep" | "set" | "clear";

/** At most one essential write, or a login's pair in its order, and the cookie. */
export type Plan =
  | {
      readonly kind: "write";
      readonly steps: readonly (PutStep | EndStep)[];
      readonly cookie: CookiePlan;
      readonly login: LoginIntent | null;
    }
  /** The session ended while the handler wrote to it: its words cannot be kept. */
  | { readonly kind: "lost" };

/** Whether planning needs a new ticket: every login, every new record, every exchange of the secret. */
export function needsTicket(draft: Draft, held: Held): boolean {
  return draft.login !== null || draft.rotate || (draft.changes.length > 0 && held.live === null);
}

/** Whether planning may change the presented record, and so needs a step for its version. */
export function needsStep({ logout, login }: Draft, { live }: Held): boolean {
  return live !== null && !logout && login === null;
}

/**
 * What is to be written, and what becomes of the cookie. Optimistic concurrency: it is pure, so after a conflict it
 * plans again on the fresh record.
 */
export function plan(held: Held, recorded: Draft, circumstances: Circumstances): Plan {
  const draft = heeded(recorded, circumstances.status);
  if (draft.logout) return planLogout(held, circumstances.now);
  if (draft.login !== null) return planLogin(held, draft, draft.login, circumstances);
  if (hasIntent(draft) && held.lost) return { kind: "lost" };
  if (held.live !== null && hasIntent(draft)) return planChange(held.live, draft, circumstances);
  if (draft.changes.length > 0) return planAnonymous(held, draft, circumstances);
  return write([], restingCookie(held));
}

function write(steps: readonly (PutStep | EndStep)[], cookie: CookiePlan, login: LoginIntent | null = null): Plan {
  return { kind: "write", steps, cookie, login };
}

function restingCookie(held: Held): CookiePlan {
  // mutant: scripts-clear-cookies
  return held.dead !== null && held.navigation ? "clear" : "keep";
}

function planLogout(held: Held, now: number): Plan {
  // On condition, so that what ends is what was read: its tokens, and no newer ones, are then revoked.
  if (held.live !== null) {
    const { row } = held.live;
    // mutant: logout-clears-only
    return write([{ kind: "put", row: emptied(row, "logout", now), condition: row.version }], "clear");
  }
  const steps = held.several.map((id): EndStep => ({ kind: "end", id, reason: "logout" }));
  return write(steps, steps.length > 0 || held.dead !== null || held.lost ? "clear" : "keep");
}

function planLogin(held: Held, draft: Draft, login: LoginIntent, circumstances: Circumstances): Plan {
  const { live } = held;
  const base = live === null ? { owner: null, data: {} } : { owner: live.row.owner, data: live.body.data };
  const body: RecordBody = {
    ...EMPTY_BODY,
    ...circumstances.client,
    identity: login.identity,
    data: bounded(draftData(base, draft, circumstances.validate), circumstances.policy),
    tokens: circumstances.minted?.sealedTokens ?? null,
    provider: login.provider,
    ...omitUndefined({ issuedAt: login.issuedAt ?? undefined, added: login.added }),
  };
  const put: PutStep = { kind: "put", row: newRow(body, login, circumstances), condition: "absent" };
  // It cannot be told which of several sessions is meant; all of them end, or the new one would be one more of several.
  const several = held.several.map((id): EndStep => ({ kind: "end", id, reason: "replaced" }));
  if (live === null) return write([put, ...several], "set", login);
  // Another identity's session is over before the new one begins, so that no order of failures leaves both alive.
  const another = live.row.owner !== null && live.row.owner !== login.owner;
  if (another) return write([{ kind: "end", id: live.row.id, reason: "identity-changed" }, put], "set", login);
  // mutant: login-keeps-old
  return write([put, retire(live.row, login.fresh, circumstances.now)], "set", login);
}

// If data are taken over, the old record ends only if it was not edited since they were read.
function retire(row: SessionRow, fresh: boolean, now: number): PutStep | EndStep {
  if (fresh) return { kind: "end", id: row.id, reason: "replaced" };
  return { kind: "put", row: emptied(row, "replaced", now), condition: row.version };
}

function planChange(live: HeldSession, draft: Draft, circumstances: Circumstances): Plan {
  const { row, body, resealed = false } = live;
  const data = bounded(draftData({ owner: row.owner, data: body.data }, draft, circumstances.validate), circumstances.policy);
  // A caller who shows the secret before the last exchange is late: the exchange that they ask for has just happened.
  const rotate = draft.rotate && !live.previous;
  const changed = draft.changes.length > 0 && JSON.stringify(data) !== JSON.stringify(body.data);
  // Its answer may have been lost, so they are given the same secret once more.
  const again = draft.rotate && live.previous && circumstances.minted?.current === true;
  if (!rotate && !changed) return write([], again ? "set" : "keep");
  const next: SessionRow = {
    ...(rotate ? exchanged(row, circumstances) : row),
    version: row.version + circumstances.step,
    seen: circumstances.prefetch ? row.seen : circumstances.now,
    body: changed || resealed ? serializeBody({ ...body, data }) : row.body,
  };
  return write([{ kind: "put", row: next, condition: row.version }], rotate || again ? "set" : "keep");
}

function exchanged(row: SessionRow, { minted, now }: Circumstances): SessionRow {
  if (minted === null) throw new CoatcheckError("ERR_INTERNAL");
  return { ...row, secretHash: minted.secretHash, previousHash: row.secretHash, previousUntil: now + ROTATION_GRACE };
}

function planAnonymous(held: Held, draft: Draft, circumstances: Circumstances): Plan {
  const data = bounded(draftData({ owner: null, data: {} }, draft, circumstances.validate), circumstances.policy);
  if (Object.keys(data).length === 0) return write([], restingCookie(held));
  const body: RecordBody = { ...EMPTY_BODY, ...circumstances.client, data };
  return write([{ kind: "put", row: newRow(body, null, circumstances), condition: "absent" }], "set");
}

function newRow(body: RecordBody, login: LoginIntent | null, { minted, now, began = now, policy }: Circumstances): SessionRow {
  if (minted === null) throw new CoatcheckError("ERR_INTERNAL");
  return {
    ...BLANK_ROW,
    id: minted.id,
    secretHash: minted.secretHash,
    version: 1,
    kind: "browser",
    owner: login?.owner ?? null,
    issuer: login?.identity.issuer ?? null,
    sid: login?.sid ?? null,
    created: began,
    seen: now,
    expires: began + lifetimeOf(policy, login !== null),
    renewAt: login === null ? null : minted.renewAt,
    tokenExpires: login?.tokens?.expires ?? null,
    body: serializeBody(body),
  };
}

// Characters, not bytes: each is three bytes at most, which is exact enough for a limit.
function bounded(data: RecordBody["data"], policy: SessionPolicy): RecordBody["data"] {
  const size = JSON.stringify(data).length;
  if (size > policy.maxData) {
    throw new CoatcheckError("ERR_DATA_TOO_LARGE", {
      message: `The session's data are ${size} characters of JSON; session.maxData allows ${policy.maxData}.`,
    });
  }
  return data;
}
