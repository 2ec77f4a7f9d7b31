import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { SECRET } from "../../test-support/origin.ts";
import { FOR_PERSON, nextOf, OWNER, post, REFRESHED, refreshed, shown, world } from "../../test-support/tokens.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";

const MINUTE = 60_000;
const GRACE = 10_000;
const WANTED = { ...FOR_PERSON, refreshable: true };

/** Replicas over one store that answers later, so that they read before either has written. */
function replicas(count: number) {
  const [clock, real] = [manualClock(), memory()];
  const get: SessionStore["get"] = async (id) => {
    const row = await real.get(id);
    await new Promise((resolve) => setImmediate(resolve));
    return row;
  };
  const store = overStore(real, { get });
  return Array.from({ length: count }, () => world({ store, clock, tokens: REFRESHED }));
}

type World = ReturnType<typeof world>;
async function family(of: World) {
  const { id, refreshToken = "", accessToken } = await of.auth.tokens.issue(WANTED);
  return { id, refreshToken, accessToken };
}

test("JT-04 S-18 S-19 of 100 uses of one refresh token over three engines all get the identical answer", async () => {
  const engines = replicas(3);
  const [one, two, three] = engines;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const { refreshToken, id } = await family(one);
  const at = (index: number): World => [one, two, three][index % 3] ?? one;
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => refreshed(at(index), refreshToken)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
  assert.equal(bodies.size, 1);
  assert.equal(engines.flatMap(({ told }) => told("token.refreshed")).length, 1);
  const { refresh_token, access_token } = JSON.parse([...bodies][0] ?? "");
  assert.notEqual(refresh_token, refreshToken);
  assert.equal((await shown(two, access_token)).status, 200);
  assert.equal((await refreshed(three, refresh_token)).status, 200);
  const stored = JSON.stringify(await one.store.get(id));
  for (const token of [refreshToken, refresh_token]) assert.ok(!stored.includes(token.split(".")[1]));
});

test("JT-09 RFC 6749 s5.1: the answer is not cached, says what it gives, and sets no cookie", async () => {
  const of = world({ tokens: REFRESHED });
  const answer = await refreshed(of, (await family(of)).refreshToken);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("set-cookie"), null);
  const { access_token, refresh_token, ...others } = await answer.json();
  assert.deepEqual(others, { token_type: "Bearer", expires_in: 300, scope: "read" });
  assert.match(`${access_token} ${refresh_token}`, /^[\w-]+\.[\w-]+\.[\w-]+ [\w-]{22}\.[\w-]{43}$/);
});

interface Reuse {
  readonly name: string;
  /** What happens before the first refresh token is shown: "next" exchanges it, "next of next" the one after it, … */
  readonly before: readonly (number | "next" | "next of next" | "five" | "revoke")[];
  readonly status: number;
  /** Whether the family lives on. */
  readonly lives: boolean;
}

const REUSES: readonly Reuse[] = [
  { name: "the predecessor within the grace", before: ["next", GRACE - 1], status: 200, lives: true },
  { name: "the predecessor after the grace", before: ["next", GRACE], status: 401, lives: false },
  { name: "a repeat does not extend the grace", before: ["next", GRACE - 1, "next", 1], status: 401, lives: false },
  { name: "a grandparent, even within the grace", before: ["next of next"], status: 401, lives: false },
  { name: "one of five generations before", before: ["five"], status: 401, lives: false },
  { name: "after a revocation", before: ["revoke"], status: 401, lives: false },
  { name: "from a fork, after the other went on", before: ["next", "next", "next of next"], status: 401, lives: false },
];
const wait = ({ clock }: World, ms: number): void => clock.advance(ms);
async function generations(of: World, first: string, count: number): Promise<string> {
  let token = first;
  for (let index = 0; index < count; index++) token = await nextOf(of, token);
  return token;
}

for (const { name, before, status, lives } of REUSES) {
  test(`JT-03 S-20 reuse of a refresh token: ${name}`, async () => {
    const of = world({ tokens: REFRESHED });
    const { refreshToken, accessToken, id } = await family(of);
    for (const step of before) {
      if (typeof step === "number") wait(of, step);
      else if (step === "revoke") await of.auth.tokens.revoke(id);
      else await generations(of, refreshToken, { next: 1, "next of next": 2, five: 5 }[step]);
    }
    assert.equal((await refreshed(of, refreshToken)).status, status);
    assert.equal((await of.store.get(id))?.ended === null, lives);
    assert.equal((await shown(of, accessToken)).status, lives ? 200 : 401);
    const told = lives || before.includes("revoke") ? [] : [[id, OWNER]];
    assert.deepEqual(
      of.told("token.reused").map(({ sessionId, owner }) => [sessionId, owner]),
      told,
    );
  });
}

test("S-20 whoever knows a family's id alone cannot end it, however many secrets they make up", async () => {
  const of = world({ tokens: REFRESHED });
  const { refreshToken, id } = await family(of);
  const last = await generations(of, refreshToken, 5);
  for (let index = 0; index < 20; index++) {
    assert.equal((await refreshed(of, `${id}.${randomBytes(32).toString("base64url")}`)).status, 401);
  }
  assert.equal(of.told("token.reused").length, 0);
  assert.equal((await refreshed(of, last)).status, 200);
});

