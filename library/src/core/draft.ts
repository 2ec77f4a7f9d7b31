/** The draft: what a handler has recorded, as a value that can be replayed on a fresh record. */
import type { Identity, JsonObject, ProviderTokens } from "../contracts.ts";

/** One recorded change of the data. `update` is replayed on the fresh record after a conflict. */
type DataChange =
  | { readonly kind: "set"; readonly patch: JsonObject }
  | { readonly kind: "update"; readonly fn: (data: JsonObject) => JsonObject };

/** A login as recorded by the handler or by the provider's callback. */
export interface LoginIntent {
  readonly identity: Identity;
  readonly owner: string;
  readonly fresh: boolean;
  readonly tokens: ProviderTokens | null;
  readonly provider: string | null;
  readonly sid: string | null;
  /** Claims of the app's own; they are in `identity` as well. */
  readonly added?: JsonObject;
  /** `iat` of the ID token in ms; `null` for a login by the app. */
  readonly issuedAt: number | null;
}

/** What the handler wants, in the order in which it was recorded. A value: every step gives a new one. */
export interface Draft {
  readonly changes: readonly DataChange[];
  readonly login: LoginIntent | null;
  /** Changes recorded before the login; another identity's are dropped. */
  readonly beforeLogin: number;
  readonly rotate: boolean;
  readonly logout: boolean;
  /** The login came after a logout in the same request. */
  readonly afterLogout: boolean;
}

export const NO_INTENT: Draft = { changes: [], login: null, beforeLogin: 0, rotate: false, logout: false, afterLogout: false };

/** Whether the handler recorded anything. */
export const hasIntent = (draft: Draft): boolean => draft !== NO_INTENT;

export function withChange(draft: Draft, change: DataChange): Draft {
  if (draft.logout) throw new TypeError("this request has logged out; session data can be set again by the next one");
  return { ...draft, changes: [...draft.changes, change] };
}

/**
 * After a logout in the same request nothing of the old session is taken over, and after a login of another user
 * nothing of theirs.
 */
export function withLogin(draft: Draft, login: LoginIntent): Draft {
  if (draft.logout || draft.afterLogout) return { ...NO_INTENT, login: { ...login, fresh: true }, afterLogout: true };
  const another = draft.login !== null && draft.login.owner !== login.owner;
  const changes = another ? draft.changes.slice(0, draft.beforeLogin) : draft.changes;
  return { ...draft, changes, login, beforeLogin: changes.length };
}

export function withRotate(draft: Draft): Draft {
  if (draft.logout) throw new TypeError("this request has logged out; there is no secret to exchange");
  return { ...draft, rotate: true };
}

export function withLogout(): Draft {
  return { ...NO_INTENT, logout: true };
}

/** The part of the draft that counts once the status is known: a 5xx keeps only `logout` (docs/design.md §1.5). */
export function heeded(draft: Draft, status: number): Draft {
  // mutant: failure-kept
  if (status < 500) return draft;
  return draft.logout || draft.afterLogout ? withLogout() : NO_INTENT;
}

/** What the session held when this request began: the owner decides whether the data may be kept. */
interface Base {
  readonly owner: string | null;
  readonly data: JsonObject;
}

/** Validates data that are to be stored; throws if they do not fit. */
export type Validate = (data: JsonObject) => JsonObject;

/** The data after all recorded changes, replayed on `base`. */
export function draftData(base: Base, draft: Draft, validate: Validate): JsonObject {
  const { login } = draft;
  let data = base.data;
  let changes = draft.changes;
  if (login !== null) {
    const foreign = base.owner !== null && base.owner !== login.owner;
    if (foreign) changes = changes.slice(draft.beforeLogin);
    // mutant: data-of-others
    if (foreign || login.fresh) data = {};
  }
  // Data of an older schema read as empty, so changes are made to empty data; else they could never be overwritten.
  if (changes.length > 0 && !fits(data, validate)) data = {};
  for (const change of changes) {
    data = validate(change.kind === "set" ? { ...data, ...change.patch } : change.fn(data));
  }
  return data;
}

function fits(data: JsonObject, validate: Validate): boolean {
  try {
    validate(data);
    return true;
  } catch {
    return false;
  }
}
