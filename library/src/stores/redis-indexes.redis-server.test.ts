import assert from "node:assert/strict";
import { test } from "node:test";
import { keys, type Played, played } from "../../test-support/stores/redis-played.ts";
import { HOUR, START, sampleRow } from "../testing/store-suite/rows.ts";
import { Keys } from "./redis/keys.ts";

/** The ids in all sets by `renewAt`, without what keeps these. */
async function inSets(ask: Played["ask"]): Promise<readonly string[]> {
  const sets = await Promise.all((await keys(ask, "*:r:*")).map((key) => ask("ZRANGE", key, 0, -1)));
  return sets
    .flat()
    .map(String)
    .filter((id) => id !== ".");
}

const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id).toSorted();

test("LO-10 a new session is in its sets before its row is written, also if the server forgot the script", () =>
  played(async ({ store, ask }) => {
    await ask("CONFIG", "SET", "slowlog-log-slower-than", 0);
    await ask("SCRIPT", "FLUSH");
    await store.put(sampleRow({ owner: "o" }), "absent");
    const log = await ask("SLOWLOG", "GET", 20);
    assert.ok(Array.isArray(log));
    const names = log.map((entry) => String(entry[3][0]).toUpperCase()).toReversed();
    assert.ok(names.includes("EVAL"), names.join());
    assert.ok(names.indexOf("EVAL") < names.indexOf("SET"), names.join());
  }));

test("SE-17 S-50 all that is written has an end, an hour after its own; a set that of its longest session", () =>
  played(async ({ store, ask }) => {
    await store.list({ renewBefore: START }, 1, START);
    const near = sampleRow({ owner: "o", issuer: "i", sid: "s", expires: START + HOUR });
    const far = sampleRow({ owner: "o", expires: START + 3 * HOUR });
    for (const row of [far, near]) await store.put(row, "absent");
    await store.mark("k", START + HOUR, START);
    await store.put({ ...near, version: 2, renewAt: START }, 1);
    await store.end({ id: near.id }, "logout", START);
    const ends = new Map<string, number[]>();
    for (const key of await keys(ask, "*")) {
      const kind = key.split(":")[1] ?? "";
      ends.set(kind, [...(ends.get(kind) ?? []), Number(await ask("PEXPIRETIME", key))].sort());
    }
    assert.deepEqual(ends.get("s"), [START + 2 * HOUR, START + 4 * HOUR]);
    assert.deepEqual(ends.get("x"), [START + 2 * HOUR, START + 4 * HOUR]);
    assert.deepEqual(ends.get("m"), [START + 2 * HOUR]);
    for (const end of [...(ends.get("r") ?? []), ...(ends.get("f") ?? [])]) assert.ok(end > 0);
    assert.deepEqual([...ends.keys()].sort(), ["f", "m", "r", "s", "x"]);
  }));

test("S-24 sets by renewAt drop what ended, went or is due later, and never what was written meanwhile", () =>
  played(async ({ store, ask }) => {
    await store.list({ renewBefore: START }, 1, START);
    const due = { renewAt: START + 1 };
    const [ended, later, gone, stays] = [sampleRow(due), sampleRow(due), sampleRow(due), sampleRow({ renewAt: START + 2 })];
    for (const row of [ended, later, gone, stays]) await store.put(row, "absent");
    await store.end({ id: ended.id }, "logout", START);
    for (const key of await keys(ask, `*:s:{${gone.id}}`)) await ask("DEL", key);
    for (const key of await keys(ask, "*:r:*")) {
      if ((await ask("ZSCORE", key, later.id)) !== null) await ask("ZADD", key, START, later.id);
    }
    await store.put({ ...later, version: 2, renewAt: START + HOUR }, 1);
    const listed = await store.list({ renewBefore: START + 10 }, 1, START);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [stays.id],
    );
    assert.deepEqual((await inSets(ask)).toSorted(), [later.id, stays.id].toSorted());
  }));

test("SE-17 a sweep drops ended and freed sessions from the sets by renewAt, and no live one", () =>
  played(async ({ store, ask }) => {
    await store.list({ renewBefore: START }, 1, START);
    const rows = Array.from({ length: 40 }, (_, index) => sampleRow({ renewAt: START + index }));
    for (const row of rows) await store.put(row, "absent");
    const [stays, ...others] = rows;
    for (const { id } of others.slice(0, 20)) await store.end({ id }, "logout", START);
    for (const { id } of others.slice(20)) for (const key of await keys(ask, `*:s:{${id}}`)) await ask("DEL", key);
    assert.equal(await store.sweep(0, START + HOUR), 0);
    assert.equal((await inSets(ask)).length, rows.length);
    assert.equal(await store.sweep(10, START + HOUR), 0);
    assert.deepEqual(await inSets(ask), [stays?.id]);
    const due = await store.list({ renewBefore: START + 10 }, 10, START);
    assert.deepEqual(
      due.map(({ id }) => id),
      [stays?.id],
    );
  }));

