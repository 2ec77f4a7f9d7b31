/** A token's row: an ordinary one of kind `token`, which no cookie opens. */
import type { Identity, JsonObject, SessionRow, TokenInfo } from "../contracts.ts";
import { EMPTY_BODY, parseBody, serializeBody } from "../core/record.ts";
import { BLANK_ROW } from "../core/row-columns.ts";
import type { Chain } from "./chain.ts";
import type { GrantTerms } from "./options.ts";

/** What is stored of a token. */
export interface Family {
  readonly identity: Identity;
  readonly owner: string;
  readonly terms: GrantTerms;
  /** `null`: it is not refreshed. */
  readonly chain: Chain | null;
}

type Columns = Pick<SessionRow, "id" | "secretHash" | "created" | "expires">;
type Changed = Pick<SessionRow, "secretHash" | "previousHash" | "previousUntil" | "version">;

/**
 * The row of a new token. A token knows no idle time, so it counts as seen until its end: what looks for idle sessions,
 * the sweep included, leaves it alone.
 */
export function familyRow(columns: Columns, family: Family): SessionRow {
  const { owner, identity } = family;
  const seen = columns.expires;
  return { ...BLANK_ROW, ...columns, version: 1, kind: "token", owner, issuer: identity.issuer, seen, body: bodyOf(family) };
}

/** The row after its refresh token was exchanged. */
export function changedRow(row: SessionRow, family: Family, columns: Changed): SessionRow {
  return { ...row, ...columns, body: bodyOf(family) };
}

function bodyOf({ identity, terms, chain }: Family): string {
  const { audience, scope, client } = terms;
  return serializeBody({ ...EMPTY_BODY, identity, data: { audience, scope, client, ...chain } });
}

/** What a row says, or `null` for one that is no live token. Throws `ERR_RECORD_FORMAT` for one of a newer release. */
export function familyOf(row: SessionRow | undefined, now: number): Family | null {
  if (row === undefined || row.kind !== "token" || row.ended !== null || now >= row.expires) return null;
  const { identity, data } = parseBody(row);
  const { audience, scope, client } = data;
  if (identity === null || row.owner === null) return null;
  if (typeof audience !== "string" || typeof scope !== "string" || typeof client !== "string") return null;
  return { identity, owner: row.owner, terms: { audience, scope, client }, chain: chainOf(data) };
}

function chainOf({ lifetime, generation, rotated }: JsonObject): Chain | null {
  if (typeof lifetime !== "number" || typeof generation !== "number" || typeof rotated !== "number") return null;
  return { lifetime, generation, rotated };
}

/** The public view of a live token. */
export function infoOf({ id, created, expires }: SessionRow, { identity, owner, terms }: Family): TokenInfo {
  const { issuer, subject } = identity;
  return { id, owner, issuer, subject, ...terms, createdAt: created, expiresAt: expires };
}
