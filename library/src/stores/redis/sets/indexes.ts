/**
 * Sets of ids, of an owner and of a session of a provider. They lie in other slots than the rows, so order does what no
 * transaction can: an id is in the sets before its row is written. An id leaves a set if its session has ended, which
 * is for ever, and by time; never because its row is missing, since a process may be between its writes.
 *
 * Most sets would hold one id, at five times the id's memory. So many share a bucket, whose members tell whose they
 * are; what a full bucket does not take goes into a set of its own, so that no owner makes others slow.
 */
import type { SessionRow } from "../../../contracts.ts";
import type { Call } from "../calls.ts";
import type { Commander } from "../clients/commander.ts";
import { listOf } from "../clients/commander.ts";
import type { GroupKeys, Keys } from "../keys.ts";
import { ADD } from "../scripts.ts";

/** Rows, sets and markers are freed so much later, so that a server's clock may be wrong by as much. */
export const SLACK = 3_600_000;

/** The most members of a bucket: as many as Redis keeps in a compact list by default. */
const BUCKET_SIZE = 128;
/** How many members of a set that is no compact list are looked at in one step. */
const STEP = "1000";

/** The groups that a row belongs to. */
export function groupsOf(keys: Keys, { owner, issuer, sid }: SessionRow): readonly GroupKeys[] {
  const groups = owner === null ? [] : [keys.owner(owner)];
  return issuer === null || sid === null ? groups : [...groups, keys.sid(issuer, sid)];
}

/** Writes an id into the sets of its row, before the row. */
export class Indexes {
  readonly #commander: Commander;
  readonly #write: (call: Call) => Promise<unknown>;

  constructor(commander: Commander, write: (call: Call) => Promise<unknown>) {
    this.#commander = commander;
    this.#write = write;
  }

  async add({ bucket, entry, own }: GroupKeys, { id, expires }: SessionRow): Promise<void> {
    const times = [String(expires), String(SLACK), String(expires + SLACK)];
    const taken = await this.#write({ run: ADD, key: bucket, args: [`${entry}${id}`, ...times, String(BUCKET_SIZE)] });
    if (Number(taken) !== 1) await this.#write({ run: ADD, key: own, args: [id, ...times, ""] });
  }

  /** All ids of a group. */
  async members({ bucket, entry, own }: GroupKeys): Promise<readonly string[]> {
    const [shared, others] = await Promise.all([
      this.#shared(bucket, entry),
      this.#commander.send(own, ["ZRANGE", own, "0", "-1"]),
    ]);
    return [...new Set([...shared, ...listOf(others).map(String)])];
  }

  /** Sessions that ended leave a group. */
  async remove({ bucket, entry, own }: GroupKeys, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const entries = ids.map((id) => `${entry}${id}`);
    await Promise.all([
      this.#commander.send(bucket, ["ZREM", bucket, ...entries]),
      this.#commander.send(own, ["ZREM", own, ...ids]),
    ]);
  }

  async #shared(bucket: string, entry: string): Promise<readonly string[]> {
    const found: string[] = [];
    let cursor = "0";
    do {
      const answer = await this.#commander.send(bucket, ["ZSCAN", bucket, cursor, "MATCH", `${entry}*`, "COUNT", STEP]);
      const [next, pairs] = listOf(answer);
      found.push(...members(pairs).map((member) => member.slice(entry.length)));
      cursor = String(next);
    } while (cursor !== "0");
    return found;
  }
}

/** The members of what lies flat, each before its score. */
const members = (pairs: unknown): readonly string[] =>
  listOf(pairs).flatMap((member, index) => (index % 2 === 0 ? [String(member)] : []));
