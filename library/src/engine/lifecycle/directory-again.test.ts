/** Sessions that end from outside of a request: what is tried again after the store was away, and what that ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AWAY, directoryWorld, ISSUER, notice } from "../../../test-support/engine/directory-world.ts";
import type { ProviderLogout, SessionRow } from "../../contracts.ts";
import { notificationMarker, ownerMarker } from "./markers.ts";

type Directory = ReturnType<typeof directoryWorld>["directory"];

test("F-46 a retried order ends what there was when it was given, but the one that asked; its marker stays", async () => {
  let away = true;
  const { directory, stored, store, again, clock } = directoryWorld((real) => ({
    list(query, most, now) {
      if (away) throw AWAY;
      return real.list(query, most, now);
    },
  }));
  const [own, other] = [stored(), stored()];
  await assert.rejects(directory.endAll(`${ISSUER} alice`, "elsewhere", own.id), { code: "ERR_STORE_UNAVAILABLE" });
  const key = ownerMarker(`${ISSUER} alice`);
  const before = await store.marked(key, clock.now());
  clock.advance(1);
  const since = stored();
  away = false;
  const [[, attempt] = assert.fail("not tried again")] = again;
  await attempt();
  const ended = async ({ id }: SessionRow): Promise<boolean> => (await store.get(id))?.ended !== null;
  assert.deepEqual([await ended(own), await ended(other), await ended(since)], [false, true, false]);
  assert.notEqual(await store.marked(key, clock.now()), before);
});

test("F-46 an unproven notice is not tried again, a proven one is, by its own key", async () => {
  const { directory, again, clock } = directoryWorld(() => ({
    marked() {
      throw AWAY;
    },
  }));
  const one = notice({ sid: "s1", subject: null });
  await assert.rejects(directory.signedOut({ ...one, unproven: true }), { code: "ERR_STORE_UNAVAILABLE" });
  assert.equal(again.length, 0);
  await assert.rejects(directory.signedOut({ ...one, unproven: false }), { code: "ERR_STORE_UNAVAILABLE" });
  assert.deepEqual(
    again.map(([key]) => key),
    [`${clock.now()} notification ${notificationMarker(one)}`],
  );
});

/** A notice that comes while the store is away, and is carried out once it is back; which rows have ended by then. */
async function noticedAgain(given: ProviderLogout) {
  let away = true;
  const world = directoryWorld((real) => ({
    marked(key, now) {
      if (away) throw AWAY;
      return real.marked(key, now);
    },
  }));
  const { directory, again, store, clock, stored } = world;
  await assert.rejects(directory.signedOut(given), { code: "ERR_STORE_UNAVAILABLE" });
  away = false;
  const now = clock.now();
  const rows = {
    "issued then": stored({ sid: "s1" }, { issuedAt: now }),
    "issued later": stored({ sid: "s1" }, { issuedAt: now + 1 }),
    "another login": stored({ sid: "s2" }, { issuedAt: now }),
    "stored later": stored({ sid: "s1", created: now + 1 }, { issuedAt: now }),
    "somebody else's": stored({ sid: "s2", owner: `${ISSUER} bob` }, { issuedAt: now }),
  };
  const [[, attempt] = assert.fail("not tried again")] = again;
  await attempt();
  const ended: string[] = [];
  for (const [name, { id }] of Object.entries(rows)) if ((await store.get(id))?.ended !== null) ended.push(name);
  const reasons = new Set(world.announced.map(({ reason }) => reason));
  return { ended, reasons: [...reasons], mark: await store.marked(notificationMarker(given) ?? "", clock.now()) };
}

test("F-46 S-65 a retried notice of a subject ends what the provider began until then; its marker stays", async () => {
  const given = notice();
  const { ended, reasons, mark } = await noticedAgain(given);
  assert.deepEqual(ended, ["issued then", "another login", "stored later"]);
  assert.deepEqual([reasons, mark], [["provider"], String(given.issuedAt)]);
});

test("F-46 S-65 a retried notice of one login ends what was stored of it until then, and leaves its marker", async () => {
  const given = notice({ sid: "s1", subject: null });
  const { ended, reasons, mark } = await noticedAgain(given);
  assert.deepEqual(ended, ["issued then", "issued later"]);
  assert.deepEqual([reasons, mark], [["provider"], String(given.issuedAt)]);
});

for (const [what, order] of [
  ["of all of a user", (directory: Directory) => directory.endAll(`${ISSUER} alice`, "elsewhere")],
  ["by a notice of a session", (directory: Directory) => directory.signedOut(notice({ sid: "s1", subject: null }))],
  ["by a notice of a user", (directory: Directory) => directory.signedOut(notice())],
] as const) {
  test(`SE-12 S-65 an ending ${what} that is read back is asked for until it is acknowledged`, async () => {
    const asked: string[] = [];
    let unconfirmed = true;
    const { directory, stored, again, store } = directoryWorld((real) => ({
      async end(target, reason, now) {
        const ended = await real.end(target, reason, now);
        asked.push("id" in target ? target.id : "all");
        if (unconfirmed) throw AWAY;
        return ended;
      },
    }));
    const row = stored({ sid: "s1", created: 0 });
    await assert.rejects(order(directory), { code: "ERR_STORE_UNAVAILABLE" });
    assert.notEqual((await store.get(row.id))?.ended, null, "it is read back as ended");
    const [[, attempt] = assert.fail("not tried again")] = again;
    await assert.rejects(attempt());
    unconfirmed = false;
    asked.length = 0;
    await attempt();
    assert.deepEqual(asked, [row.id]);
  });
}
