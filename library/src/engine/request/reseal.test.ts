/** While the secret is exchanged: a row that is written is sealed by the first secret. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, test } from "node:test";
import { SECRET as OLD } from "../../../test-support/origin.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { parseBody } from "../../core/record.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { CoatcheckError } from "../../index.ts";

const NEW = randomBytes(32).toString("base64url");
const [oldId, newId] = [OLD, NEW].map((secret) => createKeyring(secret).keyIds.seals);

const worlds: RefreshWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** A replica with these secrets, on the store and the clock of the first. */
function replicaWith(secrets: readonly string[]): RefreshWorld {
  const first = worlds[0];
  const world = refreshWorld(1, { secrets, ...(first === undefined ? {} : { store: first.store }) }, first?.clock);
  worlds.push(world);
  return world;
}

const sealedBy = async (world: RefreshWorld, cookie: string): Promise<string | undefined> =>
  parseBody(await world.rowOf(cookie)).tokens?.split(".")[1];

const tokenOf = async (world: RefreshWorld, cookie: string): Promise<string> =>
  (await world.replica().ask(cookie)).exchange.session.accessToken();

interface Writes {
  set(patch: object): void;
  rotate(): void;
}
const WRITES: readonly (readonly [name: string, write: (session: Writes) => void, basket: number])[] = [
  ["an edit", (session) => session.set({ basket: 2 }), 2],
  ["an exchange of the secret", (session) => session.rotate(), 1],
];
for (const [name, write, basket] of WRITES) {
  test(`CR-08 S-37 tokens under an old secret are sealed by the first at the next write: ${name}`, async () => {
    const before = replicaWith([OLD]);
    const cookie = await before.signIn();
    const token = await tokenOf(before, cookie);
    for (const secrets of [
      [OLD, NEW],
      [NEW, OLD],
    ]) {
      const during = replicaWith(secrets);
      const asked = await during.replica().ask(cookie);
      const row = await during.rowOf(cookie);
      assert.equal((await asked.exchange.settle(200)).refusal, null);
      assert.equal(await during.rowOf(cookie), row, "a request that only reads writes nothing");
    }
    const added = await replicaWith([OLD, NEW]).replica().ask(cookie);
    added.exchange.session.set({ basket: 1 });
    assert.equal((await added.exchange.settle(200)).refusal, null);
    assert.equal(await sealedBy(before, cookie), oldId);
    const { exchange } = await replicaWith([NEW, OLD]).replica().ask(cookie);
    write(exchange.session);
    assert.equal((await exchange.settle(200)).refusal, null);
    assert.equal(await sealedBy(before, cookie), newId);
    const removed = replicaWith([NEW]);
    assert.equal(await tokenOf(removed, cookie), token);
    assert.deepEqual((await removed.replica().ask(cookie)).exchange.session.data, { basket });
  });
}

test("CR-08 a refresh that failed seals anew too, and one that succeeded seals by the first", async () => {
  const cookie = await replicaWith([OLD]).signIn();
  const world = replicaWith([NEW, OLD]);
  world.clock.advance(LIFETIME);
  const failing = world.replica().ask(cookie);
  (await world.provider.next()).answer({ kind: "unavailable", retryAfter: null, cause: null });
  await failing;
  assert.equal(await sealedBy(world, cookie), newId);
  world.clock.advance(60_000);
  const refreshing = world.replica().ask(cookie);
  (await world.provider.next()).answer(world.refreshed(1));
  await refreshing;
  assert.equal(await sealedBy(world, cookie), newId);
  assert.match(await tokenOf(replicaWith([NEW]), cookie), /1/);
});

test("CR-08 tokens that no configured secret opens are left as they are by a write", async () => {
  const cookie = await replicaWith([OLD]).signIn();
  const stranger = replicaWith([NEW]);
  const { exchange } = await stranger.replica().ask(cookie);
  exchange.session.set({ basket: 1 });
  assert.equal((await exchange.settle(200)).refusal, null);
  assert.equal(await sealedBy(stranger, cookie), oldId);
  await assert.rejects(
    tokenOf(stranger, cookie),
    (error) => error instanceof CoatcheckError && error.code === "ERR_TOKEN_UNAVAILABLE",
  );
  assert.match(await tokenOf(replicaWith([OLD]), cookie), /0/);
});
