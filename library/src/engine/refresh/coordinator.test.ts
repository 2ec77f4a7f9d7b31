import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { engineOf, optionsOf } from "../../../test-support/engine/inside.ts";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { tokens } from "../../../test-support/refresh/scripted-provider.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { RefreshOutcome } from "../../contracts.ts";
import { parseBody } from "../../core/record.ts";
import { memory } from "../../stores/memory.ts";
import { overStore } from "../../testing/over-store.ts";

let world: RefreshWorld;
afterEach(() => world.close());

const names = (at = 0): string[] => world.replica(at).events.map(({ name, reason }) => `${name} ${reason ?? ""}`.trim());

test("S-17 RF-01 100 parallel requests on an expired token: one refresh, 100 go on with its result", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = Array.from({ length: 100 }, () => world.replica().ask(cookie));
  const call = await world.provider.next();
  call.answer(world.refreshed(1));
  const all = await Promise.all(asked);
  assert.deepEqual(new Set(all.map(({ decision }) => decision.kind)), new Set(["proceed"]));
  assert.equal(world.provider.calls.length, 1);
  assert.deepEqual(await Promise.all(all.map(({ exchange }) => exchange.session.accessToken())), Array(100).fill("access-1"));
  assert.equal((await world.rowOf(cookie)).lease, null);
});

test("S-17 RF-02 three replicas at once: one refresh, and all go on with what the first one stored", async () => {
  world = refreshWorld(3);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replicas.flatMap((one) => Array.from({ length: 20 }, () => one.ask(cookie)));
  const call = await world.provider.next();
  await world.quiet();
  assert.match((await world.rowOf(cookie)).lease ?? "", /^[\w-]{16}\.12500\.first$/);
  call.answer(world.refreshed(1));
  await world.quiet();
  world.clock.advance(300);
  const all = await Promise.all(asked);
  assert.equal(world.provider.calls.length, 1);
  assert.deepEqual(new Set(await Promise.all(all.map(({ exchange }) => exchange.session.accessToken()))), new Set(["access-1"]));
});

test("RF-09 a token that has nearly run out is refreshed beside the request, which goes on with it", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  const { renewAt } = await world.rowOf(cookie);
  assert.ok(renewAt !== null && renewAt > world.clock.now() + LIFETIME * 0.79 && renewAt <= world.clock.now() + LIFETIME * 0.9);
  world.clock.advance(LIFETIME * 0.95);
  const { exchange, decision } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  assert.equal(await exchange.session.accessToken(), "access-0");
  assert.equal(world.provider.calls.length, 1);
  world.provider.calls[0]?.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("RF-09 sessions that began at the same moment are not all refreshed at the same moment", async () => {
  world = refreshWorld();
  const times = new Set<number | null>();
  for (let n = 0; n < 20; n++) times.add((await world.rowOf(await world.signIn())).renewAt);
  assert.ok(times.size > 15, `${times.size} different times`);
});

test("SE-06 SE-03 a refresh is no activity and moves no absolute end", async () => {
  world = refreshWorld();
  world.provider.always(() => world.refreshed(world.provider.calls.length));
  const cookie = await world.signIn();
  const before = await world.rowOf(cookie);
  for (let n = 0; n < 11; n++) {
    world.clock.advance(LIFETIME);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  }
  const after = await world.rowOf(cookie);
  assert.equal(after.seen, before.seen);
  assert.equal(after.expires, before.expires);
  assert.equal(world.provider.calls.length, 11);
  world.clock.advance(LIFETIME + 1);
  assert.equal((await world.replica().ask(cookie)).decision.kind, "refuse", "an hour without activity");
  assert.equal(world.provider.calls.length, 11);
});

test("A-34 the claims of a refreshed ID token are what the next request sees, and data stay", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  const writer = await world.replica().ask(cookie);
  writer.exchange.session.set({ cart: 1 });
  await writer.exchange.settle(200);
  world.clock.advance(LIFETIME);
  world.provider.always(() => ({
    kind: "refreshed",
    tokens: tokens(1, world.clock.now() + LIFETIME),
    claims: { groups: ["b"] },
  }));
  const { exchange } = await world.replica().ask(cookie);
  assert.deepEqual(exchange.session.identity?.claims, { groups: ["b"] });
  assert.deepEqual(exchange.session.data, { cart: 1 });
  assert.equal(exchange.session.identity?.subject, "alice");
});

