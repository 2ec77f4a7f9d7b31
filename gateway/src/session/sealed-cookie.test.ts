/** Gateways whose sessions are in sealed cookies: two replicas, a provider, and what a browser is sent. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { sqlite } from "coatcheck/sqlite";
import { Browser } from "../../test-support/browser.ts";
import { type FullGateway, type FullGatewayOptions, PAGE, SCRIPT } from "../../test-support/full-gateway.ts";
import { liveApp, openBoth } from "../../test-support/live.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../../test-support/provider/gateways-at-provider.ts";

const NAME = "__Host-Http-coatcheck";
const TOKEN = "t".repeat(40);

let here: GatewaysAtProvider;
/** Two that share markers, and one on its own that keeps nothing. */
let a: FullGateway;
let b: FullGateway;
let alone: FullGateway;
const open = new AsyncDisposableStack();

before(async () => {
  here = open.use(await gatewaysAtProvider());
  const config = { secrets: [randomBytes(32).toString("base64url")], refresh: { policy: "never" } };
  const admin = { token: TOKEN, listen: "127.0.0.1:0" };
  const started = (more: FullGatewayOptions): Promise<FullGateway> =>
    here.start({ ...more, config: { ...config, store: "cookie:", ...more.config } });
  a = await started({ sealed: "marks", store: marks(), config: { store: "cookie+sqlite:a", admin } });
  b = await started({ sealed: "marks", store: marks(), config: { store: "cookie+sqlite:a" } });
  alone = await started({ sealed: "alone" });
});
after(() => open.disposeAsync());

/** A handle of its own on the file of markers that replicas share. */
const marks = () => sqlite(here.folder.file("marks.db"));

/** Each user signs in once after a logout by the provider: its session does not come back. */
async function signedIn(gateway: FullGateway, sub: string, claims: { readonly [claim: string]: unknown } = {}): Promise<Browser> {
  here.provider.user = { sub, ...claims };
  return new Browser().signIn(gateway);
}

const leave = (browser: Browser, gateway: FullGateway) =>
  browser.send(gateway.port, "/auth/logout", { method: "POST", headers: SCRIPT });

test("CR-14 a login at one replica is a session at the other; the app sees none of our cookies", async () => {
  const browser = await signedIn(a, "alice");
  const cookie = `${browser.cookie}; theirs=1`;
  const answer = await b.ask("/a", { headers: { ...SCRIPT, cookie } });
  assert.equal(answer.status, 200);
  const { headers } = JSON.parse(answer.text);
  assert.deepEqual([headers["x-auth-request-user"], headers.cookie], ["alice", "theirs=1"]);
});

test("SE-08 LO-10 a logout at one replica ends the copied cookie and its streams at the other", async () => {
  await using app = await liveApp();
  await using streaming = await here.start({
    sealed: "marks",
    store: marks(),
    upstreams: [{ url: `http://127.0.0.1:${app.port}`, access: "user" }],
    config: { secrets: a.settings.secrets, refresh: { policy: "never" }, store: "cookie+sqlite:a" },
  });
  const browser = await signedIn(a, "alice");
  const { cookie } = browser;
  const streams = await openBoth(streaming.port, cookie);
  assert.equal((await leave(browser, a)).status, 200);
  assert.equal(browser.jar.size, 0);
  assert.equal(await b.statusWith(cookie), 401);
  await Promise.all(streams.map((stream) => stream.closed()));
});

