/** A row as the library stores a signed-in user, for stores that are measured by themselves. */
import { randomBytes } from "node:crypto";
import type { SessionRow } from "coatcheck/contracts";
import { dataOf, personOf } from "../../load/people.ts";

/** The row of a user; later ones end later. */
export function storedRow(index: number, start: number = Date.now()): SessionRow {
  const expires = start + 3_600_000 + index * 30;
  const id = randomBytes(16);
  // As coarse as in an id of the library's.
  id.writeUInt32BE(Math.floor(expires / 64_000) * 64);
  const { issuer, subject, claims } = personOf(index);
  const body = JSON.stringify({ format: 1, identity: { issuer, subject, claims }, data: dataOf(index), tokens: null });
  return {
    ...{ id: id.toString("base64url"), secretHash: randomBytes(32).toString("base64url"), previousHash: null, previousUntil: 0 },
    ...{ version: 1, kind: "browser", owner: `${issuer} ${subject}`, issuer, sid: randomBytes(12).toString("hex") },
    ...{ created: start, seen: start, expires, renewAt: start + index, tokenExpires: start + index + 1 },
    ...{ lease: null, ended: null, reason: null, body },
  };
}
