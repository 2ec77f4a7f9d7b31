/** Sessions from outside of a request: what is shown of them, and which of them end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AWAY, directoryWorld, HOUR, ISSUER, notice } from "../../../test-support/engine/directory-world.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { notificationMarker, ownerMarker } from "./markers.ts";

test("F-46 of a live session all is shown that may be, and of one of another release what its row says", async () => {
  const { directory, stored, clock } = directoryWorld();
  const identity = { issuer: ISSUER, subject: "alice", claims: {}, authenticatedAt: 0, method: "oidc:default" };
  const now = clock.now();
  const whole = stored({}, { identity, userAgent: "Browser", address: "192.0.2.0" });
  const times = { createdAt: now, seenAt: now, expiresAt: now + 4 * HOUR, idleExpiresAt: now + HOUR };
  const shown = { id: whole.id, owner: whole.owner, issuer: ISSUER, ...times };
  assert.deepEqual(await directory.show(whole.id), {
    ...shown,
    method: "oidc:default",
    userAgent: "Browser",
    address: "192.0.2.0",
  });
  const newer = stored({ body: '{"format":2}', expires: now + 1_000 });
  const bare = { method: null, userAgent: null, address: null };
  assert.deepEqual(await directory.show(newer.id), {
    ...shown,
    ...bare,
    id: newer.id,
    expiresAt: now + 1_000,
    idleExpiresAt: now + 1_000,
  });
  assert.deepEqual((await directory.list(`${ISSUER} alice`)).map(({ id }) => id).toSorted(), [whole.id, newer.id].toSorted());
});

test("F-46 what is over is neither shown nor listed", async () => {
  const { directory, stored, clock } = directoryWorld();
  const { id } = stored();
  clock.advance(2 * HOUR);
  assert.deepEqual([await directory.show(id), await directory.list(`${ISSUER} alice`)], [null, []]);
  assert.equal(await directory.show("none"), null);
});

test("F-46 one session ends, and is announced as it was; another that is over already is not", async () => {
  const { directory, stored, announced } = directoryWorld();
  const row = stored();
  assert.equal(await directory.end(row.id, "admin"), true);
  assert.deepEqual(announced, [{ id: row.id, reason: "admin", row }]);
  assert.equal(await directory.end(row.id, "admin"), false);
  assert.equal(await directory.end("none", "admin"), false);
  assert.equal(announced.length, 1);
});

test("F-46 all of an owner end but the one that asks; a login on its way finds another marker each time", async () => {
  const { directory, stored, store, announced, clock } = directoryWorld();
  const [own, other] = [stored(), stored()];
  const key = ownerMarker(`${ISSUER} alice`);
  assert.equal(await directory.endAll(`${ISSUER} alice`, "elsewhere", own.id), 1);
  assert.deepEqual(
    announced.map(({ id }) => id),
    [other.id],
  );
  const first = await store.marked(key, clock.now());
  assert.match(first ?? "", /^[\w-]{12} elsewhere [\w-]{22}$/);
  assert.ok(first?.endsWith(own.id), "it says which session lives on");
  assert.equal(await directory.endAll(`${ISSUER} alice`, "elsewhere"), 1);
  assert.notEqual(await store.marked(key, clock.now()), first);
  clock.advance(4 * HOUR - 1);
  assert.notEqual(await store.marked(key, clock.now()), undefined, "as long as a session may last");
  clock.advance(1);
  assert.equal(await store.marked(key, clock.now()), undefined);
});

for (const [what, call, operation] of [
  ["list", ({ directory }, _id) => directory.list("alice"), "read"],
  ["show", ({ directory }, id) => directory.show(id), "read"],
  ["end", ({ directory }, id) => directory.end(id, "admin"), "write"],
  ["endAll", ({ directory }) => directory.endAll("alice", "elsewhere"), "write"],
  ["signedOut", ({ directory }) => directory.signedOut(notice()), "write"],
] as const satisfies readonly (readonly [
  string,
  (world: ReturnType<typeof directoryWorld>, id: string) => Promise<unknown>,
  string,
])[]) {
  test(`F-46 ${what} on a store that is away: ERR_STORE_UNAVAILABLE, told of; endings are tried again`, async () => {
    const fails = (): never => {
      throw AWAY;
    };
    const world = directoryWorld(() => ({ get: fails, list: fails, end: fails, mark: fails, marked: fails }));
    await assert.rejects(call(world, "one"), { code: "ERR_STORE_UNAVAILABLE", cause: AWAY });
    assert.deepEqual(world.events, [{ name: "store.failed", level: "error", reason: operation, error: AWAY }]);
    assert.deepEqual(world.unfinished, what === "end" ? [{ id: "one", reason: "admin" }] : []);
    assert.equal(world.again.length, what === "endAll" || what === "signedOut" ? 1 : 0);
  });
}

test("F-46 a store that fails with a code of ours is told of as any other", async () => {
  const error = new CoatcheckError("ERR_STORE_UNAVAILABLE");
  const { directory, events } = directoryWorld(() => ({ get: () => Promise.reject(error) }));
  await assert.rejects(directory.show("one"), (thrown: Error) => thrown !== error && thrown.cause === error);
  assert.deepEqual(events, [{ name: "store.failed", level: "error", reason: "read", error }]);
});

test("F-46 a notice of a subject ends what began before it, by the provider's clock or ours and a minute", async () => {
  const { directory, stored, store, announced, clock } = directoryWorld();
  const now = clock.now();
  const rows = {
    "issued then": stored({}, { issuedAt: now }),
    "issued later": stored({}, { issuedAt: now + 1 }),
    "by our clock, a minute later": stored({ created: now + 60_000 }),
    "by our clock, later than that": stored({ created: now + 60_001 }),
  };
  assert.equal(await directory.signedOut(notice()), 2);
  assert.deepEqual(
    announced.map(({ reason }) => reason),
    ["provider", "provider"],
  );
  const live: string[] = [];
  for (const [name, { id }] of Object.entries(rows)) if ((await store.get(id))?.ended === null) live.push(name);
  assert.deepEqual(live, ["issued later", "by our clock, later than that"]);
});

test("F-46 a notice about no user ends nothing and leaves nothing behind", async () => {
  const { directory, stored, store } = directoryWorld((real) => ({
    mark: () => assert.fail("marked"),
    get: (id) => real.get(id),
  }));
  const { id } = stored({ sid: "s1" });
  assert.equal(await directory.signedOut(notice({ subject: null })), 0);
  assert.equal((await store.get(id))?.ended, null);
});

test("F-46 the latest notice is what a login is measured by, for an hour", async () => {
  const { directory, store, clock } = directoryWorld();
  const key = notificationMarker(notice()) ?? "";
  const value = async (): Promise<string | undefined> => store.marked(key, clock.now());
  const now = clock.now();
  await directory.signedOut(notice({ issuedAt: now }));
  await directory.signedOut(notice({ issuedAt: now - 5 }));
  assert.equal(await value(), String(now));
  await directory.signedOut(notice({ issuedAt: now + 5 }));
  assert.equal(await value(), String(now + 5));
  clock.advance(HOUR - 1);
  assert.equal(await value(), String(now + 5));
  clock.advance(1);
  assert.equal(await value(), undefined);
});

test("F-46 unproven notices past the bound are refused, except for sessions here or with a marker already", async () => {
  const { directory, stored, announced, events, again } = directoryWorld(undefined, 1);
  const unproven = (sid: string): Promise<number> => directory.signedOut(notice({ sid, subject: null, unproven: true }));
  const { id } = stored({ sid: "here" });
  assert.equal(await unproven("made-up"), 0);
  assert.equal(await unproven("made-up"), 0, "marked already");
  await assert.rejects(unproven("another"), { code: "ERR_TOO_MANY_MARKERS" });
  assert.deepEqual([events, again], [[], []], "that is no outage");
  assert.equal(await unproven("here"), 1);
  assert.deepEqual(
    announced.map((one) => [one.id, one.reason]),
    [[id, "provider"]],
  );
  assert.equal(await directory.signedOut(notice({ sid: "vouched-for", subject: null })), 0);
});

test("F-46 of more sessions than a list holds a notice ends all", async () => {
  const asked: number[] = [];
  const { directory, stored, announced } = directoryWorld((real) => ({
    list(query, most, now) {
      if ("owner" in query) asked.push(most);
      return real.list(query, most, now);
    },
  }));
  for (let n = 0; n < 1_000; n += 1) stored({}, { issuedAt: 1 });
  assert.equal(await directory.signedOut(notice()), 1_000);
  assert.deepEqual([asked, announced.length], [[1_000, 4_000], 1_000]);
});

test("SE-16 a name that no store keeps names no session, and no store is asked for it", async () => {
  const asked: string[] = [];
  const { directory, stored } = directoryWorld((real) => ({
    get: (id) => {
      asked.push("get");
      return real.get(id);
    },
    list: (query, limit, now) => {
      asked.push("list");
      return real.list(query, limit, now);
    },
    end: (target, reason, now) => {
      asked.push("end");
      return real.end(target, reason, now);
    },
    mark: (key, until, now, value) => {
      asked.push("mark");
      return real.mark(key, until, now, value);
    },
  }));
  for (const odd of ["\0", `${ISSUER} alice\0`, "\ud800"]) {
    assert.deepEqual(await directory.list(odd), []);
    assert.equal(await directory.show(odd), null);
    assert.equal(await directory.end(odd, "admin"), false);
    assert.equal(await directory.endAll(odd, "admin"), 0);
    for (const told of [notice({ sid: odd }), notice({ subject: odd }), notice({ issuer: odd })]) {
      assert.equal(await directory.signedOut(told), 0);
    }
  }
  assert.deepEqual(asked, []);
  stored();
  assert.equal(await directory.endAll(`${ISSUER} alice`, "elsewhere", "\0"), 1, "what cannot be spared is no session");
});
