/** The provider signs a user out, and tells one gateway of two that share a file of sessions. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { SCRIPT, startFullGateway } from "../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";
import type { Answered } from "../test-support/talk.ts";

let provider: TestProvider;
let a: FullGateway;
let b: FullGateway;
const open = new AsyncDisposableStack();

before(async () => {
  const here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  a = await here.replica({ config: { frontchannelLogout: { enabled: true } } });
  b = await here.replica({ config: { frontchannelLogout: { enabled: true } } });
});
after(() => open.disposeAsync());

/** Each user signs in once: a session of the provider that was signed out does not come back. */
function signedIn(gateway: FullGateway, sub: string): Promise<Browser> {
  provider.user = { sub };
  return new Browser().signIn(gateway);
}

/** As a provider's server asks: no cookie, no header of a browser. */
const tell = (gateway: FullGateway, token: string, type = "application/x-www-form-urlencoded"): Promise<Answered> =>
  gateway.ask("/auth/backchannel-logout", {
    method: "POST",
    headers: { "content-type": type },
    body: new URLSearchParams({ logout_token: token }).toString(),
  });

const FRAME = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site" };

test("LO-04, LO-10, S-46 a logout token to one replica ends the session on the other, and no other session", async () => {
  const alice = await signedIn(a, "alice");
  const bob = await signedIn(a, "bob");
  assert.deepEqual([await a.statusWith(alice.ticket), await b.statusWith(bob.ticket)], [200, 200]);
  const told = await tell(b, provider.logoutToken({ sid: "sid-alice" }));
  assert.deepEqual([told.status, told.text, told.headers["cache-control"], told.setCookies], [200, "", "no-store", []]);
  assert.deepEqual(
    [await a.statusWith(alice.ticket), await b.statusWith(alice.ticket), await a.statusWith(bob.ticket)],
    [401, 401, 200],
  );
  assert.match(b.log.join("\n"), /backchannel\.completed/);
});

test("LO-08 the same token is good once, whichever replica has it", async () => {
  const token = provider.logoutToken({ sub: "no-user-here" });
  const answers = await Promise.all([tell(a, token), tell(b, token), tell(a, token)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400]);
});

test("LO-04, LO-07 through the gateway too, refusals are 400, not stored, and no token is logged", async () => {
  const carol = await signedIn(a, "carol");
  const token = provider.logoutToken({ sid: "sid-carol", nonce: "n" });
  const idToken = [...provider.secrets].findLast((secret) => /^eyJ/.test(secret) && secret !== token) ?? assert.fail();
  for (const bad of [token, idToken, "x"]) {
    const { status, headers } = await tell(b, bad);
    assert.deepEqual([status, headers["cache-control"]], [400, "no-store"]);
  }
  assert.ok([400, 415].includes((await tell(b, provider.logoutToken({ sid: "sid-carol" }), "application/json")).status));
  const asked = await b.ask("/auth/backchannel-logout");
  assert.deepEqual([asked.status, asked.headers.allow], [405, "POST"]);
  assert.equal(await a.statusWith(carol.ticket), 200);
  const logged = [...a.log, ...b.log].join("\n");
  for (const secret of [token, idToken]) assert.ok(!logged.includes(secret.slice(0, 60)));
});

test("LO-11 the front channel: in the provider's frame, without a cookie, framable by the provider alone", async () => {
  const visitor = await signedIn(a, "dave");
  const query = new URLSearchParams({ iss: provider.issuer, sid: "sid-dave" }).toString();
  const framed = await b.ask(`/auth/frontchannel-logout?${query}`, { headers: FRAME });
  assert.equal(framed.status, 200);
  assert.match(String(framed.headers["content-security-policy"]), new RegExp(`frame-ancestors ${provider.issuer}$`));
  assert.equal(framed.headers["x-frame-options"], undefined);
  assert.equal(framed.headers["cache-control"], "no-store");
  assert.deepEqual([await a.statusWith(visitor.ticket), await b.statusWith(visitor.ticket)], [401, 401]);
  const refused = await b.ask("/auth/frontchannel-logout?sid=x", { headers: FRAME });
  assert.equal(refused.status, 400);
  assert.match(String(refused.headers["content-security-policy"]), /frame-ancestors 'none'/);
});

test("F-21 the cookie alone signs no user out, from a browser that says nothing of frames", async () => {
  const visitor = await signedIn(a, "erin");
  const { status, setCookies } = await b.ask("/auth/frontchannel-logout", { headers: { cookie: visitor.ticket } });
  assert.equal(status, 400);
  assert.equal(setCookies.length, 0);
  assert.equal(await a.statusWith(visitor.ticket), 200);
});

test("F-21 unless it is configured there is no front channel", async () => {
  await using gateway = await startFullGateway({ world: {} });
  const query = new URLSearchParams({ iss: provider.issuer, sid: "sid-dave" }).toString();
  const { status } = await gateway.ask(`/auth/frontchannel-logout?${query}`, { headers: FRAME });
  assert.equal(status, 404);
});

test("HD-02 what has no policy of its own may not be framed", async () => {
  const { headers } = await a.ask("/auth/session", { headers: SCRIPT });
  assert.equal(headers["x-frame-options"], "DENY");
  const page = await a.ask("/auth/logout", { headers: { accept: "text/html" } });
  assert.match(String(page.headers["content-security-policy"]), /frame-ancestors 'none'/);
});
