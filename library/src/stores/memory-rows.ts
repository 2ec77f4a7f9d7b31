import type { EndReason, SessionRow } from "../contracts.ts";

/** A copy that nobody can change, of one shape whatever the caller's object looks like. */
export function frozen(row: SessionRow, seen: number): SessionRow {
  return Object.freeze({
    id: row.id,
    secretHash: row.secretHash,
    previousHash: row.previousHash,
    previousUntil: row.previousUntil,
    version: row.version,
    kind: row.kind,
    owner: row.owner,
    issuer: row.issuer,
    sid: row.sid,
    created: row.created,
    seen,
    expires: row.expires,
    renewAt: row.renewAt,
    tokenExpires: row.tokenExpires,
    lease: row.lease,
    ended: row.ended,
    reason: row.reason,
    body: row.body,
  });
}

const EMPTY = {
  previousHash: null,
  previousUntil: 0,
  owner: null,
  issuer: null,
  sid: null,
  renewAt: null,
  tokenExpires: null,
  lease: null,
  body: "",
} as const;

/** The row as it is kept once it ended: what refuses its ticket, and nothing else. */
export function emptied(row: SessionRow, reason: EndReason, now: number): SessionRow {
  return frozen({ ...row, ...EMPTY, version: row.version + 1, ended: now, reason }, row.seen);
}
