import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";

/** Two gateways with one secret and one file of sessions, and a third that knows the file and another secret. */
let provider: TestProvider;
let a: FullGateway;
let b: FullGateway;
let foreign: FullGateway;
const open = new AsyncDisposableStack();

before(async () => {
  const here = open.use(await gatewaysAtProvider());
  provider = here.provider;
  a = await here.replica();
  b = await here.replica();
  foreign = await here.replica({ config: { secrets: [randomBytes(32).toString("base64url")] } });
});
after(() => open.disposeAsync());

test("S-07, S-39, CR-09 a login begun on one replica is finished on the other, and good on both", async () => {
  const browser = new Browser();
  const back = await browser.approve(await browser.begin(a.port, "/there"));
  const landed = await browser.send(b.port, back, { headers: PAGE });
  assert.deepEqual([landed.status, landed.headers.location], [303, "/there"], landed.text);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [200, 200]);
  assert.equal(a.seen.at(-1)?.headers["x-auth-request-user"], "alice");
});

test("CB-02 a callback repeated on both replicas at once sends its code once", async () => {
  const browser = new Browser();
  const { pathname, search } = new URL(await browser.approve(await browser.begin(a.port, "/a")));
  const { cookie } = browser;
  const before = provider.count("/token");
  const asked = Array.from({ length: 20 }, (_, index) =>
    (index % 2 === 0 ? a : b).ask(pathname + search, { headers: { ...PAGE, cookie } }),
  );
  const answers = await Promise.all(asked);
  assert.equal(provider.count("/token"), before + 1);
  assert.equal(answers.filter(({ setCookies }) => setCookies.some((line) => /^__Host-Http-coatcheck=[^;]/.test(line))).length, 1);
  assert.ok(answers.every(({ status }) => status === 303));
});

test("S-42, SE-08 a logout on one replica kills the copied ticket on the other, and no other session", async () => {
  const browser = new Browser();
  const other = new Browser();
  await browser.login(a.port);
  await other.login(b.port);
  const copy = new Browser();
  copy.jar.set("__Host-Http-coatcheck", browser.jar.get("__Host-Http-coatcheck") ?? "");
  assert.equal(await b.statusWith(copy.ticket), 200);
  assert.equal((await browser.send(a.port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);
  assert.deepEqual([await b.statusWith(copy.ticket), await a.statusWith(copy.ticket)], [401, 401]);
  assert.equal(
    (
      await b.ask("/auth/check/nginx", {
        headers: { cookie: copy.ticket, "x-original-method": "GET", "x-original-url": "https://app.example.com/" },
      })
    ).status,
    401,
  );
  assert.deepEqual([await a.statusWith(other.ticket), await b.statusWith(other.ticket)], [200, 200]);
  assert.equal(
    (await b.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: copy.ticket } })).status,
    200,
    "a second logout",
  );
});

test("CB-09 a ticket from before a login on the other replica is dead on both", async () => {
  const browser = new Browser();
  await browser.login(a.port);
  const before = new Browser();
  before.jar.set("__Host-Http-coatcheck", browser.jar.get("__Host-Http-coatcheck") ?? "");
  await browser.login(b.port);
  assert.deepEqual([await a.statusWith(before.ticket), await b.statusWith(before.ticket)], [401, 401]);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [200, 200]);
});

test("S-39, S-41 another secret refuses a login in progress once, without a loop; tickets live on", async () => {
  const browser = new Browser();
  const back = await browser.approve(await browser.begin(a.port));
  const before = provider.count("/token");
  const refused = await browser.send(foreign.port, back, { headers: PAGE });
  assert.equal(refused.status, 400, refused.text);
  assert.equal(refused.headers.location, undefined);
  assert.equal(provider.count("/token"), before);
  assert.equal(browser.jar.size, 0, "the cookie that this gateway cannot open is gone");
  await browser.login(a.port);
  assert.equal(await foreign.statusWith(browser.ticket), 200);
});
