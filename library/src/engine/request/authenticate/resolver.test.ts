import assert from "node:assert/strict";
import { test } from "node:test";
import { lookup, resolverWith } from "../../../../test-support/engine/resolver-world.ts";
import { turns } from "../../../../test-support/event-loop.ts";
import { assertedUser } from "../../../../test-support/proxy-reader.ts";
import { unavailable } from "../../../core/errors.ts";
import type { Known, Resolved } from "./resolver.ts";

test("S-35 one look-up within the cache's time, at once and in the same object; then another", async () => {
  const users = lookup(() => ({ owner: "u1" }));
  const { clock, resolver } = resolverWith({ resolve: users.resolve });
  const alice = assertedUser("alice");
  const first = await resolver.resolve(alice);
  assert.deepEqual(first, { kind: "found", owner: "u1", identity: alice });
  assert.equal(resolver.resolve(alice), first, "without a promise");
  clock.advance(29_999);
  assert.equal(resolver.resolve(alice), first);
  clock.advance(1);
  await resolver.resolve(alice);
  assert.equal(users.asked.length, 2);
});

test("A-34 claims that change reach the look-up and the app at once; the app's own go over them", async () => {
  const users = lookup(() => ({ owner: "u1", claims: { role: "admin" } }));
  const { resolver } = resolverWith({ resolve: users.resolve });
  await resolver.resolve(assertedUser("alice", { groups: ["a"], role: "asserted" }));
  const changed = await resolver.resolve(assertedUser("alice", { groups: ["b"] }));
  assert.deepEqual(changed.kind === "found" && changed.identity.claims, { groups: ["b"], role: "admin" });
  assert.equal(users.asked.length, 2);
  await resolver.resolve(assertedUser("alice", { groups: ["b"] }));
  assert.equal(users.asked.length, 2, "the same again, in another object");
});

test("S-43 a change in the look-up reaches the next request after the cache's time, at once after forget", async () => {
  let known: Known = { owner: "u1" };
  const users = lookup(() => known);
  const { clock, resolver } = resolverWith({ resolve: users.resolve });
  await resolver.resolve(assertedUser("alice"));
  known = { blocked: true };
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "found");
  resolver.forget("u1");
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked");
  known = { owner: "u1" };
  clock.advance(4_999);
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked");
  clock.advance(1);
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "found", "a no is kept for a sixth of the time");
  resolver.forget("proxy:test alice");
  known = null;
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "unknown", "by issuer and subject as well");
});

test("S-43 a user blocked no more is let in at once after forget, by owner if the answer named one", async () => {
  let known: Known = { blocked: true, owner: "u1" };
  const { resolver } = resolverWith({ resolve: () => known });
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked");
  known = { owner: "u1" };
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked");
  resolver.forget("u1");
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "found");
});

test("F-69 S-31 S-05 S-56 a look-up's declared outage and its silence are 503; all else is the app's bug", async () => {
  let answer: () => Known | Promise<Known> = () => unavailable(new Error("the user table is away"));
  const users = lookup(() => answer());
  const { clock, events, resolver } = resolverWith({ resolve: users.resolve });
  const codeOf = (resolved: Resolved): unknown => resolved.kind === "failed" && resolved.code;
  assert.equal(codeOf(await resolver.resolve(assertedUser("alice"))), "ERR_STORE_UNAVAILABLE");
  answer = () => Promise.reject(new Error("away")).catch(unavailable);
  assert.equal(codeOf(await resolver.resolve(assertedUser("alice"))), "ERR_STORE_UNAVAILABLE");
  answer = () => new Promise(() => undefined);
  const hanging = resolver.resolve(assertedUser("alice"));
  await turns();
  clock.advance(5_000);
  assert.equal(codeOf(await hanging), "ERR_STORE_UNAVAILABLE");
  answer = () => {
    throw new TypeError("x is not a function");
  };
  assert.equal(codeOf(await resolver.resolve(assertedUser("alice"))), "ERR_APP_HOOK");
  answer = () => Promise.reject(new Error("whatever"));
  assert.equal(codeOf(await resolver.resolve(assertedUser("alice"))), "ERR_APP_HOOK");
  const reported = events.filter(({ name }) => name === "proxy.lookup-failed");
  assert.deepEqual(
    reported.map(({ level, reason }) => `${level} ${reason}`),
    ["error outage", "error outage", "error outage", "error app", "error app"],
  );
  answer = () => ({ owner: "u1" });
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "found");
});