test("JT-05 S-19 nothing extends a family past its absolute end, and its last token ends with it", async () => {
  const of = world({ tokens: REFRESHED });
  const { auth, clock } = of;
  const issued = await auth.tokens.issue(WANTED);
  const end = clock.now() + 1_440 * MINUTE;
  assert.equal(issued.endsAt, end);
  let token = issued.refreshToken ?? "";
  for (let hours = 0; hours < 23; hours++) {
    clock.advance(60 * MINUTE);
    token = await nextOf(of, token);
  }
  clock.advance(58 * MINUTE);
  const answer = await (await refreshed(of, token)).json();
  assert.equal(answer.expires_in, 120);
  clock.advance(2 * MINUTE);
  assert.equal((await refreshed(of, answer.refresh_token)).status, 401);
  assert.equal((await shown(of, answer.access_token)).status, 401);
});

test("JT-05 a refresh token that rested too long is over, with its family; each exchange begins anew", async () => {
  const app = { scope: "read write", lifetime: "5m", family: "1d", idle: "1h" } as const;
  const of = world({ tokens: { audiences: { app }, accept: "app" } });
  const { refreshToken } = await family(of);
  of.clock.advance(59 * MINUTE);
  const next = await nextOf(of, refreshToken);
  of.clock.advance(60 * MINUTE - 1);
  const last = await nextOf(of, next);
  assert.equal((await of.auth.tokens.list(OWNER)).length, 1);
  of.clock.advance(60 * MINUTE);
  for (const path of ["refresh", "revoke"])
    assert.equal((await post(of, `tokens/${path}`, { refresh_token: last, token: last })).status, 401);
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
  // Nobody stole it, and it stays over with another setting.
  assert.deepEqual(of.told("token.reused"), []);
  const { store, clock } = of;
  assert.equal((await refreshed(world({ store, clock, tokens: REFRESHED }), last)).status, 401);
});

test("JT-05 idle is a time from lifetime to family, of tokens that are refreshed", () => {
  const audience = { lifetime: "5m", family: "1d" } as const;
  for (const idle of ["5m", "1d"] as const) world({ tokens: { audiences: { app: { ...audience, idle } } } });
  for (const app of [{ ...audience, idle: "299s" }, { ...audience, idle: "86401s" }, { idle: "1h" }] as const)
    assert.throws(
      () => world({ tokens: { audiences: { app } } }),
      /^CoatcheckError: tokens\.audiences\.app\.idle is not shorter/,
    );
});

test("JT-05 a family that is wider than configured since is refused, and not ended", async () => {
  const of = world({ tokens: REFRESHED });
  const { refreshToken } = await family(of);
  const { store, clock } = of;
  for (const app of [{ scope: "write", family: "1d" }, { scope: "read" }] as const) {
    const narrower = world({ store, clock, tokens: { audiences: { app } } });
    assert.equal((await refreshed(narrower, refreshToken)).status, 401);
  }
  assert.equal((await refreshed(of, refreshToken)).status, 200);
});

test("S-37 S-19 in each phase of a rotation of the secret repeats get the same refresh token", async () => {
  const [one, two] = replicas(2);
  assert.ok(one !== undefined && two !== undefined);
  const { refreshToken } = await family(one);
  const next = randomBytes(32).toString("base64url");
  one.auth.changeKeys({ secrets: [SECRET, next] });
  two.auth.changeKeys({ secrets: [next, SECRET] });
  const second = await nextOf(one, refreshToken);
  assert.equal(await nextOf(two, refreshToken), second);
  const third = await nextOf(two, second);
  assert.equal(await nextOf(one, second), third);
  two.auth.changeKeys({ secrets: [next] });
  assert.equal((await refreshed(two, third)).status, 200);
});

test("S-18 an exchange whose outcome is unknown is asked for again, and gets the one successor", async () => {
  const real = memory();
  const lost = new Set(["before", "after"]);
  const put: SessionStore["put"] = async (row, condition) => {
    if (condition !== "absent" && lost.delete("before")) throw new Error("not written");
    const written = await real.put(row, condition);
    if (condition !== "absent" && lost.delete("after")) throw new Error("the answer was lost");
    return written;
  };
  const of = world({ store: overStore(real, { put }), tokens: REFRESHED });
  const { refreshToken, id } = await family(of);
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) statuses.push((await refreshed(of, refreshToken)).status);
  assert.deepEqual(statuses, [503, 503, 200]);
  assert.equal((await of.store.get(id))?.ended, null);
});

test("JT-08 revoking a refresh token ends its family; a repeat is answered alike, anything else is 401", async () => {
  const of = world({ tokens: REFRESHED });
  const { refreshToken, accessToken, id } = await family(of);
  const next = await nextOf(of, refreshToken);
  for (const wrong of [accessToken, id, "", `${id}.${randomBytes(32).toString("base64url")}`])
    assert.equal((await post(of, "tokens/revoke", { token: wrong })).status, 401);
  assert.equal((await shown(of, accessToken)).status, 200);
  assert.equal((await post(of, "tokens/revoke", { token: next })).status, 200);
  assert.equal((await post(of, "tokens/revoke", { token: next })).status, 200);
  assert.equal((await shown(of, accessToken)).status, 401);
  assert.equal((await refreshed(of, next)).status, 401);
  assert.deepEqual(
    of.told("session.ended").map(({ reason }) => reason),
    ["logout"],
  );
});
