/** A user with many groups and a large ID token, on every store: what browsers are given stays small. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import { EVERY_STORE, storeAt } from "../test-support/every-store.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";

const GROUPS = Array.from({ length: 300 }, (_, index) => `group-${String(index).padStart(3, "0")}-xy`);
/** RFC 6265 §6.1: the least that every browser keeps of a cookie, its attributes included. */
const COOKIE = 4_096;
/** What servers and proxies take of a head, most of them. */
const HEADER = 8_192;
/** Logins that are begun in other tabs, and never finished. */
const TABS = 11;

const open = new AsyncDisposableStack();
after(() => open.disposeAsync());
let here: GatewaysAtProvider;
before(async () => {
  here = open.use(await gatewaysAtProvider());
  here.provider.user = { sub: "alice", groups: GROUPS, email: "alice@example.com", name: "Alice".padEnd(120, "e") };
});

/** What a browser sends, and what it is sent. */
function assertSmall({ cookie, heard }: Browser): void {
  assert.ok(cookie.length < HEADER, `cookies of ${cookie.length} bytes are sent`);
  for (const { url, answer } of heard) {
    for (const line of answer.setCookies) assert.ok(Buffer.byteLength(line) <= COOKIE, `${url} sets ${line.length} bytes`);
    const head = Object.entries(answer.headers).flat(2).join("\r\n");
    assert.ok(Buffer.byteLength(head) < HEADER, `${url} answers a head of ${head.length} bytes`);
  }
}

/** The largest ID token that the provider has given so far. */
function assertLargeToken({ provider }: GatewaysAtProvider): void {
  const tokens = [...provider.secrets].filter((one) => one.startsWith("ey"));
  const longest = Math.max(...tokens.map(({ length }) => length));
  assert.ok(longest > 6_000, `the ID token has ${longest} bytes`);
}

for (const [name, address] of EVERY_STORE) {
  test(`S-15, CK-05 300 groups and an ID token of 6 KB: small cookies and headers, on ${name}`, async () => {
    const store = await storeAt(await address({ open, folder: here.folder }));
    const gateway = await here.start({ store, upstream: { access: "user", token: "header" } });
    const browser = new Browser();
    for (let tab = 0; tab < TABS; tab++) {
      await browser.begin(gateway.port, `/${"a".repeat(500)}`);
      assertSmall(browser);
    }
    const landed = await browser.login(gateway.port, "/there");
    assert.deepEqual([landed.status, landed.headers.location], [303, "/there"], landed.text);
    assertLargeToken(here);

    assertSmall(browser);
    const { ticket } = browser;
    const page = await browser.send(gateway.port, "/page", { headers: PAGE });
    assert.equal(page.status, 200, page.text);
    assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-groups"], GROUPS.join(","));
    const said = await browser.send(gateway.port, "/auth/logout", { method: "POST", headers: SCRIPT });
    assert.equal(said.status, 200, said.text);
    assert.ok(JSON.parse(said.text).location.length <= COOKIE);

    assertSmall(browser);
    assert.equal(await gateway.statusWith(ticket), 401);
  });
}

test("S-15, CK-05 300 groups and an ID token of 6 KB fit a sealed cookie, if names are short", async () => {
  await using short = await gatewaysAtProvider();
  const groups = Array.from({ length: 300 }, (_, index) => `group-${String(index).padStart(3, "0")}`);
  short.provider.user = { sub: "alice", groups, email: "alice@example.com", name: "Alice".padEnd(390, "e") };
  const config = { store: "cookie:", refresh: { policy: "never" } };
  const gateway = await short.start({ sealed: "alone", upstream: { access: "user" }, config });
  const browser = await new Browser().signIn(gateway);
  assertLargeToken(short);
  assert.equal((await browser.send(gateway.port, "/page", { headers: PAGE })).status, 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-groups"], groups.join(","));
  assertSmall(browser);
});

test("S-15, CK-05 a sealed cookie refuses such a user in words, and sets none that is too large", async () => {
  const config = { store: "cookie:", refresh: { policy: "never" } };
  const gateway = await here.start({ sealed: "alone", upstream: { access: "user" }, config });
  const browser = new Browser();
  const landed = await browser.login(gateway.port, "/there");
  assert.equal(landed.status, 500, landed.text);
  assertSmall(browser);
  assert.equal(browser.ticket, "");
  assert.match(gateway.log.join(""), /ERR_COOKIE_TOO_LARGE/);

  here.provider.user = { ...here.provider.user, groups: GROUPS.slice(0, 200) };
  const fits = await new Browser().signIn(gateway);
  assert.equal((await fits.send(gateway.port, "/page", { headers: PAGE })).status, 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-groups"], GROUPS.slice(0, 200).join(","));
  assertSmall(fits);
});