test("TP-07 an answer that is none fails closed", async () => {
  const garbage: readonly unknown[] = [undefined, {}, { owner: "" }, { owner: 7 }, { blocked: false }, "alice", 1, true, []];
  for (const answer of garbage) {
    const { resolver } = resolverWith({ resolve: () => JSON.parse(JSON.stringify({ answer })).answer });
    assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "failed", String(answer));
  }
});

test("S-35 many at once ask once; different people do not wait for one another", async () => {
  const { promise, resolve: answer } = Promise.withResolvers<Known>();
  const users = lookup(() => promise);
  const { resolver } = resolverWith({ resolve: users.resolve });
  const all = [...Array(20)].map(() => resolver.resolve(assertedUser("alice")));
  const bob = resolver.resolve(assertedUser("bob"));
  answer({ owner: "u" });
  await Promise.all([...all, bob]);
  assert.deepEqual(users.asked, ["alice", "bob"]);
});

test("what was asked before forget is answered, and not kept", async () => {
  const { promise, resolve: answer } = Promise.withResolvers<Known>();
  let known: Known | Promise<Known> = promise;
  const users = lookup(() => known);
  const { resolver } = resolverWith({ resolve: users.resolve });
  const asked = resolver.resolve(assertedUser("alice"));
  resolver.forget("u1");
  answer({ owner: "u1" });
  await asked;
  known = { blocked: true };
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked");
});

test("A-34 who asks at the same time with other claims is shown their own", async () => {
  const { promise, resolve: answer } = Promise.withResolvers<Known>();
  const users = lookup(() => promise);
  const { resolver } = resolverWith({ resolve: users.resolve });
  const both = [1, 2].map((since) => resolver.resolve(assertedUser("alice", { since })));
  answer({ owner: "u1" });
  const claims = (await Promise.all(both)).map((one) => one.kind === "found" && one.identity.claims);
  assert.deepEqual(claims, [{ since: 1 }, { since: 2 }]);
});

test("S-43 who asks after forget is not answered with what was asked before it", async () => {
  const early = Promise.withResolvers<Known>();
  let known: Known | Promise<Known> = early.promise;
  const { resolver } = resolverWith({ resolve: () => known });
  const before = resolver.resolve(assertedUser("alice"));
  known = { blocked: true };
  resolver.forget("u1");
  const after = resolver.resolve(assertedUser("alice"));
  early.resolve({ owner: "u1" });
  assert.deepEqual([(await before).kind, (await after).kind], ["found", "blocked"]);
  assert.equal((await resolver.resolve(assertedUser("alice"))).kind, "blocked", "what is kept is the later");
});

test("without a look-up all users are known by issuer and subject", async () => {
  const { resolver } = resolverWith({});
  const found = await resolver.resolve(assertedUser("alice"));
  assert.equal(found.kind === "found" && found.owner, "proxy:test alice");
});

test("A-20 what is kept is bounded", async () => {
  const users = lookup(() => ({ owner: "u" }));
  const { resolver } = resolverWith({ resolve: users.resolve });
  for (let n = 0; n < 10_050; n++) await resolver.resolve(assertedUser(`u${n}`));
  await resolver.resolve(assertedUser("u0"));
  assert.equal(users.asked.length, 10_051, "the oldest was dropped");
  await resolver.resolve(assertedUser("u10049"));
  assert.equal(users.asked.length, 10_051);
});

test("options that cannot be right are told at start", () => {
  assert.throws(() => resolverWith({ unknown: "register" }), /proxy.register/);
  assert.throws(() => resolverWith({ cacheFor: -1 }), /proxy.cacheFor/);
});

test("F-46 a user whom the look-up does not know is treated as configured, and as anonymous by default", () => {
  assert.equal(resolverWith({}).resolver.unknownUsers, "anonymous");
  assert.equal(resolverWith({ unknown: "refuse" }).resolver.unknownUsers, "refuse");
});

