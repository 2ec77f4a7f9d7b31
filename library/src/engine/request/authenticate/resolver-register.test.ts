/** Users whom a proxy asserts for the first time, and who are registered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lookup, resolverWith } from "../../../../test-support/engine/resolver-world.ts";
import { turns } from "../../../../test-support/event-loop.ts";
import { assertedUser } from "../../../../test-support/proxy-reader.ts";
import type { Known } from "./resolver.ts";

test("S-35 A-34 registration is once at a time also with other claims, and each is shown their own", async () => {
  const known = new Map<string, Known>();
  const gate = Promise.withResolvers<void>();
  const made: string[] = [];
  const { resolver } = resolverWith({
    unknown: "register",
    resolve: ({ subject }) => known.get(subject) ?? null,
    register: async ({ subject }) => {
      made.push(subject);
      await gate.promise;
      known.set(subject, { owner: "u1" });
      return { owner: "u1" };
    },
  });
  const all = [1, 2, 2].map((since) => resolver.register(assertedUser("carol", { since })));
  await turns();
  gate.resolve();
  const claims = (await Promise.all(all)).map((one) => one.kind === "found" && one.identity.claims);
  assert.deepEqual(claims, [{ since: 1 }, { since: 2 }, { since: 2 }]);
  assert.deepEqual(made, ["carol"]);
});

test("S-35 registration on first sight happens once, however many come at once", async () => {
  const known = new Map<string, Known>();
  let made = 0;
  const { resolver } = resolverWith({
    unknown: "register",
    resolve: async ({ subject }) => known.get(subject) ?? null,
    register: async ({ subject }) => {
      made += 1;
      await turns();
      known.set(subject, { owner: `new-${subject}` });
      return { owner: `new-${subject}` };
    },
  });
  const all = await Promise.all([...Array(20)].map(() => resolver.register(assertedUser("carol"))));
  assert.equal(made, 1);
  for (const one of all) assert.equal(one.kind === "found" && one.owner, "new-carol");
  await resolver.register(assertedUser("carol"));
  assert.equal(made, 1);
});

test("F-46 S-35 a user whom another process has made meanwhile is not made again, whatever is kept here", async () => {
  let known: Known = null;
  const { resolver } = resolverWith({
    unknown: "register",
    resolve: () => known,
    register: () => assert.fail("made twice"),
  });
  assert.equal((await resolver.resolve(assertedUser("carol"))).kind, "unknown");
  known = { owner: "u1" };
  const found = await resolver.register(assertedUser("carol"));
  assert.equal(found.kind === "found" && found.owner, "u1");
});

test("F-46 S-35 if a user cannot be made, all at once learn it by one attempt; the next tries again", async () => {
  const users = lookup(() => null);
  const failure = Promise.withResolvers<never>();
  let attempts = 0;
  const { resolver } = resolverWith({
    unknown: "register",
    resolve: users.resolve,
    register: () => {
      attempts += 1;
      return failure.promise;
    },
  });
  const all = [...Array(5)].map(() => resolver.register(assertedUser("carol")));
  await turns();
  failure.reject(new Error("no room"));
  assert.deepEqual(new Set((await Promise.all(all)).map(({ kind }) => kind)), new Set(["failed"]));
  assert.deepEqual([users.asked.length, attempts], [1, 1]);
  assert.equal((await resolver.register(assertedUser("carol"))).kind, "failed");
  assert.equal(attempts, 2);
});

test("F-46 if there is no way to make a user, an unknown one stays unknown", async () => {
  const { resolver } = resolverWith({ resolve: () => null });
  assert.deepEqual(await resolver.register(assertedUser("carol")), { kind: "unknown" });
});
