/** Lists of sessions, and endings of many. */
import type { EndReason, EndTarget, ListQuery, SessionRow } from "../../contracts.ts";
import type { Commander } from "./clients/commander.ts";
import { type Due, Indexes } from "./indexes.ts";
import type { Keys } from "./keys.ts";
import type { Reads } from "./reads.ts";
import { versionText } from "./row-text.ts";
import type { Writes } from "./writes.ts";

/** Whose sessions: all that stand in one set and are of it. */
type Group = Exclude<EndTarget, { readonly id: string }>;

/** The most times that due sessions are looked up again because some were not due any more. */
const ROUNDS = 8;

/** The most rounds of one sweep, and about how many ids are looked at in each: some seconds' work at most. */
const SWEEP_ROUNDS = 20;
const SWEEP_BATCH = 1_024;

const isOf = (group: Group, row: SessionRow): boolean =>
  "owner" in group ? row.owner === group.owner : row.issuer === group.issuer && row.sid === group.sid;

const lives = (row: SessionRow, now: number): boolean => row.ended === null && row.expires > now;

export class Lists {
  readonly #keys: Keys;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #indexes: Indexes;

  constructor(commander: Commander, keys: Keys, reads: Reads, writes: Writes) {
    this.#keys = keys;
    this.#reads = reads;
    this.#writes = writes;
    this.#indexes = new Indexes(commander, keys);
  }

  async list(query: ListQuery, limit: number, now: number): Promise<readonly SessionRow[]> {
    if (limit === 0) return [];
    if ("renewBefore" in query) return this.#due(query.renewBefore, limit, now);
    const rows = await this.#rowsOf(query);
    return rows
      .filter((row) => lives(row, now))
      .toSorted((a, b) => b.created - a.created)
      .slice(0, limit);
  }

  /** Ends every live session of the group; each is reported to one caller, since the script ends it once. */
  async end(group: Group, reason: EndReason, now: number): Promise<readonly string[]> {
    const except = "owner" in group ? group.except : undefined;
    const rows = (await this.#rowsOf(group)).filter(({ id }) => id !== except);
    const ended = await Promise.all(rows.map((row) => this.#endOne(row, group, reason, now)));
    const ids = rows.filter((_, index) => ended[index]).map(({ id }) => id);
    await this.#indexes.remove(this.#keyOf(group), ids);
    return ids;
  }

  #keyOf(group: Group): string {
    return "owner" in group ? this.#keys.owner(group.owner) : this.#keys.sid(group.issuer, group.sid);
  }

  /** The group's rows that have not ended. Those that have leave the set. */
  async #rowsOf(group: Group): Promise<readonly SessionRow[]> {
    const key = this.#keyOf(group);
    const found = await this.#reads.getMany(await this.#indexes.members(key));
    const rows = found.filter((row) => row !== undefined);
    await this.#indexes.remove(
      key,
      rows.filter(({ ended }) => ended !== null).map(({ id }) => id),
    );
    return rows.filter((row) => row.ended === null && isOf(group, row));
  }

  /** The version keeps a session that went to another owner meanwhile from being ended with the group. */
  async #endOne(read: SessionRow, group: Group, reason: EndReason, now: number): Promise<boolean> {
    let row: SessionRow | undefined = read;
    while (row !== undefined && row.ended === null && isOf(group, row)) {
      if (await this.#writes.end(row.id, reason, now, versionText(row.version))) return true;
      row = await this.#reads.get(row.id);
    }
    return false;
  }

  async #due(before: number, limit: number, now: number): Promise<readonly SessionRow[]> {
    for (let round = 1; ; round++) {
      const due = await this.#indexes.due(before, limit);
      const rows = await this.#reads.getMany(due.map(({ id }) => id));
      const live = rows.filter((row) => row !== undefined && lives(row, now)).filter((row) => row !== undefined);
      const right = live.filter(({ renewAt }) => renewAt !== null && renewAt < before);
      if (right.length === due.length || round === ROUNDS) return right.toSorted((a, b) => Number(a.renewAt) - Number(b.renewAt));
      await this.#rescore(due, rows, now);
    }
  }

  /**
   * Drops what ended or went from the sets by `renewAt`, which nothing else does where nobody lists what is due. It
   * stops at the first round with a session in its place: older ones went before it.
   */
  async sweep(now: number): Promise<void> {
    for (let round = 1; round <= SWEEP_ROUNDS; round++) {
      const due = await this.#indexes.overdue(now, SWEEP_BATCH);
      const rows = await this.#reads.getMany(due.map(({ id }) => id));
      if ((await this.#rescore(due, rows, now)) < due.length || due.length === 0) return;
    }
  }

  /** Puts ids where their rows say. Answers how many have no place any more. */
  async #rescore(due: readonly Due[], rows: readonly (SessionRow | undefined)[], now: number): Promise<number> {
    const scores = rows.map((row) => (row !== undefined && lives(row, now) ? row.renewAt : null));
    await Promise.all(
      due.map(async (one, index) => {
        const score = scores[index] ?? null;
        if (score !== one.score) await this.#writes.send(this.#indexes.rescoreCall(one, score));
      }),
    );
    return scores.filter((score) => score === null).length;
  }
}
