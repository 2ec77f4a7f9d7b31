/** Which refreshes wait for a turn before they look at their row, and which need none. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import type { RecordBody, SessionRow } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";

let world: RefreshWorld;
afterEach(() => world.close());

/** So many sessions, changed in the store by others. */
async function sessions(count: number, row: Partial<SessionRow>, body: Partial<RecordBody> = {}): Promise<SessionRow[]> {
  const rows: SessionRow[] = [];
  for (let n = 0; n < count; n += 1) {
    const cookie = await world.signIn({ refreshToken: `refresh-of-${n}` });
    const found = await world.rowOf(cookie);
    const changed = { ...found, ...row, version: found.version + 1, body: serializeBody({ ...parseBody(found), ...body }) };
    assert.ok(await world.store.put(changed, found.version));
    rows.push(changed);
  }
  return rows;
}

/** What the refreshes came to that were over before any time passed. */
async function atOnce(rows: readonly SessionRow[]): Promise<string[]> {
  const landed: string[] = [];
  for (const row of rows)
    void world
      .coordinator()
      .join(row)
      .then(({ kind }) => landed.push(kind));
  await world.quiet();
  await world.quiet();
  return landed;
}

const repeated = (kind: string, count: number): string[] => Array.from({ length: count }, () => kind);

test("F-46 S-24 sessions whose provider is to be left alone wait for no turn, however many they are", async () => {
  world = refreshWorld(1);
  const until = world.clock.now() + LIFETIME + 30_000;
  const rows = await sessions(100, {}, { renewal: { failures: 2, until, unknown: false } });
  world.clock.advance(LIFETIME);
  assert.deepEqual(await atOnce(rows), repeated("unavailable", 100));
  assert.equal(world.provider.calls.length, 0);
});

test("F-46 sessions whose tokens are not due wait for no turn, however many they are", async () => {
  world = refreshWorld(1);
  assert.deepEqual(await atOnce(await sessions(100, { seen: world.clock.now() })), repeated("refreshed", 100));
  assert.equal(world.provider.calls.length, 0);
});

test("F-46 sessions of a provider that this replica does not know wait for no turn", async () => {
  world = refreshWorld(1);
  const rows = await sessions(3, {}, { provider: "another" });
  world.clock.advance(LIFETIME);
  assert.deepEqual(await atOnce(rows), repeated("unavailable", 3));
});

test("F-46 a refresh that finds in its turn that another was quicker gives the turn back", async () => {
  world = refreshWorld(1);
  const expires = world.clock.now() + 3 * LIFETIME;
  const rows = await sessions(20, { tokenExpires: expires, renewAt: expires });
  world.clock.advance(LIFETIME);
  const now = world.clock.now();
  const landed: string[] = [];
  // Each was read before.
  for (const row of rows) landed.push(...(await atOnce([{ ...row, tokenExpires: now, renewAt: now }])));
  assert.deepEqual(landed, repeated("refreshed", 20));
});
