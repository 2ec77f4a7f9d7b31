/** What users of sessions do while these are moved, and what each of them has to find. */
import assert from "node:assert/strict";
import type { SessionStore } from "../../src/contracts.ts";
import { type Dice, HOUR, START, sampleRow } from "../../src/testing/store-suite/rows.ts";

const OWNERS = ["a", "b"];

/** What users did, and what they were told. */
export class MovedUsers {
  readonly dice: Dice;
  readonly sessions = new Map<string, { readonly owner: string; edits: string[]; seen: number; isEnded: boolean }>();
  /** How many were told that they were the first to set a marker. */
  readonly firsts = new Map<string, number>();
  #count = 0;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  #any(): string | undefined {
    return this.dice.of([...this.sessions.keys()], undefined);
  }

  /** One thing that one user does by one replica. */
  async act(store: SessionStore): Promise<void> {
    const id = this.#any();
    const drawn = this.dice.below(100);
    if (id === undefined || drawn < 20) await this.#login(store);
    else if (drawn < 60) await this.#edit(store, id);
    else if (drawn < 75) await this.#touch(store, id);
    else if (drawn < 80) await this.#logout(store, id);
    else if (drawn < 83) await this.#logoutEverywhere(store, this.dice.of(OWNERS, "a"));
    else if (drawn < 93) await this.#look(store, id);
    else await this.#mark(store, `k${this.dice.below(6)}`);
  }

  async #login(store: SessionStore): Promise<void> {
    const owner = this.dice.of(OWNERS, "a");
    const row = sampleRow({ owner, lease: this.dice.chance(30) ? "held" : null, body: "" });
    assert.equal(await store.put(row, "absent"), true);
    this.sessions.set(row.id, { owner, edits: [], seen: START, isEnded: false });
  }

  async #edit(store: SessionStore, id: string): Promise<void> {
    const known = this.sessions.get(id);
    const wasEnded = known?.isEnded;
    const row = await store.get(id);
    assert.ok(row && known, `${id} is gone`);
    if (wasEnded) assert.notEqual(row.ended, null, `${id} lives again`);
    if (row.ended !== null) return;
    const edit = String(this.#count++);
    const written = await store.put(
      { ...row, version: row.version + 1 + this.dice.below(9), body: `${row.body},${edit}` },
      row.version,
    );
    if (written) known.edits.push(edit);
    if (written) assert.ok(!wasEnded, `${id} was changed after it ended`);
  }

  async #touch(store: SessionStore, id: string): Promise<void> {
    const seen = START + this.#count++;
    const known = this.sessions.get(id);
    if ((await store.touch(id, seen)) && known) known.seen = Math.max(known.seen, seen);
  }

  async #look(store: SessionStore, id: string): Promise<void> {
    const known = this.sessions.get(id);
    const [wasEnded, seen] = [known?.isEnded, known?.seen ?? 0];
    const row = await store.get(id);
    assert.ok(row, `${id} is gone`);
    if (wasEnded) assert.notEqual(row.ended, null, `${id} lives again`);
    if (row.ended === null) assert.ok(row.seen >= seen, `${id} was touched`);
    const listed = await store.list({ owner: known?.owner ?? "" }, 1_000, START);
    if (wasEnded) assert.ok(!listed.some((one) => one.id === id), `${id} is listed`);
    assert.equal(new Set(listed.map((one) => one.id)).size, listed.length);
  }

  async #logout(store: SessionStore, id: string): Promise<void> {
    await store.end({ id }, "logout", START);
    const known = this.sessions.get(id);
    if (known) known.isEnded = true;
  }

  async #logoutEverywhere(store: SessionStore, owner: string): Promise<void> {
    const those = [...this.sessions.values()].filter((one) => one.owner === owner);
    await store.end({ owner }, "admin", START);
    for (const one of those) one.isEnded = true;
  }

  async #mark(store: SessionStore, key: string): Promise<void> {
    const isFirst = await store.mark(key, START + HOUR, START);
    this.firsts.set(key, (this.firsts.get(key) ?? 0) + Number(isFirst));
    assert.equal(await store.marked(key, START), "", key);
  }

  /** What every process sees from now on. */
  async judge(to: SessionStore): Promise<void> {
    for (const [id, { edits, isEnded, owner, seen }] of this.sessions) {
      const row = await to.get(id);
      if (isEnded && row === undefined) continue;
      assert.ok(row, `${id} is lost`);
      if (isEnded) assert.notEqual(row.ended, null, `${id} lives again`);
      if (row.ended !== null) continue;
      const { lease } = row;
      assert.deepEqual([row.owner, row.body.split(",").slice(1).toSorted()], [owner, edits.toSorted()]);
      assert.ok(row.seen >= seen && (lease === null || lease === "held"), JSON.stringify(row));
    }
    for (const [key, count] of this.firsts) {
      assert.equal(count, 1, `${key}: ${count} were the first`);
      assert.equal(await to.marked(key, START), "", key);
    }
  }
}

/** Four at once, each at any of the stores, do so many things. */
export async function act(users: MovedUsers, stores: readonly [SessionStore, ...SessionStore[]], acts: number): Promise<void> {
  const one = async (): Promise<void> => {
    for (let act = 0; act < acts; act++) await users.act(users.dice.of(stores, stores[0]));
  };
  await Promise.all([one(), one(), one(), one()]);
}
