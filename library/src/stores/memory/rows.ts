import type { EndReason, SessionRow } from "../../contracts.ts";

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
  return { ...row, ...EMPTY, version: row.version + 1, ended: now, reason };
}