test("RF-04 an answer without a refresh token keeps the old one for the next time", async () => {
  world = refreshWorld();
  world.provider.always(() => world.refreshed(world.provider.calls.length, { refreshToken: "refresh-0" }));
  const cookie = await world.signIn();
  for (let n = 0; n < 2; n++) {
    world.clock.advance(LIFETIME);
    await world.replica().ask(cookie);
  }
  assert.deepEqual(
    world.provider.calls.map((call) => call.tokens.refreshToken),
    ["refresh-0", "refresh-0"],
  );
});

test("RF-05 SE-05 S-23 invalid_grant ends the session once, is audited, and nothing loops", async () => {
  world = refreshWorld(2);
  world.provider.always(() => ({ kind: "refused", cause: new Error("invalid_grant") }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replicas.flatMap((one) => Array.from({ length: 10 }, () => one.ask(cookie)));
  await world.quiet();
  world.clock.advance(300);
  for (const { decision, exchange } of await Promise.all(asked)) {
    assert.deepEqual([decision.kind, exchange.session.endedReason], ["refuse", "provider"]);
  }
  for (let n = 0; n < 5; n++) assert.equal((await world.replica(1).ask(cookie)).decision.kind, "refuse");
  assert.equal(world.provider.calls.length, 1);
  const ends = [...names(0), ...names(1)].filter((name) => name.startsWith("session.ended"));
  assert.deepEqual(ends, ["session.ended provider"]);
});

const KEPT: readonly [name: string, outcome: RefreshOutcome][] = [
  ["other 4xx, 5xx, connection refused", { kind: "unavailable", retryAfter: null, cause: new Error("down") }],
  ["429 with Retry-After", { kind: "unavailable", retryAfter: 30_000, cause: new Error("later") }],
];

for (const [name, outcome] of KEPT) {
  test(`RF-05 S-05 S-23 ${name}: an identity for session.unconfirmed, then 503; no token meanwhile`, async () => {
    world = refreshWorld(1, { session: { unconfirmed: 30 * 60_000, idle: 24 * 3_600_000 } });
    world.provider.always(() => outcome);
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    const first = await world.replica().ask(cookie);
    assert.equal(first.decision.kind, "proceed");
    assert.equal(first.exchange.session.identity?.subject, "alice");
    await assert.rejects(first.exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", status: 503 });
    assert.equal(world.provider.calls.length, 1, "backed off: the second did not ask again");
    world.clock.advance(29 * 60_000);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
    world.clock.advance(60_000);
    const late = await world.replica().ask(cookie);
    assert.equal(late.decision.kind, "unavailable");
    assert.equal((await world.rowOf(cookie)).ended, null, "never an ending");
    world.provider.always(() => world.refreshed(1));
    world.clock.advance(10 * 60_000);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
    assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
    assert.ok(names().includes("refresh.completed refreshed"));
  });
}

test("RF-05 in an outage a session asks a bounded number of times, further apart, and honours Retry-After", async () => {
  world = refreshWorld(1, { session: { idle: 24 * 3_600_000 } });
  world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: null }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  for (let second = 0; second < 600; second++) {
    await world.replica().ask(cookie);
    world.clock.advance(1_000);
  }
  assert.ok(world.provider.calls.length < 30, `${world.provider.calls.length} in ten minutes`);
  assert.ok(world.provider.calls.length > 8, `${world.provider.calls.length} in ten minutes`);
  world.provider.always(() => ({ kind: "unavailable", retryAfter: 120_000, cause: null }));
  world.clock.advance(120_000);
  await world.replica().ask(cookie);
  const asked = world.provider.calls.length;
  for (let second = 0; second < 119; second++) {
    world.clock.advance(1_000);
    await world.replica().ask(cookie);
  }
  assert.equal(world.provider.calls.length, asked);
});

test("session.unconfirmed 0: 503 at once, with the cookie kept", async () => {
  world = refreshWorld(1, { session: { unconfirmed: 0 } });
  world.provider.always(() => ({ kind: "unavailable", retryAfter: 7_000, cause: null }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.deepEqual(decision.kind === "unavailable" && [decision.code, decision.retryAfter], ["ERR_PROVIDER_UNAVAILABLE", 7_000]);
  assert.deepEqual(await exchange.settle(503), { cookies: [], refusal: null });
});

const navigating = (cookie: string) => ({
  header: (name: string) => ({ cookie, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" })[name],
});

const UNHEARD: RefreshOutcome = { kind: "unknown", cause: new Error("lost") };

test("F-30 a refresh token without answer twice is shown no more, and its user is led to a fresh login", async () => {
  world = refreshWorld(2, { session: { unconfirmed: 30 * 60_000, idle: 24 * 3_600_000 } });
  world.provider.always(() => UNHEARD);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  for (let second = 0; second < 29 * 60; second += 10) {
    const { decision, exchange } = await world.replica(second % 20 === 0 ? 0 : 1).ask(cookie);
    assert.equal(decision.kind, "proceed", "they are still known");
    await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE", status: 503 });
    world.clock.advance(10_000);
  }
  assert.equal(world.provider.calls.length, 2);
  assert.deepEqual(
    [...names(0), ...names(1)].filter((name) => name.startsWith("refresh")),
    ["refresh.failed unknown", "refresh.failed lost"],
  );
  world.clock.advance(60_000);
  assert.deepEqual((await world.replica().ask(cookie, navigating(cookie))).decision, { kind: "login" });
  assert.equal((await world.replica().ask(cookie)).decision.kind, "refuse");
  assert.equal((await world.rowOf(cookie)).ended, null, "nobody ended it");
  assert.equal(world.provider.calls.length, 2);
});

test("F-30 two holders that died silently may each have shown the token: it is not shown a third time", async () => {
  world = refreshWorld(3, { session: { idle: 24 * 3_600_000 } });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  for (const at of [0, 1, 2]) {
    void world.replica(at).ask(cookie);
    for (let second = 0; second < 16; second++) {
      await world.quiet();
      world.clock.advance(1_000);
    }
  }
  await world.quiet();
  assert.equal(world.provider.calls.length, 2);
  const row = await world.rowOf(cookie);
  assert.deepEqual([row.lease, row.ended], [null, null]);
  const { until, ...known } = parseBody(row).renewal ?? { until: 0 };
  assert.deepEqual(known, { failures: 1, unknown: true, lost: true }, "what is known of it, until somebody hears more");
  assert.ok(until <= world.clock.now());
  world.provider.calls[1]?.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(
    await (await world.replica(2).ask(cookie)).exchange.session.accessToken(),
    "access-1",
    "a late answer is still heard",
  );
});

test("F-30 requests wait no longer than the provider has for an answer, and the late answer is kept", async () => {
  world = refreshWorld(1, { refresh: { wait: 60_000 } });
  Object.assign(world.provider, { requestTimeout: 4_000, refreshTimeout: 60_000 });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const first = world.replica().ask(cookie);
  const call = await world.provider.next();
  world.clock.advance(3_000);
  const second = world.replica().ask(cookie);
  await world.quiet();
  world.clock.advance(1_000);
  for (const asked of [first, second]) assert.equal((await asked).decision.kind, "proceed", "on as an identity, both at once");
  const { exchange } = await world.replica().ask(cookie);
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE" }, "who comes now does not wait at all");
  const told = world.replica().events.filter(({ name }) => name.startsWith("refresh"));
  assert.deepEqual(
    told.map(({ name, level, provider }) => `${level} ${name} ${provider}`),
    ["warn refresh.slow default"],
    "told once",
  );
  world.clock.advance(30_000);
  call.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("F-34 a success shortens the pauses of others that failed, and not those that the provider asked for", async () => {
  world = refreshWorld(1, { session: { idle: 24 * 3_600_000 } });
  const away: RefreshOutcome = { kind: "unavailable", retryAfter: null, cause: new Error("down") };
  world.provider.always(({ tokens: { refreshToken } }) =>
    refreshToken === "refresh-of-asked" ? { ...away, retryAfter: 120_000 } : away,
  );
  const cookies = await Promise.all([0, 1, 2].map((n) => world.signIn({ refreshToken: `refresh-of-${n}` })));
  const patient = await world.signIn({ refreshToken: "refresh-of-asked" });
  world.clock.advance(LIFETIME);
  for (let minute = 0; minute < 10; minute++) {
    for (const cookie of cookies) await world.replica().ask(cookie);
    world.clock.advance(60_000);
  }
  for (const cookie of [...cookies, patient]) await world.replica().ask(cookie);
  const tokenOf = async (cookie: string): Promise<string> => (await world.replica().ask(cookie)).exchange.session.accessToken();
  const refused = async (cookie: string): Promise<void> => assert.rejects(tokenOf(cookie), { code: "ERR_TOKEN_UNAVAILABLE" });
  world.provider.always(() => world.refreshed(world.provider.calls.length));
  world.clock.advance(2_000);
  for (const cookie of cookies) await refused(cookie);
  await world.signIn();
  for (const cookie of cookies) assert.match(await tokenOf(cookie), /^access-/);
  await refused(patient);
});

test("F-35 a request waits once: what its admission waited counts for its token", async () => {
  world = refreshWorld(1, { refresh: { wait: 10_000 } });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replica().ask(cookie);
  await world.provider.next();
  world.clock.advance(10_000);
  const { exchange, decision } = await asked;
  assert.equal(decision.kind, "proceed");
  const token = exchange.session.accessToken();
  const settled = await Promise.race([
    token.then(
      () => "given",
      () => "refused",
    ),
    world.quiet().then(() => "waits"),
  ]);
  assert.equal(settled, "refused");
});

test("F-35 what the app does in between is not counted, and waits at the same time count once", async () => {
  world = refreshWorld(1, { refresh: { policy: "on-demand", wait: 10_000 } });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const { exchange } = await world.replica().ask(cookie);
  const waits = [exchange.session.accessToken(), exchange.session.accessToken()].map((token) => token.catch(() => "refused"));
  const first = await world.provider.next();
  world.clock.advance(6_000);
  first.answer({ kind: "unavailable", retryAfter: null, cause: new Error("down") });
  assert.deepEqual(await Promise.all(waits), ["refused", "refused"]);
  world.clock.advance(60_000);
  const next = exchange.session.accessToken();
  const second = await world.provider.next();
  world.clock.advance(3_000);
  second.answer(world.refreshed(1));
  assert.equal(await next, "access-1");
});

test("F-31 a refusal in words that may mean something else ends the session when it is said twice", async () => {
  world = refreshWorld();
  world.provider.always(() => ({ kind: "refused", doubtful: true, cause: new Error("invalid_request") }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  assert.equal((await world.rowOf(cookie)).ended, null);
  world.clock.advance(2_000);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.deepEqual([decision.kind, exchange.session.endedReason], ["refuse", "provider"]);
  assert.equal(world.provider.calls.length, 2);
  assert.deepEqual(
    names().filter((name) => name.startsWith("refresh")),
    ["refresh.failed doubtful", "refresh.failed refused"],
  );
});

test("F-31 a success between two doubtful refusals makes the second one the first again", async () => {
  world = refreshWorld(1, { session: { idle: 24 * 3_600_000 } });
  const cookie = await world.signIn();
  for (let round = 0; round < 3; round++) {
    world.provider.always(() => ({ kind: "refused", doubtful: true, cause: new Error("invalid_request") }));
    world.clock.advance(LIFETIME);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
    world.provider.always(() => world.refreshed(round + 1));
    world.clock.advance(2_000);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  }
  assert.equal((await world.rowOf(cookie)).ended, null);
});

for (const [name, outcome] of [
  ["an error about our client", { kind: "unavailable", answered: true, retryAfter: null, cause: new Error("invalid_client") }],
  ["answers that are none", { kind: "unknown", answered: true, cause: new Error("a page") }],
] as const) {
  test(`F-31 past session.unconfirmed no user is stuck if the provider answers: ${name}`, async () => {
    world = refreshWorld(1, { session: { unconfirmed: 30 * 60_000, idle: 24 * 3_600_000 } });
    world.provider.always(() => outcome);
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed", "until then they count as who they are");
    world.clock.advance(30 * 60_000);
    assert.deepEqual((await world.replica().ask(cookie, navigating(cookie))).decision, { kind: "login" });
    const { decision } = await world.replica().ask(cookie);
    assert.deepEqual(decision, { kind: "refuse", status: 401, code: "ERR_UNAUTHENTICATED" });
    assert.equal((await world.rowOf(cookie)).ended, null, "and it is no ending");
    world.provider.always(() => ({ kind: "unavailable", retryAfter: null, cause: new Error("down") }));
    world.clock.advance(60_000);
    if (outcome.kind === "unavailable")
      assert.equal(
        (await world.replica().ask(cookie, navigating(cookie))).decision.kind,
        "unavailable",
        "an outage is one again",
      );
  });
}

test("F-31 if only the token is asked for, a provider that refuses past session.unconfirmed is a 401", async () => {
  world = refreshWorld(1, { refresh: { policy: "on-demand" }, session: { unconfirmed: 30 * 60_000, idle: 24 * 3_600_000 } });
  world.provider.always(() => ({ kind: "unavailable", answered: true, retryAfter: null, cause: new Error("invalid_client") }));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  await assert.rejects((await world.replica().ask(cookie)).exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE" });
  world.clock.advance(30 * 60_000);
  await assert.rejects((await world.replica().ask(cookie)).exchange.session.accessToken(), { code: "ERR_SESSION_ENDED" });
});

test("RF-04 a lost answer is tried again at the next use; a refusal then ends the session as refresh-lost", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  world.provider.always(() => ({ kind: "unknown", cause: new Error("reset") }));
  assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
  world.provider.always(() => ({ kind: "refused", cause: new Error("invalid_grant") }));
  world.clock.advance(2_000);
  const { exchange, decision } = await world.replica().ask(cookie);
  assert.deepEqual([decision.kind, exchange.session.endedReason], ["refuse", "refresh-lost"]);
  assert.deepEqual(
    names().filter((name) => name.startsWith("refresh")),
    ["refresh.failed unknown", "refresh.failed refused"],
  );
  assert.equal(world.provider.calls.length, 2);
});

test("RF-03 a dead holder delays others by its lease and no more; who watched it stand takes over", async () => {
  world = refreshWorld(2);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  void world.replica(0).ask(cookie);
  await world.provider.next();
  const waiting = world.replica(1).ask(cookie);
  await world.quiet();
  for (let second = 0; second < 12; second++) {
    world.clock.advance(1_000);
    await world.quiet();
    assert.equal(world.provider.calls.length, 1, `after ${second + 1} s`);
  }
  assert.equal((await waiting).decision.kind, "proceed", "the wait is limited: on as an identity");
  world.clock.advance(600);
  await world.quiet();
  world.clock.advance(300);
  await world.quiet();
  assert.equal(world.provider.calls.length, 2);
  world.provider.calls[1]?.answer(world.refreshed(2));
  await world.quiet();
  assert.equal(await (await world.replica(1).ask(cookie)).exchange.session.accessToken(), "access-2");
  // The late holder's result finds another's lease, or none, and is thrown away.
  world.provider.calls[0]?.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(await (await world.replica(0).ask(cookie)).exchange.session.accessToken(), "access-2");
  assert.ok(names(0).includes("refresh.discarded superseded"));
  assert.ok(names(1).includes("refresh.taken-over"));
  assert.deepEqual(world.provider.revoked, [], "the grant lives on");
});

/** A session whose refresh the second replica has taken over, since the first one heard nothing of its own. */
async function takenOver() {
  world = refreshWorld(2);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  void world.replica(0).ask(cookie);
  const first = await world.provider.next();
  void world.replica(1).ask(cookie);
  await world.quiet();
  await world.pass(15_000, 1_000);
  return { cookie, first };
}

test("F-46 a takeover knows that the token may have been shown: its refusal is refresh-lost, not provider", async () => {
  const { cookie } = await takenOver();
  world.provider.calls[1]?.answer({ kind: "refused", cause: new Error("invalid_grant") });
  await world.quiet();
  const { ended, reason } = await world.rowOf(cookie);
  assert.deepEqual([ended !== null, reason], [true, "refresh-lost"]);
});

test("RF-03 a late holder's refusal does not end the session that another refreshed", async () => {
  const { cookie, first } = await takenOver();
  world.provider.calls[1]?.answer(world.refreshed(2));
  await world.quiet();
  first.answer({ kind: "refused", cause: new Error("invalid_grant") });
  await world.quiet();
  assert.equal((await world.replica(0).ask(cookie)).decision.kind, "proceed");
});

test("RF-03 a late holder's tokens are taken if its successor got none: the stored ones are used up", async () => {
  const { cookie, first } = await takenOver();
  world.provider.calls[1]?.answer({ kind: "unavailable", retryAfter: null, cause: new Error("502") });
  await world.quiet();
  first.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(await (await world.replica(1).ask(cookie)).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 2);
  assert.equal((await world.rowOf(cookie)).ended, null);
});

test("RF-06 S-21 logout during a refresh that hangs: 401 at once, everywhere, and the token is revoked", async () => {
  world = refreshWorld(2);
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const hanging = world.replica(0).ask(cookie);
  const call = await world.provider.next();
  const leaving = await world.replica(0).auth.engine.open(view(cookie));
  leaving.session.logout();
  assert.equal((await leaving.settle(200)).refusal, null);
  assert.equal((await hanging).decision.kind, "refuse", "whoever waits here hears of it at once");
  for (const one of world.replicas) assert.equal((await one.ask(cookie)).decision.kind, "refuse");
  call.answer(world.refreshed(1));
  await world.quiet();
  for (const one of world.replicas) assert.equal((await one.ask(cookie)).decision.kind, "refuse");
  assert.deepEqual(world.provider.revoked, ["refresh-0", "refresh-1"], "what the session had, and what came too late for it");
  assert.ok(names(0).includes("refresh.discarded ended"));
  const row = await world.rowOf(cookie);
  assert.deepEqual([row.reason, row.body], ["logout", ""]);
});

test("a browser that hangs up within a refresh loses no token", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  // The adapter drops the request; it is awaited no more.
  void world.replica().ask(cookie);
  const call = await world.provider.next();
  call.answer(world.refreshed(1));
  await world.quiet();
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("the provider rotated and the write fails: the result is used meanwhile and written until it sticks", async () => {
  const inner = memory();
  let failing = false;
  const store = overStore(inner, {
    put: (row, condition) => {
      if (failing && row.lease === null) throw new Error("the disk is full");
      return inner.put(row, condition);
    },
  });
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  failing = true;
  world.provider.always(() => world.refreshed(world.provider.calls.length));
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  assert.equal(await exchange.session.accessToken(), "access-1");
  assert.notEqual((await world.rowOf(cookie)).lease, null);
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1", "waiters here use it");
  world.clock.advance(1_000);
  await world.quiet();
  failing = false;
  world.clock.advance(5_000);
  await world.quiet();
  assert.equal((await world.rowOf(cookie)).lease, null);
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1, "nothing was spent twice");
  assert.ok(names().includes("refresh.held write"));
});

test("S-18 an edit of the session's data within a refresh is neither lost nor in its way", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = world.replica().ask(cookie);
  const call = await world.provider.next();
  const writer = await engineOf(world.replica().auth).open(view(cookie));
  writer.session.set({ cart: 2 });
  assert.equal((await writer.settle(200)).refusal, null);
  call.answer(world.refreshed(1));
  const { exchange } = await asked;
  assert.equal(await exchange.session.accessToken(), "access-1");
  assert.deepEqual((await world.replica().ask(cookie)).exchange.session.data, { cart: 2 });
});

test("RF-08 a token that a resource refused is refreshed once, also by twenty who were refused at once", async () => {
  world = refreshWorld();
  world.provider.always(() => world.refreshed(world.provider.calls.length));
  const cookie = await world.signIn();
  const all = await Promise.all(Array.from({ length: 20 }, () => world.replica().ask(cookie)));
  const next = await Promise.all(all.map(({ exchange }) => exchange.session.accessToken({ rejected: "access-0" })));
  assert.deepEqual(new Set(next), new Set(["access-1"]));
  assert.equal(world.provider.calls.length, 1);
  const { exchange } = await world.replica().ask(cookie);
  assert.equal(await exchange.session.accessToken({ rejected: "access-0" }), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("on-demand: only a use of the token refreshes it", async () => {
  world = refreshWorld(1, { refresh: { policy: "on-demand" } });
  world.provider.always(() => world.refreshed(1));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME * 2);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  assert.equal(world.provider.calls.length, 0);
  assert.equal(await exchange.session.accessToken(), "access-1");
  assert.equal(world.provider.calls.length, 1);
});

test("never: the token is not refreshed, and the session lives on", async () => {
  world = refreshWorld(1, { refresh: { policy: "never" } });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME * 2);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_SESSION_ENDED" }, "a fresh login gives one");
  assert.equal(world.provider.calls.length, 0);
});

test("F-31 an expired token that nothing refreshes leads to a login; the session goes on as an identity", async () => {
  world = refreshWorld();
  const cookie = await world.signIn({ refreshToken: null });
  assert.equal(await (await world.replica().ask(cookie)).exchange.session.accessToken(), "access-0");
  world.clock.advance(LIFETIME);
  const { decision, exchange } = await world.replica().ask(cookie);
  assert.equal(decision.kind, "proceed");
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_SESSION_ENDED", status: 401 });
  await assert.rejects(exchange.session.accessToken({ rejected: "another" }), { code: "ERR_SESSION_ENDED" });
  const again = await world.replica().ask(cookie);
  assert.deepEqual([again.decision.kind, again.exchange.session.identity?.subject], ["proceed", "alice"]);
});

test("F-31 a live token that a resource refuses, and nothing refreshes, is no end: its own word stands", async () => {
  world = refreshWorld();
  const cookie = await world.signIn({ refreshToken: null });
  const { exchange } = await world.replica().ask(cookie);
  await assert.rejects(exchange.session.accessToken({ rejected: "access-0" }), { code: "ERR_TOKEN_UNAVAILABLE" });
});

test("F-31 a token that was over when it came leads to no login, which would give the same once more", async () => {
  world = refreshWorld();
  const cookie = await world.signIn({ refreshToken: null, expires: world.clock.now() });
  await assert.rejects((await world.replica().ask(cookie)).exchange.session.accessToken(), { code: "ERR_TOKEN_UNAVAILABLE" });
});

for (const [policy, expected] of [
  ["identity", "proceed"],
  ["end", "refuse"],
] as const) {
  test(`S-25 a session without a refresh token, ${policy}: ${expected} when its access token has run out`, async () => {
    world = refreshWorld(1, { refresh: { withoutRefreshToken: policy } });
    const cookie = await world.signIn({ refreshToken: null });
    assert.equal((await world.replica().ask(cookie)).decision.kind, "proceed");
    world.clock.advance(LIFETIME);
    assert.equal((await world.replica().ask(cookie)).decision.kind, expected);
    assert.equal(world.provider.calls.length, 0);
  });
}

test("S-05 SE-16 a store that does not answer within a refresh is 503, and no token was sent", async () => {
  const { store, failing } = failingStore();
  world = refreshWorld(1, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  failing.add("put");
  const asked = world.replica().ask(cookie);
  for (let n = 0; n < 6; n++) {
    await world.quiet();
    world.clock.advance(100);
  }
  const { decision } = await asked;
  assert.deepEqual(decision.kind === "unavailable" && decision.code, "ERR_STORE_UNAVAILABLE");
  assert.equal(world.provider.calls.length, 0);
  failing.clear();
});

test("CS-01 a request from another site refreshes nothing", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const headers: Record<string, string> = { cookie, "sec-fetch-site": "cross-site" };
  const { decision } = await world.replica().ask(cookie, { method: "POST", header: (name) => headers[name] });
  assert.equal(decision.kind, "refuse");
  assert.equal(world.provider.calls.length, 0);
});

test("LO-03 a logout revokes the newest tokens, also if a refresh was stored since its request was read", async () => {
  world = refreshWorld();
  world.provider.always(() => world.refreshed(1));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const leaving = await engineOf(world.replica().auth).open(view(cookie));
  // What is to be done first is no decision: this one was not admitted.
  assert.throws(() => leaving.decide(REQUIRE_USER), { code: "ERR_INTERNAL" });
  await world.replica().ask(cookie);
  leaving.logout();
  assert.equal((await leaving.settle(200)).refusal, null);
  await world.quiet();
  assert.deepEqual(world.provider.revoked, ["refresh-1"]);
});

test("F-46 a session that ended while its token was to be refreshed gives none, and says so", async () => {
  world = refreshWorld(2);
  const cookie = await world.signIn();
  const { exchange } = await world.replica().ask(cookie);
  world.clock.advance(LIFETIME);
  assert.equal(await world.replica(1).auth.sessions.end((await world.rowOf(cookie)).id, "admin"), true);
  await assert.rejects(exchange.session.accessToken(), { code: "ERR_SESSION_ENDED" });
  assert.equal(world.provider.calls.length, 0);
});

test("F-46 waiting for another process's refresh asks the store no more than ten times a second", async () => {
  let reads = 0;
  const inner = memory();
  const store = overStore(inner, {
    get: (id) => {
      reads += 1;
      return inner.get(id);
    },
  });
  world = refreshWorld(2, { store });
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const asked = [world.replica().ask(cookie)];
  const call = await world.provider.next();
  asked.push(world.replica(1).ask(cookie));
  await world.quiet();
  reads = 0;
  for (let passed = 0; passed < 5_000; passed += 25) {
    world.clock.advance(25);
    await world.quiet();
  }
  // Both look twice a second whether the session has ended.
  assert.ok(reads > 20 && reads <= 50 + 2 * 10, `${reads} in five seconds`);
  call.answer(world.refreshed(1));
  await world.quiet();
  world.clock.advance(200);
  for (const { decision } of await Promise.all(asked)) assert.equal(decision.kind, "proceed");
});

for (const [how, reason] of [
  ["that an administrator ended", "admin"],
  ["that is gone from the store", "expired"],
] as const) {
  test(`F-46 a session ${how} between the request's read and the refresh's is over for it, and it says why`, async () => {
    const inner = memory();
    let reads = Number.NEGATIVE_INFINITY;
    const store = overStore(inner, {
      get: async (id) => {
        reads += 1;
        if (reads === 2 && reason === "admin") await inner.end({ id }, reason, world.clock.now());
        return reads === 2 && reason === "expired" ? undefined : inner.get(id);
      },
    });
    world = refreshWorld(1, { store });
    const cookie = await world.signIn();
    world.clock.advance(LIFETIME);
    reads = 0;
    const { decision, exchange } = await world.replica().ask(cookie);
    assert.deepEqual([decision.kind, exchange.session.endedReason, exchange.session.identity], ["refuse", reason, null]);
    assert.equal(world.provider.calls.length, 0);
  });
}

test("F-46 what a request read of a session before it was refreshed is read anew afterwards", async () => {
  world = refreshWorld();
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const exchange = await engineOf(world.replica().auth).open(view(cookie));
  assert.deepEqual([exchange.session.identity?.claims, exchange.tokens()?.accessToken], [{ name: "Alice" }, "access-0"]);
  const next = world.provider.next();
  const admitted = exchange.admit(REQUIRE_USER);
  (await next).answer({ kind: "refreshed", tokens: tokens(1, world.clock.now() + LIFETIME), claims: { name: "Alicia" } });
  assert.equal((await admitted).kind, "proceed");
  assert.deepEqual([exchange.session.identity?.claims, exchange.tokens()?.accessToken], [{ name: "Alicia" }, "access-1"]);
});

test("F-46 a refresh of a session that has ended says why, and of one that is gone that it expired", async () => {
  const gone = new Set<string>();
  const inner = memory();
  world = refreshWorld(1, { store: overStore(inner, { get: (id) => (gone.has(id) ? undefined : inner.get(id)) }) });
  const { engine, sessions } = world.replica().auth;
  const [ended, lost] = [await world.rowOf(await world.signIn()), await world.rowOf(await world.signIn())];
  world.clock.advance(LIFETIME);
  assert.equal(await sessions.end(ended.id, "admin"), true);
  gone.add(lost.id);
  const { coordinator } = optionsOf({ engine });
  assert.deepEqual(await coordinator.join(ended), { kind: "ended", reason: "admin" });
  assert.deepEqual(await coordinator.join(lost), { kind: "ended", reason: "expired" });
  assert.equal(world.provider.calls.length, 0);
});