test("S-24 sets by renewAt are made by the first question, and then hold rows of before and of later", () =>
  played(async ({ store, another, ask }) => {
    const before = Array.from({ length: 60 }, (_, nth) => sampleRow({ renewAt: START + nth }));
    const none = [sampleRow(), sampleRow({ renewAt: START + HOUR })];
    for (const row of [...before, ...none]) await store.put(row, "absent");
    await store.put({ ...before[0], ...sampleRow({ id: before[0]?.id ?? "", renewAt: START + 3, version: 2 }) }, 1);
    const [ended, ...others] = before;
    await store.end({ id: ended?.id ?? "" }, "logout", START);
    assert.equal(await store.sweep(10, START), 0);
    assert.deepEqual(await keys(ask, "*:r:*"), []);
    const due = () => Promise.all([another, store].map(async (one) => one.list({ renewBefore: START + 100 }, 1_000, START)));
    for (const found of await due()) assert.deepEqual(idsOf(found), idsOf(others));
    const later = sampleRow({ renewAt: START + 1 });
    await store.put(later, "absent");
    for (const found of await due()) assert.deepEqual(idsOf(found), idsOf([...others, later]));
  }));

test("S-24 sets by renewAt that were lost are filled again", () =>
  played(async ({ store, ask }) => {
    const rows = Array.from({ length: 20 }, (_, nth) => sampleRow({ renewAt: START + nth }));
    for (const row of rows) await store.put(row, "absent");
    const due = async () => idsOf(await store.list({ renewBefore: START + 100 }, 1_000, START));
    assert.deepEqual(await due(), idsOf(rows));
    for (const pattern of ["*:r:*", "*:f:whole"])
      for (const key of (await keys(ask, pattern)).slice(0, 30)) await ask("DEL", key);
    assert.deepEqual(await due(), idsOf(rows));
  }));

test("LO-10 what a full bucket does not take is found all the same, in lists and by endings", () =>
  played(async ({ store, another, ask }) => {
    await store.put(sampleRow({ owner: "elsewhere" }), "absent");
    const [some = ""] = await keys(ask, "*:x:*");
    const { bucket, own } = new Keys(some.slice(0, some.indexOf(":"))).owner("o");
    const first = sampleRow({ owner: "o" });
    await store.put(first, "absent");
    for (let nth = 0; nth < 127; nth++) await ask("ZADD", bucket, START + HOUR, `of another ${nth}`);
    const past = [sampleRow({ owner: "o" }), sampleRow({ owner: "o" })];
    for (const row of past) await store.put(row, "absent");
    assert.deepEqual([await ask("ZRANGE", own, 0, -1)].flat().map(String).toSorted(), idsOf(past));
    assert.equal(await ask("OBJECT", "ENCODING", bucket).then(String), "listpack");
    await ask("ZREM", bucket, "of another 0");
    const last = sampleRow({ owner: "o" });
    await store.put(last, "absent");
    assert.equal(await ask("ZCARD", bucket), 128);
    assert.deepEqual(idsOf(await another.list({ owner: "o" }, 10, START)), idsOf([first, ...past, last]));
    assert.deepEqual([...(await another.end({ owner: "o" }, "admin", START))].toSorted(), idsOf([first, ...past, last]));
    assert.equal(await ask("ZCARD", bucket), 126);
    assert.equal(await ask("EXISTS", own), 0);
  }));

test("SE-17 a bucket drops what expired an hour ago by the server's clock, and nothing else", () =>
  played(async ({ store, ask }) => {
    await store.put(sampleRow({ owner: "o" }), "absent");
    const [bucket = ""] = await keys(ask, "*:x:*");
    const now = Date.now();
    await ask("ZADD", bucket, now - HOUR - 2_000, "past", now - HOUR + 60_000, "not yet");
    await store.put(sampleRow({ owner: "o" }), "absent");
    const members = await ask("ZRANGE", bucket, 0, 0);
    assert.deepEqual([await ask("ZCARD", bucket), String(members)], [3, "not yet"]);
  }));

test("SE-16 one row of a newer release: what is due goes on without it, an owner's list and end say so", () =>
  played(async ({ store, ask }) => {
    const rows = [1, 2, 3].map((nth) => sampleRow({ owner: "o", renewAt: START + nth }));
    const [newer, ...others] = rows;
    for (const row of rows) await store.put(row, "absent");
    await store.list({ renewBefore: START }, 1, START);
    for (const key of await keys(ask, `*:s:{${newer?.id}}`)) await ask("SETRANGE", key, 0, "2");
    const due = await store.list({ renewBefore: START + 10 }, 2, START);
    assert.deepEqual(idsOf(due), idsOf(others));
    assert.equal(await store.sweep(10, START + HOUR), 0);
    assert.equal((await inSets(ask)).length, 3);
    const unknown = { code: "ERR_RECORD_FORMAT" };
    await assert.rejects(async () => store.list({ owner: "o" }, 10, START), unknown);
    await assert.rejects(async () => store.end({ owner: "o" }, "admin", START), unknown);
    for (const { id } of others) assert.equal((await store.get(id))?.reason, "admin");
  }));
