/** Digests of rows, for the proof that what arrived is what went. */
import { createHash } from "node:crypto";
import type { SessionRow } from "../contracts.ts";
import { COLUMN_NAMES } from "../core/row-columns.ts";

/** A digest of all columns but `seen`, which touches move without another version. */
export function digestOf(row: SessionRow): string {
  const columns = COLUMN_NAMES.filter((name) => name !== "seen").map((name) => row[name]);
  return createHash("sha256").update(JSON.stringify(columns)).digest("base64url").slice(0, 22);
}

/** A digest of many rows, in whatever order they come: the sum of theirs. */
export class DigestSum {
  #sum = 0n;

  add(digest: string): void {
    const number = BigInt(`0x${createHash("sha256").update(digest).digest("hex")}`);
    this.#sum = BigInt.asUintN(256, this.#sum + number);
  }

  toString(): string {
    return this.#sum.toString(16).padStart(64, "0").slice(0, 32);
  }
}
