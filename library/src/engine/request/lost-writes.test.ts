/** A store that lost its last writes: what was read from it before is no condition that holds by accident (ABA). */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { engineOf } from "../../../test-support/engine/inside.ts";
import type { Entropy, RequestView, SessionRow, SessionStore } from "../../contracts.ts";
import { pooledEntropy } from "../../crypto/entropy.ts";
import type { Auth } from "../../http/auth.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { signIn } from "../../testing/sign-in.ts";
import { Dice } from "../../testing/store-suite/rows.ts";
import type { RequestExchange } from "./exchange.ts";

type Data = Record<string, unknown>;

let clock: ManualClock;
let store: SessionStore;
let auth: Auth<Data>;
/** The rows as they were before each write, the newest last. */
let before: SessionRow[];

/** Chances of a test's own, so that it always plays the same. */
function entropyOf(seed: number): Entropy {
  const dice = new Dice(seed);
  return pooledEntropy((target) => {
    for (let at = 0; at < target.length; at += 1) target[at] = dice.below(256);
  });
}

beforeEach(() => {
  clock = manualClock();
  store = memory();
  before = [];
  const journal = overStore(store, {
    async put(row, condition) {
      const kept = await store.get(row.id);
      const written = await store.put(row, condition);
      if (written && kept !== undefined) before.push(kept);
      return written;
    },
  });
  auth = coatcheck<Data>({
    publicUrl: "https://app.example.com",
    secrets: "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM",
    store: journal,
    clock,
    entropy: entropyOf(7),
  });
});

afterEach(async () => {
  await auth.close();
  await store.close();
});

/** A failover: the last write of this session never happened, although it was acknowledged. */
async function losesLastWrite(): Promise<void> {
  const kept = before.pop() ?? assert.fail("nothing was written");
  await store.sweep(1_000, Number.MAX_SAFE_INTEGER);
  assert.equal(await store.put(kept, "absent"), true);
}

const view = (cookie: string): RequestView => ({ method: "GET", target: "/", header: (name) => ({ cookie })[name] });
const open = async (cookie: string): Promise<RequestExchange<Data>> => engineOf(auth).open(view(cookie));

async function set(cookie: string, patch: Data): Promise<number> {
  const { session, ...exchange } = await opened(cookie);
  session.set(patch);
  assert.equal((await exchange.settle()).refusal, null);
  return (await rowOf(cookie)).version;
}

async function opened(cookie: string) {
  const exchange = await open(cookie);
  return { session: exchange.session, settle: async () => exchange.settle(200) };
}

async function rowOf(cookie: string): Promise<SessionRow> {
  const id = (await open(cookie)).session.id ?? assert.fail("no session");
  return (await store.get(id)) ?? assert.fail("no row");
}

test("SE-12 a change that was read before a failover is planned again, though as many writes came after it", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  const lost = await set(cookie, { lost: 1 });
  const slow = await opened(cookie);
  assert.deepEqual(slow.session.data, { lost: 1 });
  slow.session.set({ slow: 1 });
  await losesLastWrite();
  const kept = await set(cookie, { kept: 1 });
  assert.notEqual(kept, lost, "a version is not counted twice");
  assert.equal((await slow.settle()).refusal, null);
  assert.deepEqual((await open(cookie)).session.data, { kept: 1, slow: 1 });
});

test("SE-12 every change raises the version by a step of its own, of a million", async () => {
  const cookie = await signIn(auth, { subject: "alice" });
  let version = (await rowOf(cookie)).version;
  assert.equal(version, 1);
  const steps = new Set<number>();
  for (let n = 0; n < 40; n += 1) {
    const next = await set(cookie, { n });
    steps.add(next - version);
    version = next;
  }
  assert.equal(steps.size, 40);
  for (const step of steps) assert.ok(step >= 1 && step <= 2 ** 20, String(step));
  assert.ok(Math.max(...steps) > 2 ** 19);
});
