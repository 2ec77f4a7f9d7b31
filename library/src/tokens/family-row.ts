/** A token's row: an ordinary one of kind `token`, which no cookie opens. */
import type { Identity, JsonObject, JsonValue, SessionRow, TokenInfo, TokenKind } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { EMPTY_BODY, OF_SESSION, parentOf, parseBody, serializeBody } from "../core/record.ts";
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
  /** The session that an agent's hangs on. */
  readonly parent: string | null;
  /** Who acts, of an agent's. */
  readonly actor: Actor | null;
  /** What its owner calls it, of a personal one. */
  readonly name: string | null;
}

/** Who acts for a person, as the claim `act` names them (RFC 8693 s4.1). */
export interface Actor {
  readonly sub: string;
  readonly iss?: string;
}

/** The end of a personal token that has none. Columns and formats of stores hold it. */
export const NEVER = Date.UTC(9999, 0);

type Columns = Pick<SessionRow, "id" | "secretHash" | "created" | "expires">;
type Changed = Pick<SessionRow, "secretHash" | "previousHash" | "previousUntil" | "version">;

export function kindOf({ name, parent, chain }: Pick<Family, "name" | "parent" | "chain">): TokenKind {
  if (name !== null) return "personal";
  if (parent !== null) return "agent";
  return chain === null ? "access" : "family";
}

/**
 * The row of a new token. A token knows no idle time, so it counts as seen until its end: what looks for idle sessions,
 * the sweep included, leaves it alone.
 *
 * Its issuer and `sid` say which of a provider's logouts end it: all for the person, and those of the session `sid`
 * that it came of. A personal one has neither, since it is for programs that work while its owner is signed out.
 */
export function familyRow(columns: Columns, family: Family, sid: string | null = null): SessionRow {
  const { owner, identity, parent, name } = family;
  const ended = parent === null ? { issuer: identity.issuer, sid } : { issuer: OF_SESSION, sid: parent };
  const by = name === null ? ended : { issuer: null, sid: null };
  const seen = columns.expires;
  return { ...BLANK_ROW, ...columns, ...by, version: 1, kind: "token", owner, seen, body: bodyOf(family) };
}

/** The row after its refresh token was exchanged. */
export function changedRow(row: SessionRow, family: Family, columns: Changed): SessionRow {
  return { ...row, ...columns, body: bodyOf(family) };
}

function bodyOf({ identity, terms, chain, actor, name }: Family): string {
  const { audience, scope, client } = terms;
  const more = omitUndefined({ actor: actor === null ? undefined : { ...actor }, name: name ?? undefined });
  return serializeBody({ ...EMPTY_BODY, identity, data: { audience, scope, client, ...chain, ...more } });
}

/** What a row says, or `null` for one that is no live token. Throws `ERR_RECORD_FORMAT` for one of a newer release. */
export function familyOf(row: SessionRow | undefined, now: number): Family | null {
  if (row === undefined || row.kind !== "token" || row.ended !== null || now >= row.expires) return null;
  const { identity, data } = parseBody(row);
  const { audience, scope, client, name } = data;
  if (identity === null || row.owner === null) return null;
  if (typeof audience !== "string" || typeof scope !== "string" || typeof client !== "string") return null;
  const { owner } = row;
  const terms = { audience, scope, client };
  const chain = chainOf(data);
  if (chain?.idle !== undefined && now >= chain.rotated + chain.idle) return null;
  const more = { parent: parentOf(row), actor: actorOf(data["actor"]), name: typeof name === "string" ? name : null };
  return { identity, owner, terms, chain, ...more };
}

function chainOf({ lifetime, generation, rotated, idle }: JsonObject): Chain | null {
  if (typeof lifetime !== "number" || typeof generation !== "number" || typeof rotated !== "number") return null;
  return { lifetime, generation, rotated, ...omitUndefined({ idle: typeof idle === "number" ? idle : undefined }) };
}

function actorOf(stored: JsonValue | undefined): Actor | null {
  if (typeof stored !== "object" || stored === null || !("sub" in stored)) return null;
  const { sub, iss } = stored;
  if (typeof sub !== "string") return null;
  return { sub, ...omitUndefined({ iss: typeof iss === "string" ? iss : undefined }) };
}

/** The public view of a live token. */
export function infoOf(row: SessionRow, family: Family): TokenInfo {
  const { id, created, expires } = row;
  const { identity, owner, terms, parent, actor, name } = family;
  const { issuer, subject } = identity;
  const whose = { owner, issuer, subject, actor: actor?.sub ?? null, parent, name };
  const times = { createdAt: created, expiresAt: expires === NEVER ? null : expires, lastUsedAt: lastUsed(row) };
  return { id, kind: kindOf(family), ...whose, ...terms, ...times };
}

/** A use that follows another within this time is not recorded, milliseconds. */
const USES_APART = 60_000;

/** When it was last used. `seen` counts that from the end on, so that no sweep takes a token for an idle session. */
function lastUsed({ created, seen, expires }: SessionRow): number | null {
  return seen === expires ? null : created + (seen - expires);
}

/** What `seen` becomes by a use of now; `undefined`: the last one was too short a time ago to be told from it. */
export function seenBy(row: SessionRow, now: number): number | undefined {
  const before = lastUsed(row);
  if (before !== null && now - before < USES_APART) return undefined;
  return row.expires + Math.max(1, now - row.created);
}
