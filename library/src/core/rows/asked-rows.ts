/** The rows of a refresh about which the app has its say: not asked yet, let go on, and to be asked again. */
import type { ErrorCode, Identity, JsonObject, ProviderTokens, RecordBody, SessionRow } from "../../contracts.ts";
import { omitUndefined } from "../options/omit-undefined.ts";
import { serializeBody } from "../record.ts";

/** What a refresh brought. */
interface Brought {
  readonly sealed: string;
  /** `null`: the provider said nothing new. */
  readonly claims: JsonObject | null;
  readonly now: number;
  readonly step: number;
}

/**
 * The row with its new tokens, before the app was asked. It does not count as refreshed: the end of the access token
 * stays as it was, and it is due at once, so that whoever comes next asks.
 */
export function unaskedRow(row: SessionRow, body: RecordBody, { sealed, claims, now, step }: Brought): SessionRow {
  const { renewal: _, ...rest } = body;
  const next = { ...rest, tokens: sealed, asking: { claims: claims ?? body.asking?.claims ?? null } };
  return { ...row, version: row.version + step, lease: null, renewAt: now, body: serializeBody(next) };
}

/** The identity with the provider's claims of now, and none of the app's own. */
export function providersIdentity(identity: Identity, { asking, added = {} }: Pick<RecordBody, "asking" | "added">): Identity {
  const claims =
    asking?.claims ?? Object.fromEntries(Object.entries(identity.claims).filter(([name]) => !Object.hasOwn(added, name)));
  return { ...identity, claims };
}

/** What goes on. */
interface Going {
  readonly tokens: ProviderTokens;
  /** Claims of the app's own; `undefined`: those of before. */
  readonly added: JsonObject | undefined;
  readonly renewAt: number | null;
  readonly step: number;
}

/** The row of a user whom the app lets go on: from here on it counts as refreshed. */
export function admittedRow(row: SessionRow, body: RecordBody, { tokens, added, renewAt, step }: Going): SessionRow {
  const { renewal: _, asking: __, added: before, identity, ...rest } = body;
  const own = added ?? before;
  const said =
    identity === null || (added === undefined && body.asking?.claims === null) ? null : providersIdentity(identity, body);
  const known = said === null ? identity : { ...said, claims: { ...said.claims, ...own } };
  return {
    ...row,
    version: row.version + step,
    lease: null,
    renewAt,
    tokenExpires: tokens.expires,
    body: serializeBody({ ...rest, identity: known, ...omitUndefined({ added: own }) }),
  };
}

/** How often the app failed in a row, how, and when it is asked again. */
interface Failed {
  readonly failures: number;
  readonly until: number;
  readonly app: ErrorCode;
}

/** The row after the app did not answer: what the provider gave is kept, and serves nobody until it answers. */
export function unansweredRow(row: SessionRow, body: RecordBody, failed: Failed, step: number): SessionRow {
  const renewal = { ...failed, unknown: false };
  return { ...row, version: row.version + step, lease: null, renewAt: failed.until, body: serializeBody({ ...body, renewal }) };
}
