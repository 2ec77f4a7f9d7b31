/** `client.fetch`: what is sent again, what never is, and what a 401 means. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Tab, tabs } from "../../test-support/browser/browser-world.ts";
import { turns } from "../../test-support/event-loop.ts";
import { createClient } from "./client.ts";

const outage = () => new Response("down", { status: 503, headers: { "retry-after": "2" } });
const alice = () =>
  Response.json({ identity: { issuer: "test", subject: "alice", claims: {} }, session: null, logoutUrl: "/auth/logout" });
const anonymous = () => new Response(null, { status: 401 });

function next(tab: Tab) {
  assert.equal(tab.asked.length, 1, "requests that wait");
  return tab.asked.shift() ?? assert.fail();
}

const URL_OF_API = "https://app.example.com/api";
const SENT_AGAIN: readonly (readonly [what: string, input: () => RequestInfo | URL, init?: () => RequestInit])[] = [
  ["a GET", () => URL_OF_API],
  ["a URL object", () => new URL(URL_OF_API)],
  ["a Request", () => new Request(URL_OF_API)],
  ["HEAD", () => URL_OF_API, () => ({ method: "HEAD" })],
  ["a PUT of text, in small letters", () => URL_OF_API, () => ({ method: "put", body: "{}" })],
  ["a DELETE", () => URL_OF_API, () => ({ method: "DELETE" })],
];
for (const [what, input, init] of SENT_AGAIN) {
  test(`S-26 a 503 with Retry-After is asked again: ${what}`, async () => {
    const tab = tabs().open();
    const answered = createClient({}, tab.world).fetch(input(), init?.());
    await next(tab).answer(outage());
    await tab.pass(1_999);
    assert.deepEqual(tab.asked, []);
    await tab.pass(402);
    await next(tab).answer(new Response("here"));
    assert.equal(await (await answered).text(), "here");
    assert.equal(tab.timers(), 0);
  });
}

const NOT_AGAIN: readonly (readonly [what: string, input: () => RequestInfo | URL, init?: () => RequestInit])[] = [
  ["a POST", () => URL_OF_API, () => ({ method: "POST", body: "{}" })],
  ["a PATCH", () => URL_OF_API, () => ({ method: "patch" })],
  ["a stream", () => URL_OF_API, () => ({ method: "PUT", body: new ReadableStream(), duplex: "half" })],
  ["a Request with a body", () => new Request(URL_OF_API, { method: "PUT", body: "{}" })],
];
for (const [what, input, init] of NOT_AGAIN) {
  test(`S-26 sent once, and the 503 is the answer: ${what}`, async () => {
    const tab = tabs().open();
    const answered = createClient({}, tab.world).fetch(input(), init?.());
    await next(tab).answer(outage());
    assert.equal((await answered).status, 503);
    assert.equal(await (await answered).text(), "down");
    assert.equal(tab.timers(), 0);
  });
}

test("S-26 a 503 without Retry-After, and one past retryTimeout, is the answer", async () => {
  for (const [retryTimeout, response] of [
    [30_000, new Response("down", { status: 503 })],
    [1_999, outage()],
  ] as const) {
    const tab = tabs().open();
    const answered = createClient({ retryTimeout }, tab.world).fetch(URL_OF_API);
    await next(tab).answer(response);
    assert.equal(await (await answered).text(), "down");
  }
});

test("an abort ends the waiting with the signal's reason", async () => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const reason = new Error("enough");
  const tab = tabs().open();
  const client = createClient({}, tab.world);
  const waiting = [client.fetch(URL_OF_API, { signal }), client.fetch(new Request(URL_OF_API, { signal }))];
  const refused = waiting.map((answered) => assert.rejects(answered, reason));
  for (const one of tab.asked.splice(0)) await one.answer(outage());
  assert.equal(tab.timers(), 2);
  stopping.abort(reason);
  await Promise.all(refused);
  const late = assert.rejects(client.fetch(URL_OF_API, { signal }), reason);
  await next(tab).answer(outage());
  await late;
  assert.equal(tab.timers(), 0);
});

test("a network error is the caller's, at once", async () => {
  const tab = tabs().open();
  const refused = assert.rejects(createClient({}, tab.world).fetch(URL_OF_API), TypeError);
  await next(tab).fail();
  await refused;
  assert.equal(tab.timers(), 0);
});

test("S-26 a 401 is a reason to read the session, and only its word counts", async () => {
  const tab = tabs().open();
  const client = createClient({}, tab.world);
  const changes: unknown[] = [];
  client.subscribe((session) => changes.push(session));
  await next(tab).answer(alice());

  for (const read of [alice, () => outage(), () => new Response("oops", { status: 502 })]) {
    const answered = client.fetch(URL_OF_API);
    await next(tab).answer(anonymous());
    assert.equal((await answered).status, 401);
    await next(tab).answer(read());
    assert.deepEqual(changes, [], "one request's 401 is no end");
    // What it waits for, it then gets.
    await tab.pass(30_000);
    for (const one of tab.asked.splice(0)) await one.answer(alice());
  }
  const answered = client.fetch(URL_OF_API);
  await next(tab).answer(anonymous());
  await answered;
  await next(tab).answer(anonymous());
  assert.deepEqual(changes, [null]);
});

test("S-26 twenty 401s at once read the session once", async () => {
  const tab = tabs().open();
  const client = createClient({}, tab.world);
  client.subscribe(() => undefined);
  await next(tab).answer(alice());
  const answers = Array.from({ length: 20 }, () => client.fetch(URL_OF_API));
  for (const one of tab.asked.splice(0)) await one.answer(anonymous());
  await Promise.all(answers);
  await next(tab).answer(anonymous());
  await turns();
  assert.deepEqual(tab.asked, []);
  assert.equal(client.current, null);
});

test("a 401 while no user is known to be signed in asks nothing", async () => {
  const tab = tabs().open();
  const client = createClient({}, tab.world);
  const answered = client.fetch(URL_OF_API);
  await next(tab).answer(anonymous());
  await answered;
  assert.deepEqual(tab.asked, []);
});
