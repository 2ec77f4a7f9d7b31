/** What the apps behind two gateways see of access tokens that run out, or that they do not take. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { dial, handshakeText, OWN_ORIGIN } from "../test-support/connection.ts";
import { SCRIPT } from "../test-support/full-gateway.ts";
import { liveApp, openBoth } from "../test-support/live.ts";
import type { TwoReplicas } from "../test-support/two-replicas.ts";
import { RAN_OUT, twoReplicas } from "../test-support/two-replicas.ts";

const INVALID = 'Bearer realm="api", error="invalid_token"';

let here: TwoReplicas;
/** Tokens that reached the API, and those of them that it does not take. */
let asked: string[] = [];
let takes: (token: string) => boolean = () => true;
const open = new AsyncDisposableStack();

before(async () => {
  const live = open.use(await liveApp());
  const started = await twoReplicas({
    origin: `http://127.0.0.1:${live.port}`,
    app: (message, response) => {
      const token = (message.headers.authorization ?? "").replace("Bearer ", "");
      asked.push(token);
      if (takes(token)) response.end("yes");
      else response.writeHead(401, { "www-authenticate": INVALID }).end("no");
    },
  });
  here = open.use(started);
});
after(() => open.disposeAsync());
beforeEach(() => {
  asked = [];
  takes = () => true;
});

const refreshes = (): number => here.provider.refreshes.length;
const lastGiven = (): string | undefined => here.provider.refreshes.at(-1)?.issued?.accessToken;

test("RF-08 a token that the API does not take any more is refreshed once, and the request sent once more", async () => {
  const browser = await here.signIn("taken-back");
  const before = refreshes();
  let first = "";
  takes = (token) => {
    first ||= token;
    return token !== first;
  };
  const answer = await here.get(here.a, browser, "/bearer");
  assert.deepEqual([answer.status, answer.text], [200, "yes"]);
  assert.equal(refreshes(), before + 1);
  assert.deepEqual(asked, [first, lastGiven()]);
  assert.equal((await here.get(here.b, browser, "/bearer")).status, 200);
  assert.equal(refreshes(), before + 1, "the other gateway has the new one too");
});

test("RF-08 an API that takes none is asked twice, with one refresh, and its own 401 passes", async () => {
  const browser = await here.signIn("never-taken");
  const before = refreshes();
  takes = () => false;
  const answer = await here.get(here.a, browser, "/bearer");
  assert.deepEqual([answer.status, answer.text, answer.headers["www-authenticate"]], [401, "no", INVALID]);
  assert.equal(asked.length, 2);
  assert.equal(new Set(asked).size, 2);
  assert.equal(refreshes(), before + 1);
  assert.deepEqual(here.logged("session.ended", browser), [], "what an API says ends no session");
});

test("RF-08 a request with a body is not sent again, and costs no refresh", async () => {
  const browser = await here.signIn("with-a-body");
  const before = refreshes();
  takes = () => false;
  const headers = { ...SCRIPT, cookie: browser.ticket };
  const answer = await here.a.ask("/bearer", { method: "POST", headers, body: "a=b" });
  assert.deepEqual([answer.status, asked.length, refreshes()], [401, 1, before]);
});

test("RF-02, RF-08 a token refused for 40 requests over two gateways: one refresh, and all are answered", async () => {
  const browser = await here.signIn("taken-back-from-many");
  const before = refreshes();
  let first = "";
  takes = (token) => {
    first ||= token;
    return token !== first;
  };
  const gateways = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? here.a : here.b));
  const answers = await Promise.all(gateways.map((gateway) => here.get(gateway, browser, "/bearer")));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(refreshes(), before + 1);
});

test("RF-01 a WebSocket handshake and an event stream with an expired token wait for the refresh", async () => {
  const browser = await here.signIn("live");
  const before = refreshes();
  here.clock.pass(RAN_OUT);
  const held = here.provider.hold();
  const opening = Promise.all([openBoth(here.a.port, browser.ticket), openBoth(here.b.port, browser.ticket)]);
  await held.arrived;
  held.release();
  const streams = (await opening).flat();
  for (const stream of streams) await stream.use();
  assert.deepEqual(
    streams.map((stream) => stream.open),
    [true, true, true, true],
  );
  assert.equal(refreshes(), before + 1);
  for (const stream of streams) stream.leave();
});

test("S-06 a handshake whose client hangs up during the refresh is logged, and forgotten", async () => {
  const browser = await here.signIn("gone");
  here.clock.pass(RAN_OUT);
  const held = here.provider.hold();
  using leaving = dial(here.a.port, handshakeText("/gone", OWN_ORIGIN, `Cookie: ${browser.ticket}`));
  await held.arrived;
  leaving.socket.resetAndDestroy();
  assert.equal((await here.a.ask("/auth/session")).status, 401, "by its answer to the next one the gateway has seen that");
  const next = here.get(here.a, browser);
  held.release();
  assert.equal((await next).status, 200);
  const lines = here.a.log.filter((line) => line.includes('"event":"request"') && line.includes("/gone"));
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).outcome),
    ["client-gone"],
  );
});

test("RF-06, S-21 a stream is cut when the provider has ended the session", async () => {
  const browser = await here.signIn("cut");
  const streams = await openBoth(here.b.port, browser.ticket);
  here.provider.revokeAll();
  here.clock.pass(RAN_OUT);
  assert.equal((await here.get(here.a, browser)).status, 401);
  for (const stream of streams) await stream.closed();
  assert.deepEqual(await here.statuses(browser), [401, 401]);
});
