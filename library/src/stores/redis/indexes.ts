/**
 * Sets of ids: of an owner, of a session of a provider, by `renewAt`. They lie in other slots than the rows, so order
 * does what no transaction can: an id is in the sets before its row is written. An id leaves a set if its session has
 * ended, which is for ever, and by time; never because its row is missing, since a process may be between its writes.
 */
import type { SessionRow } from "../../contracts.ts";
import type { Call } from "./calls.ts";
import type { Commander } from "./clients/commander.ts";
import { listOf } from "./clients/commander.ts";
import type { Keys } from "./keys.ts";
import { ADD, RESCORE } from "./scripts.ts";

/** Rows, sets and markers are freed so much later, so that a server's clock may be wrong by as much. */
export const SLACK = 3_600_000;

/** A member of a set by score, as it was read. */
export interface Due {
  readonly id: string;
  readonly score: number;
}

/** The sets that a row stands in, to be written before it. */
export function membershipCalls(keys: Keys, row: SessionRow): readonly Call[] {
  const { id, owner, issuer, sid, created, expires } = row;
  // What expired long before this row began frees its place; the row's own is never too old. Not when it was seen: a
  // token counts as seen until its end, before which sessions expire that live now.
  const old = Math.min(created, expires) - SLACK;
  const args = [String(expires), id, String(old), String(expires + SLACK)];
  const sets = [...(owner === null ? [] : [keys.owner(owner)])];
  if (issuer !== null && sid !== null) sets.push(keys.sid(issuer, sid));
  return sets.map((key) => ({ run: ADD, key, args }));
}

/** Where the row stands by `renewAt`, to be written after it: whoever misses it refreshes with the next request. */
export function renewCall(keys: Keys, { id, renewAt }: SessionRow): Call {
  const key = keys.renew(id);
  return renewAt === null ? { run: "ZREM", key, args: [id] } : { run: "ZADD", key, args: [String(renewAt), id] };
}

/** Reads the sets. */
export class Indexes {
  readonly #commander: Commander;
  readonly #keys: Keys;

  constructor(commander: Commander, keys: Keys) {
    this.#commander = commander;
    this.#keys = keys;
  }

  /** All ids of one set. */
  async members(key: string): Promise<readonly string[]> {
    return listOf(await this.#commander.send(key, ["ZRANGE", key, "0", "-1"])).map(String);
  }

  /** Sessions that ended leave a set. */
  async remove(key: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#commander.send(key, ["ZREM", key, ...ids]);
  }

  /** The ids whose tokens are due first. */
  async due(before: number, limit: number): Promise<readonly Due[]> {
    const found = await this.#below(before, limit);
    return found.toSorted((a, b) => a.score - b.score).slice(0, limit);
  }

  /** Some ids whose tokens were due, the first of each set; about `limit` in all. */
  overdue(before: number, limit: number): Promise<readonly Due[]> {
    return this.#below(before, Math.ceil(limit / this.#keys.renewSets.length));
  }

  async #below(before: number, limit: number): Promise<readonly Due[]> {
    const range = ["-inf", `(${before}`, "WITHSCORES", "LIMIT", "0", String(limit)] as const;
    const sets = await Promise.all(
      this.#keys.renewSets.map((key) => this.#commander.send(key, ["ZRANGEBYSCORE", key, ...range])),
    );
    return sets.flatMap(pairsOf);
  }

  /** The right score of an id, or none, if it is still what was read. */
  rescoreCall({ id, score }: Due, right: number | null): Call {
    return { run: RESCORE, key: this.#keys.renew(id), args: [id, String(score), right === null ? "" : String(right)] };
  }
}

/** Members with scores, which lie flat or in pairs, depending on the protocol. */
function pairsOf(answer: unknown): readonly Due[] {
  const flat = listOf(answer).flat();
  return flat.flatMap((id, index) => (index % 2 === 0 ? { id: String(id), score: Number(flat[index + 1]) } : []));
}
