/** What goes on being reachable once a request is over. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { getHeapSnapshot } from "node:v8";
import { authWith } from "../../../test-support/auth.ts";
import { optionsOf } from "../../../test-support/engine/inside.ts";
import { freshPaths } from "../../../test-support/stores/sqlite-paths.ts";
import type { JsonObject, RequestView, SessionStore } from "../../contracts.ts";
import type { Auth } from "../../http/auth.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import { signIn } from "../../testing/sign-in.ts";

const freshPath = freshPaths();

/** All that is reachable on the heap, after a collection. */
async function heap(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot()) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/**
 * The Cookie header outside of the heap, where the search does not find it. Texts are made in functions that are over.
 */
async function signedIn(auth: Auth<JsonObject>, canary: Buffer): Promise<Buffer> {
  const cookie = await signIn(auth, { subject: "alice" });
  return Buffer.from(`theme=dark; ${cookie}; beside=${canary.toString("latin1")}`, "latin1");
}

/** One request, and what an app may keep of it. */
async function keptOf(auth: Auth<JsonObject>, cookie: Buffer, rotates = false): Promise<readonly unknown[]> {
  const text = cookie.toString("latin1");
  const request: RequestView = { method: "GET", target: "/", header: (name) => (name === "cookie" ? text : undefined) };
  const exchange = await auth.engine.open(request);
  await exchange.admit({ require: "user" });
  const { session } = exchange;
  assert.equal(session.identity?.subject, "alice");
  const kept = [session.signal, session.id, session.identity, session.data];
  if (rotates) session.rotate();
  await exchange.settle(200);
  exchange.touch(200);
  return kept;
}

const stores: readonly (readonly [name: string, open: () => SessionStore])[] = [
  ["memory", () => memory()],
  ["SQLite", () => sqlite(freshPath())],
  ["SQLite with cached rows", () => sqlite({ path: freshPath(), cacheRows: 1_000 })],
];

for (const [name, open] of stores) {
  test(`F-38 CR-02 of a Cookie header nothing is kept by rows, signals, ids and events (${name})`, async () => {
    const store = open();
    const { auth, events } = authWith({ store });
    const canary = Buffer.from(randomUUID(), "latin1");
    const cookie = await signedIn(auth, canary);
    const kept = await keptOf(auth, cookie);
    const again = await keptOf(auth, cookie);
    const rotated = events.length;
    await keptOf(auth, cookie, true);
    assert.ok(events.length > rotated, "an event names the session");
    const stop = optionsOf(auth).endings.watch(String(kept[1]), () => undefined);
    // The engine of regular expressions keeps the last text that it looked at.
    assert.match("another", /ano/);
    const snapshot = await heap();
    const secret = cookie.subarray(cookie.indexOf(".") + 1).subarray(0, 43);
    assert.equal(snapshot.includes(canary), false, "the header");
    assert.equal(snapshot.includes(secret), false, "the secret");
    assert.equal(kept[1], again[1]);
    assert.equal(kept[0], again[0]);
    stop();
    await auth.close();
    await store.close();
  });
}
