/**
 * Hands sessions over from one store to another, one by one. Until a row is handed over the old store decides about it,
 * from then on the new one; what decides is a single conditional write in the old store. The row is locked, copied,
 * read back and compared, and marked as moved. It stays live until then, so that an ending by user finds it in the old
 * store, or in the new one if it looks there second.
 */
import { randomInt } from "node:crypto";
import type { Clock, SessionRow, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { emptied } from "../core/record.ts";
import { COLUMN_NAMES } from "../core/row-columns.ts";
import { digestOf } from "./row-digest.ts";

/** From where, to where, and the time. */
export interface Way {
  readonly from: SessionStore;
  readonly to: SessionStore;
  readonly clock: Pick<Clock, "now">;
}

/** A lock stands in the column of the lease, with the row's own version and lease in it. */
const LOCK = /^move:(\d+):(?:=(.*))?$/s;

/** Whether a live row is locked: it is read as ever, and not written in the old store any more. */
export const isLocked = (row: SessionRow): boolean => row.ended === null && row.lease !== null && LOCK.test(row.lease);

/** Whether the new store has it: it ended in the old one, for no reason. */
export const isMoved = (row: SessionRow): boolean => row.ended !== null && row.reason === null;

function locked(row: SessionRow): SessionRow {
  const own = row.lease === null ? "" : `=${row.lease}`;
  return { ...row, version: otherVersion(row.version), lease: `move:${row.version}:${own}` };
}

/** One that no writer knows: engines raise versions by at most 2^20 in one step. An ending still fits above it. */
function otherVersion(version: number): number {
  const step = randomInt(2 ** 20 + 1, 2 ** 21);
  return version + step < Number.MAX_SAFE_INTEGER ? version + step : version - step;
}

/** The row as it was before it was locked; another row as it is. */
export function unlocked(row: SessionRow): SessionRow {
  const found = row.ended === null && row.lease !== null ? LOCK.exec(row.lease) : null;
  return found === null ? row : { ...row, version: Number(found[1]), lease: found[2] ?? null };
}

/** What stays in the old store: which version went, and what it looked like, for the proof. */
function moved(row: SessionRow, own: SessionRow, now: number): SessionRow {
  return { ...emptied(row, "replaced", now), version: row.version, reason: null, body: `${own.version} ${digestOf(own)}` };
}

/** What {@link moved} noted of a row that was handed over. */
export function noted({ body }: SessionRow): { readonly version: number; readonly digest: string } {
  const [version, digest = ""] = body.split(" ");
  return { version: Number(version), digest };
}

/** More often than this no other process gets in between. */
const MOST_AGAIN = 200;

/**
 * Hands a row over, and answers what the old store has of it in the end. Any number of processes may do it at once, and
 * what one leaves unfinished the next one finishes. An ended row stays in the old store, and is copied.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` if the new store has something else than it was given.
 */
export async function handOver(way: Way, id: string): Promise<SessionRow | undefined> {
  for (let again = 0; again < MOST_AGAIN; again++) {
    const row = await way.from.get(id);
    if (row === undefined || row.ended !== null) {
      // It ended meanwhile, and the copy may have come after what ended it.
      if (row !== undefined && !isMoved(row)) await carryEnding(way.to, row);
      return row;
    }
    // mutant: moves-unlocked
    if (isLocked(row)) await finish(way, row);
    else await way.from.put(locked(row), row.version);
  }
  throw new CoatcheckError("ERR_STORE_CONTENTION");
}

/**
 * An ended row as it is, also over a copy from before it ended, which another process may be about to make. Answers
 * whether anything was written.
 */
export async function carryEnding(to: SessionStore, row: SessionRow): Promise<boolean> {
  for (;;) {
    const there = await to.get(row.id);
    if (there?.ended === null) {
      if (await to.put({ ...row, version: Math.max(row.version, there.version + 1) }, there.version)) return true;
    } else if (there !== undefined) return false;
    else if (await to.put(row, "absent")) return true;
  }
}

/** @param row locked; another process may be at it too */
async function finish({ from, to, clock }: Way, row: SessionRow): Promise<void> {
  // mutant: moves-no-lease
  const own = unlocked(row);
  await to.put(own, "absent");
  const copy = await to.get(row.id);
  if (copy?.ended != null && copy.reason !== null) {
    // An ending by user had asked the old store before the row was there, and found its copy in the new one.
    await from.put({ ...copy, version: row.version }, row.version);
    return;
  }
  if (copy === undefined || !isCopy(copy, own)) {
    const now = await from.get(row.id);
    // Meanwhile it ended, or was handed over and has changed since.
    if (now === undefined || now.ended !== null || now.version !== row.version) return;
    throw differs(row.id, copy === undefined ? "does not have it" : `has another ${differing(copy, own).join(", ")}`);
  }
  if (!(await from.put(moved(row, own, clock.now()), row.version))) return;
  // Touches until now were made in the old store.
  const left = await from.get(row.id);
  if (left !== undefined && left.seen > copy.seen) await to.touch(row.id, left.seen);
}

const differing = (copy: SessionRow, own: SessionRow): readonly string[] =>
  COLUMN_NAMES.filter((name) => name !== "seen" && copy[name] !== own[name]);
const isCopy = (copy: SessionRow, own: SessionRow): boolean => differing(copy, own).length === 0;

function differs(id: string, how: string): CoatcheckError {
  const message = `The session ${id} was written to the new store, which ${how}. It stays in the old store.`;
  return new CoatcheckError("ERR_STORE_INVALID", { message });
}
