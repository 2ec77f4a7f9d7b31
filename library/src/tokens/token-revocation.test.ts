/** How soon a revoked token is refused: at once, or within a bound, in every process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../test-support/cookies.ts";
import { failingStore } from "../../test-support/stores/failing-store.ts";
import { agentOf, KINDS, kindsWorld, signInBySid } from "../../test-support/token-kinds.ts";
import { FOR_PERSON, PERSON, shown } from "../../test-support/tokens.ts";
import type { SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";

const WITHIN = 30_000;
const BOUNDED = { ...KINDS, revocation: { within: "30s" } } as const;

/** Two replicas over one store that counts what is read of it. */
function replicas() {
  const [real, clock] = [memory(), manualClock()];
  let reads = 0;
  const get: SessionStore["get"] = (id) => {
    reads += 1;
    return real.get(id);
  };
  const store = overStore(real, { get });
  const one = kindsWorld({ store, clock, tokens: BOUNDED });
  const other = kindsWorld({ store, clock, tokens: BOUNDED });
  return { one, other, clock, reads: () => reads };
}

test("S-58 within a bound a token is looked up once in it, by each process, and refused past it", async () => {
  for (const kind of ["access", "personal"] as const) {
    const { one, other, clock, reads } = replicas();
    const { token, id } = await {
      access: async () => {
        const { accessToken, ...issued } = await one.auth.tokens.issue(FOR_PERSON);
        return { token: accessToken, id: issued.id };
      },
      personal: () => one.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" }),
    }[kind]();
    for (const replica of [one, one, other, other]) assert.equal((await shown(replica, token)).status, 200);
    assert.equal(reads(), 2, kind);
    await one.auth.tokens.revoke(id);
    const before = reads();
    clock.advance(WITHIN - 1);
    for (const replica of [one, other]) assert.equal((await shown(replica, token)).status, 200);
    assert.equal(reads(), before);
    clock.advance(1);
    for (const replica of [one, other]) assert.equal((await shown(replica, token)).status, 401);
  }
});

test("S-58 a token that was revoked before a process saw it is refused there at once", async () => {
  const { one, other } = replicas();
  const { accessToken, id } = await one.auth.tokens.issue(FOR_PERSON);
  await one.auth.tokens.revoke(id);
  assert.equal((await shown(other, accessToken)).status, 401);
});

test("S-58 within a bound an agent is refused that much later than its person's session ended, at most", async () => {
  const { one, other, clock } = replicas();
  const cookie = await signInBySid(one);
  const { accessToken } = await agentOf(one, cookie);
  assert.equal((await shown(other, accessToken)).status, 200);
  await one.auth.sessions.end(idOf(cookie), "logout");
  clock.advance(WITHIN);
  assert.equal((await shown(other, accessToken)).status, 401);
});

test("S-58 the bound counts from when the store was asked; an end is kept to the millisecond", async () => {
  const [real, clock] = [memory(), manualClock()];
  let slow = true;
  const get: SessionStore["get"] = async (id) => {
    const row = await real.get(id);
    if (slow) clock.advance(WITHIN - 1_000);
    return row;
  };
  const of = kindsWorld({ store: overStore(real, { get }), clock, tokens: BOUNDED, storeTimeout: 60_000 });
  const short = await of.auth.tokens.issue({ ...FOR_PERSON, lifetime: "29500ms" });
  assert.equal((await shown(of, short.accessToken)).status, 200);
  clock.advance(500);
  assert.equal((await shown(of, short.accessToken)).status, 401);
  const { accessToken, id } = await of.auth.tokens.issue(FOR_PERSON);
  assert.equal((await shown(of, accessToken)).status, 200);
  slow = false;
  await of.auth.tokens.revoke(id);
  clock.advance(999);
  assert.equal((await shown(of, accessToken)).status, 200);
  clock.advance(1);
  assert.equal((await shown(of, accessToken)).status, 401);
});

test("SE-16 while the store is away a token that was looked up is served within the bound, and no other", async () => {
  const { store, failing } = failingStore();
  const of = kindsWorld({ store, tokens: BOUNDED });
  const [known, unknown] = [await of.auth.tokens.issue(FOR_PERSON), await of.auth.tokens.issue(FOR_PERSON)];
  assert.equal((await shown(of, known.accessToken)).status, 200);
  failing.add("get");
  assert.equal((await shown(of, known.accessToken)).status, 200);
  assert.equal((await shown(of, unknown.accessToken)).status, 503);
  of.clock.advance(WITHIN);
  assert.equal((await shown(of, known.accessToken)).status, 503);
});