test("LO-10 the provider's logout ends a sealed session on every replica, and no other user's", async () => {
  const [alice, bob] = [await signedIn(a, "alice"), await signedIn(a, "bob")];
  const body = new URLSearchParams({ logout_token: here.provider.logoutToken({ sid: "sid-alice" }) }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  assert.equal((await b.ask("/auth/backchannel-logout", { method: "POST", headers, body })).status, 200);
  assert.deepEqual(
    [await a.statusWith(alice.cookie), await b.statusWith(alice.cookie), await a.statusWith(bob.cookie)],
    [401, 401, 200],
  );
  const refused = await alone.ask("/auth/backchannel-logout", {
    method: "POST",
    headers,
    body: new URLSearchParams({ logout_token: here.provider.logoutToken({ sub: "bob" }) }).toString(),
  });
  assert.deepEqual([refused.status, JSON.parse(refused.text).code], [400, "ERR_NOT_OFFERED"]);
});

test("CK-05 CK-06 a user with 300 groups signs in, and all of our cookies stay below 8 KiB", async () => {
  const groups = Array.from({ length: 300 }, (_, index) => `group-${index}`);
  const browser = await signedIn(alone, "alice", { groups });
  const lines = browser.heard.flatMap(({ answer }) => answer.setCookies);
  for (const line of lines) assert.ok(Buffer.byteLength(line) <= 4_096, `${line.slice(0, 40)}: ${line.length}`);
  assert.deepEqual([...browser.jar.keys()], [NAME, `${NAME}.1`]);
  await browser.begin(alone.port);
  await browser.begin(alone.port);
  await browser.begin(alone.port);
  assert.ok(browser.cookie.length < 8_192, String(browser.cookie.length));
  const answer = await browser.send(alone.port, "/a", { headers: SCRIPT });
  assert.equal(JSON.parse(answer.text).headers["x-auth-request-groups"], groups.join(","));
});

test("CK-05 a user who does not fit is told so by a page, and the log has the code", async () => {
  const groups = Array.from({ length: 300 }, (_, index) => `${"a-department-with-a-long-name".repeat(2)}-${index}`);
  here.provider.user = { sub: "alice", groups };
  const browser = new Browser();
  const landed = await browser.login(alone.port);
  assert.equal(landed.status, 500);
  assert.match(landed.headers["content-type"] ?? "", /text\/html/);
  assert.deepEqual(
    [...browser.jar.keys()].filter((name) => !name.includes(".login.")),
    [],
  );
  assert.match(alone.log.join("\n"), /ERR_COOKIE_TOO_LARGE/);
});

test("SE-16 while the markers cannot be read sealed sessions are 503, and no cookie is lost", async () => {
  const browser = await signedIn(a, "carol");
  const before = browser.cookie;
  a.store.down = true;
  try {
    const answer = await browser.send(a.port, "/a", { headers: PAGE });
    assert.deepEqual([answer.status, browser.cookie], [503, before]);
    const left = await leave(browser, a);
    assert.deepEqual([left.status, JSON.parse(left.text).code, browser.jar.size], [503, "ERR_LOGOUT_PENDING", 0]);
  } finally {
    a.store.down = false;
  }
  await settled(async () => (await b.statusWith(before)) === 401);
});

test("SE-08 the admin API ends a sealed session by its id, and says that it lists none", async () => {
  const browser = await signedIn(a, "dora");
  const shown = await browser.send(a.port, "/auth/session", { headers: SCRIPT });
  const { id } = JSON.parse(shown.text).session;
  const headers = { authorization: `Bearer ${TOKEN}` };
  const listed = await a.admin("/sessions?owner=x", { headers });
  assert.deepEqual([listed.status, JSON.parse(listed.text).code], [501, "ERR_NOT_OFFERED"]);
  assert.equal((await a.admin(`/sessions/${id}`, { method: "DELETE", headers })).status, 204);
  assert.equal(await b.statusWith(browser.cookie), 401);
});

test("SE-08 without markers a logout clears the browser's cookie, and its copy lives on", async () => {
  const browser = await signedIn(alone, "alice");
  const { cookie } = browser;
  assert.equal((await leave(browser, alone)).status, 200);
  assert.equal(browser.jar.size, 0);
  assert.equal(await alone.statusWith(cookie), 200);
  assert.match(alone.log.join("\n"), /store\.limited/);
});

/** Retries of what the store did not take come by the clock of the process. */
async function settled(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("it did not happen within ten seconds");
}