test("F-46 the time that answers are kept is none to an hour", async () => {
  for (const cacheFor of [-1, 3_600_001, Number.NaN]) assert.throws(() => resolverWith({ cacheFor }), /proxy.cacheFor/);
  const users = lookup(() => ({ owner: "u1" }));
  const { resolver } = resolverWith({ resolve: users.resolve, cacheFor: 0 });
  await resolver.resolve(assertedUser("alice"));
  await resolver.resolve(assertedUser("alice"));
  assert.equal(users.asked.length, 2);
  const hourly = resolverWith({ resolve: users.resolve, cacheFor: 3_600_000 });
  await hourly.resolver.resolve(assertedUser("alice"));
  hourly.clock.advance(3_599_999);
  await hourly.resolver.resolve(assertedUser("alice"));
  assert.equal(users.asked.length, 3);
});

test("F-46 what is no answer of a look-up is the app's bug, and told of", async () => {
  const answers: unknown[] = [undefined, "u1", 7, {}, { owner: "" }, { owner: 7 }, { blocked: false }, { blocked: "yes" }];
  for (const answer of answers) {
    const broken = resolverWith({ resolve: () => JSON.parse(JSON.stringify({ answer })).answer });
    const { kind, ...rest } = await broken.resolver.resolve(assertedUser("alice"));
    assert.deepEqual([kind, Reflect.get(rest, "code")], ["failed", "ERR_APP_HOOK"], JSON.stringify(answer));
    assert.deepEqual(
      broken.events.map(({ name, level, reason, code }) => [name, level, reason, code]),
      [["proxy.lookup-failed", "error", "app", "ERR_APP_HOOK"]],
    );
    assert.match(String(broken.events[0]?.error), /resolve answers with/);
  }
});

test("SE-16 an owner that no store keeps is the app's bug, and so is what its own reader asserts", async () => {
  const owners = ["u\0", "\0", "u\ud800", "\udfff"].map((owner) => ({ resolve: () => ({ owner }), whom: assertedUser("alice") }));
  const asserted = [
    { ...assertedUser("alice"), issuer: "proxy\0" },
    { ...assertedUser("alice"), subject: "al\ud800ice" },
  ].map((whom) => ({ resolve: () => ({ owner: "u1" }), whom }));
  for (const { resolve, whom } of [...owners, ...asserted]) {
    const broken = resolverWith({ resolve });
    const { kind, ...rest } = await broken.resolver.resolve(whom);
    assert.deepEqual([kind, Reflect.get(rest, "code")], ["failed", "ERR_APP_HOOK"]);
    assert.match(String(broken.events[0]?.error), /has NUL or half a surrogate pair in it, which no store keeps/);
  }
  const odd = resolverWith({ resolve: () => ({ owner: "\u0001 👩 \uffff" }) });
  assert.equal((await odd.resolver.resolve(assertedUser("alice"))).kind, "found");
});

test("F-46 S-43 to forget a user forgets no other, also not one whom the look-up does not know", async () => {
  const users = lookup(({ subject }) => (subject === "nobody" ? null : { owner: "u1" }));
  const { resolver } = resolverWith({ resolve: users.resolve });
  for (const subject of ["alice", "nobody"]) await resolver.resolve(assertedUser(subject));
  resolver.forget("u2");
  for (const subject of ["alice", "nobody"]) await resolver.resolve(assertedUser(subject));
  assert.deepEqual(users.asked, ["alice", "nobody"]);
  resolver.forget("u1");
  for (const subject of ["alice", "nobody"]) await resolver.resolve(assertedUser(subject));
  assert.deepEqual(users.asked, ["alice", "nobody", "alice"]);
});

test("F-46 S-35 an answer from before forget does not part those who have asked since", async () => {
  const [early, late] = [Promise.withResolvers<Known>(), Promise.withResolvers<Known>()];
  let known = early.promise;
  const users = lookup(() => known);
  const { resolver } = resolverWith({ resolve: users.resolve });
  const before = resolver.resolve(assertedUser("alice"));
  resolver.forget("u1");
  known = late.promise;
  const after = resolver.resolve(assertedUser("alice"));
  early.resolve({ owner: "u1" });
  await before;
  const joined = resolver.resolve(assertedUser("alice"));
  late.resolve({ owner: "u2" });
  assert.deepEqual([await joined, users.asked.length], [await after, 2]);
});
