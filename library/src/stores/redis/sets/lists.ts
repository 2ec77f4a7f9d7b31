/** Lists of sessions, and endings of many. */
import type { EndReason, EndTarget, ListQuery, SessionRow } from "../../../contracts.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import type { GroupKeys, Keys } from "../keys.ts";
import type { Found, Reads } from "../reads.ts";
import { versionText } from "../row-text.ts";
import type { Writes } from "../writes.ts";
import type { Indexes } from "./indexes.ts";
import type { Due, Renewals } from "./renewals.ts";

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

/** What lists are read from, and ended by. */
interface ListsParts {
  readonly keys: Keys;
  readonly reads: Reads;
  readonly writes: Writes;
  readonly indexes: Indexes;
  readonly renewals: Renewals;
}

const readable = (found: readonly Found[]): readonly SessionRow[] =>
  found.flatMap((row) => (row === undefined || row instanceof CoatcheckError ? [] : [row]));

export class Lists {
  readonly #keys: Keys;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #indexes: Indexes;
  readonly #renewals: Renewals;

  constructor({ keys, reads, writes, indexes, renewals }: ListsParts) {
    this.#keys = keys;
    this.#reads = reads;
    this.#writes = writes;
    this.#indexes = indexes;
    this.#renewals = renewals;
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

  /**
   * Ends every live session of the group; each is reported to one caller, since the script ends it once. Throws at last
   * if one could not be read, which may live: it is tried again.
   */
  async end(group: Group, reason: EndReason, now: number): Promise<readonly string[]> {
    const except = "owner" in group ? group.except : undefined;
    const { rows, unreadable } = await this.#found(group);
    const others = rows.filter(({ id }) => id !== except);
    const ended = await Promise.all(others.map((row) => this.#endOne(row, group, reason, now)));
    const ids = others.filter((_, index) => ended[index]).map(({ id }) => id);
    await this.#indexes.remove(this.#keyOf(group), ids);
    if (unreadable !== undefined) throw unreadable;
    return ids;
  }

  #keyOf(group: Group): GroupKeys {
    return "owner" in group ? this.#keys.owner(group.owner) : this.#keys.sid(group.issuer, group.sid);
  }

  /** The group's rows that have not ended. Those that have leave the set. */
  async #rowsOf(group: Group): Promise<readonly SessionRow[]> {
    const { rows, unreadable } = await this.#found(group);
    // One that cannot be read is unavailable, and not absent.
    if (unreadable !== undefined) throw unreadable;
    return rows;
  }

  async #found(group: Group): Promise<{ readonly rows: readonly SessionRow[]; readonly unreadable: CoatcheckError | undefined }> {
    const key = this.#keyOf(group);
    const found = await this.#reads.findMany(await this.#indexes.members(key));
    const rows = readable(found);
    await this.#indexes.remove(
      key,
      rows.filter(({ ended }) => ended !== null).map(({ id }) => id),
    );
    return {
      rows: rows.filter((row) => row.ended === null && isOf(group, row)),
      unreadable: found.find((row) => row instanceof CoatcheckError),
    };
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

  /** What cannot be read is passed over: its tokens are refreshed with its next request, by who can read it. */
  async #due(before: number, limit: number, now: number): Promise<readonly SessionRow[]> {
    let passed = 0;
    for (let round = 1; ; round++) {
      const room = passed;
      const due = await this.#renewals.due(before, limit + room);
      const found = await this.#reads.findMany(due.map(({ id }) => id));
      const right = readable(found).filter((row) => lives(row, now) && row.renewAt !== null && row.renewAt < before);
      passed = found.filter((row) => row instanceof CoatcheckError).length;
      if ((right.length + passed === due.length && passed <= room) || round === ROUNDS) {
        return right.toSorted((a, b) => Number(a.renewAt) - Number(b.renewAt)).slice(0, limit);
      }
      await this.#rescore(due, found, now);
    }
  }

  /**
   * Drops what ended or went from the sets by `renewAt`, which nothing else does where nobody lists what is due. It
   * stops at the first round with a session in its place: older ones went before it.
   */
  async sweep(now: number): Promise<void> {
    for (let round = 1; round <= SWEEP_ROUNDS; round++) {
      const due = await this.#renewals.overdue(now, SWEEP_BATCH);
      const found = await this.#reads.findMany(due.map(({ id }) => id));
      if ((await this.#rescore(due, found, now)) < due.length || due.length === 0) return;
    }
  }

  /** Puts ids where their rows say. Answers how many have no place any more. */
  async #rescore(due: readonly Due[], found: readonly Found[], now: number): Promise<number> {
    const scores = due.map(({ score }, index) => {
      const row = found[index];
      if (row instanceof CoatcheckError) return score;
      return row !== undefined && lives(row, now) ? row.renewAt : null;
    });
    await Promise.all(
      due.map(async (one, index) => {
        const score = scores[index] ?? null;
        if (score !== one.score) await this.#renewals.rescore(one, score);
      }),
    );
    return scores.filter((score) => score === null).length;
  }
}
