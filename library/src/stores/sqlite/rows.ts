import type { EndReason, RecordKind, SessionRow } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";

/** The columns in the order of the table: what a request reads first, the large one last. */
export const COLUMNS = [
  "id",
  "secret_hash",
  "version",
  "kind",
  "owner",
  "issuer",
  "sid",
  "created",
  "seen",
  "expires",
  "renew_at",
  "token_expires",
  "ended",
  "reason",
  "lease",
  "previous_hash",
  "previous_until",
  "body",
] as const;

/** Values for {@link COLUMNS}. */
export function cellsOf(row: SessionRow): (string | number | null)[] {
  return [
    row.id,
    row.secretHash,
    row.version,
    row.kind,
    row.owner,
    row.issuer,
    row.sid,
    row.created,
    row.seen,
    row.expires,
    row.renewAt,
    row.tokenExpires,
    row.ended,
    row.reason,
    row.lease,
    row.previousHash,
    row.previousUntil,
    row.body,
  ];
}

/** The row of {@link COLUMNS}. */
export function rowOf(cells: readonly unknown[]): SessionRow {
  return Object.freeze({
    id: text(cells[0]),
    secretHash: text(cells[1]),
    previousHash: textOrNull(cells[15]),
    previousUntil: integer(cells[16]),
    version: integer(cells[2]),
    kind: kind(cells[3]),
    owner: textOrNull(cells[4]),
    issuer: textOrNull(cells[5]),
    sid: textOrNull(cells[6]),
    created: integer(cells[7]),
    seen: integer(cells[8]),
    expires: integer(cells[9]),
    renewAt: integerOrNull(cells[10]),
    tokenExpires: integerOrNull(cells[11]),
    lease: textOrNull(cells[14]),
    ended: integerOrNull(cells[12]),
    reason: reasonOrNull(cells[13]),
    body: text(cells[17]),
  });
}

/**
 * What {@link usualRow} reads. Each column costs a tenth of a microsecond, so those that are empty in nearly every row are folded into
 * `shape`: 0 a browser's row, 1 a token's, 2 one in which they are not empty, which is then read in full.
 */
export const USUAL_COLUMNS = `
  CASE WHEN ended IS NULL AND lease IS NULL AND previous_hash IS NULL AND previous_until = 0 AND reason IS NULL
    THEN kind = 'token' ELSE 2 END AS shape,
  secret_hash, version, owner, issuer, sid, created, seen, expires, renew_at, token_expires, body`;

/** The row of {@link USUAL_COLUMNS}, or `undefined` where it must be read in full. */
export function usualRow(id: string, cells: readonly unknown[]): SessionRow | undefined {
  const shape = cells[0];
  if (shape === 2) return undefined;
  return Object.freeze({
    id,
    secretHash: text(cells[1]),
    previousHash: null,
    previousUntil: 0,
    version: integer(cells[2]),
    kind: shape === 1 ? "token" : "browser",
    owner: textOrNull(cells[3]),
    issuer: textOrNull(cells[4]),
    sid: textOrNull(cells[5]),
    created: integer(cells[6]),
    seen: integer(cells[7]),
    expires: integer(cells[8]),
    renewAt: integerOrNull(cells[9]),
    tokenExpires: integerOrNull(cells[10]),
    lease: null,
    ended: null,
    reason: null,
    body: text(cells[11]),
  });
}

/** The values of a result row, whichever way this version of `node:sqlite` hands them out. */
export const cellsIn = (result: object): readonly unknown[] => (Array.isArray(result) ? result : Object.values(result));

export function text(cell: unknown): string {
  if (typeof cell === "string") return cell;
  throw unreadable();
}

export function integer(cell: unknown): number {
  if (typeof cell === "number") return cell;
  throw unreadable();
}

const textOrNull = (cell: unknown): string | null => (cell === null ? null : text(cell));
const integerOrNull = (cell: unknown): number | null => (cell === null ? null : integer(cell));

function kind(cell: unknown): RecordKind {
  if (cell === "browser" || cell === "token") return cell;
  throw unreadable();
}

const REASONS: { readonly [reason in EndReason]: true } = {
  logout: true,
  elsewhere: true,
  idle: true,
  expired: true,
  provider: true,
  admin: true,
  "identity-changed": true,
  replaced: true,
  "refresh-lost": true,
};
export const isReason = (cell: string): cell is EndReason => Object.hasOwn(REASONS, cell);

function reasonOrNull(cell: unknown): EndReason | null {
  if (cell === null) return null;
  const reason = text(cell);
  if (isReason(reason)) return reason;
  throw unreadable();
}

const unreadable = (): CoatcheckError => new CoatcheckError("ERR_RECORD_FORMAT");
