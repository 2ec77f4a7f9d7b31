/** A provider that answers refreshes, and gives no tokens: no user is stuck, whatever its words are. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Browser } from "../test-support/browser.ts";
import { ORIGIN, PAGE } from "../test-support/full-gateway.ts";
import type { TwoReplicas } from "../test-support/two-replicas.ts";
import { RAN_OUT, twoReplicas, UNCONFIRMED } from "../test-support/two-replicas.ts";

let here: TwoReplicas;
const open = new AsyncDisposableStack();
before(async () => {
  here = open.use(await twoReplicas());
});
after(() => open.disposeAsync());
afterEach(() => {
  here.provider.fault = null;
});

/** Refreshes are answered so from now on; logins go on. */
function refuses(status: number, error: string): void {
  here.provider.fault = (endpoint, response, { form }) => {
    if (endpoint !== "/token" || form.get("grant_type") !== "refresh_token") return false;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    return true;
  };
}

const reasons = (browser: Browser): readonly unknown[] =>
  here.logged("session.ended", browser).map((line) => JSON.parse(line).reason);

/** Signs in again from where a navigation was sent to, and answers where that led. */
async function signInAgain(browser: Browser, location: string): Promise<string> {
  const login = await browser.send(here.a.port, location, { headers: PAGE });
  assert.equal(login.status, 302);
  const landed = await browser.send(here.a.port, await browser.approve(String(login.headers.location)), { headers: PAGE });
  assert.equal(landed.status, 303, landed.text);
  return String(landed.headers.location);
}

test("F-31 a second browser's login takes the first's refresh token, as at Dex: the first logs in again", async () => {
  const first = await here.signIn("dex");
  await here.signIn("dex");
  refuses(400, "invalid_request");
  here.clock.pass(RAN_OUT);
  assert.equal((await here.get(here.a, first)).status, 200, "the words may mean something else, once");
  here.clock.pass(2_000);
  const redirected = await first.send(here.a.port, "/wanted", { headers: PAGE });
  assert.equal(redirected.status, 302);
  assert.equal(new URL(String(redirected.headers.location), ORIGIN).searchParams.get("ended"), "provider");
  assert.deepEqual(reasons(first), ["provider"]);
  assert.equal(await signInAgain(first, "/auth/login?return_to=%2Fwanted"), "/wanted");
});

test("F-31 a provider refuses our client: past unconfirmed a page goes to the login, a script gets 401", async () => {
  const browser = await here.signIn("client");
  refuses(401, "invalid_client");
  here.clock.pass(RAN_OUT);
  assert.equal((await here.get(here.a, browser)).status, 200);
  here.clock.pass(UNCONFIRMED);
  for (const gateway of [here.a, here.b]) {
    const script = await here.get(gateway, browser);
    assert.deepEqual([script.status, JSON.parse(script.text).code], [401, "ERR_UNAUTHENTICATED"]);
    assert.equal((await here.get(gateway, browser, "/auth/session")).status, 401);
  }
  const redirected = await browser.send(here.a.port, "/wanted", { headers: PAGE });
  assert.deepEqual([redirected.status, redirected.headers.location], [302, "/auth/login?return_to=%2Fwanted"]);
  assert.deepEqual(reasons(browser), [], "nothing ended");
  assert.equal(await signInAgain(browser, "/auth/login?return_to=%2Fwanted"), "/wanted");
  here.provider.fault = null;
  assert.deepEqual(await here.statuses(browser), [200, 200]);
});

test("F-31 on demand too, past unconfirmed, a page that needs a token goes to the login; a script gets 401", async () => {
  await using there = await twoReplicas({ refresh: "on-demand" });
  const browser = await there.signIn("late");
  there.provider.fault = (endpoint, response, { form }) => {
    if (endpoint !== "/token" || form.get("grant_type") !== "refresh_token") return false;
    response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error: "invalid_client" }));
    return true;
  };
  there.clock.pass(RAN_OUT + UNCONFIRMED);
  for (const path of ["/token", "/bearer"]) {
    const redirected = await browser.send(there.a.port, path, { headers: PAGE });
    assert.deepEqual(
      [redirected.status, redirected.headers.location],
      [302, `/auth/login?return_to=${encodeURIComponent(path)}`],
    );
    const script = await there.get(there.a, browser, path);
    assert.deepEqual([script.status, JSON.parse(script.text).code], [401, "ERR_SESSION_ENDED"]);
  }
  assert.equal((await there.get(there.a, browser)).status, 200, "who needs no token goes on");
});
