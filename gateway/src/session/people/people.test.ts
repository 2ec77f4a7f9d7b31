/** Who may sign in by which provider, and who may use which upstream: at a provider, over HTTP. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser } from "../../../test-support/browser.ts";
import { type FullGateway, type FullGatewayOptions, ORIGIN, PAGE, SCRIPT } from "../../../test-support/full-gateway.ts";
import { type MovingClock, movingClock } from "../../../test-support/moving-clock.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../../../test-support/provider/gateways-at-provider.ts";
import { CLIENT, type TestProvider } from "../../../test-support/provider/provider.ts";

let here: GatewaysAtProvider;
let provider: TestProvider;
const clock: MovingClock = movingClock();
const open = new AsyncDisposableStack();

before(async () => {
  here = open.use(await gatewaysAtProvider(clock));
  provider = here.provider;
  provider.lifetime = 300;
});
after(() => open.disposeAsync());
beforeEach(() => {
  provider.user = { sub: "alice", email: "alice@example.com", email_verified: true };
});

/** A gateway whose one provider has these settings. */
const gatewayWith = (settings: object, { config, ...options }: FullGatewayOptions = {}): Promise<FullGateway> =>
  here.start({ ...options, config: { providers: [{ issuer: provider.issuer, ...CLIENT, ...settings }], ...config } });

const eventsOf = (gateway: FullGateway, event: string) =>
  gateway.log.map((line): { readonly [field: string]: unknown } => JSON.parse(line)).filter((line) => line["event"] === event);

test("S-54 S-63 a foreign domain never gets a row; its person is told so, and can sign in as somebody else", async () => {
  const gateway = await gatewayWith({ users: ["@example.com"] });
  const browser = await new Browser().signIn(gateway);
  assert.equal((await browser.send(gateway.port, "/", { headers: SCRIPT })).status, 200);
  provider.user = { sub: "eve", email: "eve@example.com.evil.test", email_verified: true };
  const puts: unknown[] = [];
  const { put } = gateway.store;
  gateway.store.put = (row, condition) => {
    puts.push(row);
    return put(row, condition);
  };
  const eve = new Browser();
  const refused = await eve.login(gateway.port, "/cart");
  assert.equal(refused.status, 403);
  assert.match(refused.text, /eve@example\.com\.evil\.test may not sign in here\. Ask whoever runs this site/);
  assert.match(refused.text, /href="\/auth\/login\?return_to=%2Fcart&amp;prompt=select_account"[^>]*>Use another account</);
  assert.deepEqual([puts, eve.jar.size], [[], 0]);
  const [event] = eventsOf(gateway, "login.failed");
  assert.deepEqual(
    [event?.["level"], event?.["reason"], event?.["owner"], event?.["code"]],
    ["warn", "blocked", `${provider.issuer} eve`, "ERR_FORBIDDEN"],
  );
});

test("S-54 A-04 A-12 only a verified address counts, whole, in any case of letters", async () => {
  const gateway = await gatewayWith({ users: ["@example.com", "bob@other.test"] });
  const statusOf = async (claims: object): Promise<number> => {
    provider.user = { sub: "x", ...claims };
    return (await new Browser().login(gateway.port)).status;
  };
  const verified = { email_verified: true };
  for (const email of ["Alice@Example.COM", "bob@other.test", "x@example.com"])
    assert.equal(await statusOf({ email, ...verified }), 303, email);
  for (const email of ["eve@other.test", "a@b@example.com", "@example.com", "x@sub.example.com", "x@example.com@evil.test", "x"])
    assert.equal(await statusOf({ email, ...verified }), 403, email);
  assert.equal(await statusOf({ email: "alice@example.com", email_verified: false }), 403);
  assert.equal(await statusOf({}), 403, "without an address nobody is on the list");
  provider.user = { sub: "x", email: "alice@example.com", email_verified: false };
  assert.match((await new Browser().login(gateway.port)).text, /alice@example\.com was never verified/);
  const trusting = await gatewayWith({ users: ["@example.com"], trustUnverifiedEmail: true });
  assert.equal((await new Browser().login(trusting.port)).status, 303);
});

test("S-54 groups, address and name are read from the claims that the settings name, nested ones too", async () => {
  const claims = { groupsClaim: "realm_access.roles", emailClaim: "https://example.com/mail", userClaim: "employee.number" };
  const gateway = await gatewayWith(
    { ...claims, groups: ["staff"], users: ["@example.com"] },
    { upstreams: [{ access: "groups", groups: ["staff"] }] },
  );
  provider.user = {
    sub: "alice",
    realm_access: { roles: ["staff", "guests"] },
    "https://example.com/mail": "alice@example.com",
    employee: { number: "e-17" },
  };
  const browser = await new Browser().signIn(gateway);
  assert.equal((await browser.send(gateway.port, "/", { headers: SCRIPT })).status, 200);
  const told = gateway.seen.at(-1)?.headers ?? {};
  assert.deepEqual(
    ["user", "email", "groups"].map((name) => told[`x-auth-request-${name}`]),
    ["e-17", "alice@example.com", "staff,guests"],
  );
  provider.user = { ...provider.user, realm_access: { roles: ["guests"] }, groups: ["staff"] };
  const refused = await new Browser().login(gateway.port);
  assert.deepEqual([refused.status, /You are not in a group whose members/.test(refused.text)], [403, true]);
});

test("S-43 who is on the list no more is out at the next refresh, and told why", async () => {
  const gateway = await gatewayWith({ groups: ["staff"] });
  const groups = ["staff"];
  provider.user = { ...provider.user, groups };
  const browser = await new Browser().signIn(gateway);
  const ticket = browser.ticket;
  clock.pass(provider.lifetime * 1_000 + 1);
  assert.equal(await gateway.statusWith(ticket), 200, "still of the group");
  groups.pop();
  clock.pass(provider.lifetime * 1_000 + 1);
  const out = await browser.send(gateway.port, "/page", { headers: PAGE });
  assert.deepEqual([out.status, out.headers.location], [302, "/auth/login?return_to=%2Fpage&ended=admin"]);
  assert.equal(eventsOf(gateway, "session.refused")[0]?.["reason"], "blocked");
  assert.equal(await gateway.statusWith(ticket), 401);
});

test("S-54 S-64 files of addresses are read again at SIGHUP, for providers and for upstreams", async () => {
  const file = here.folder.write("staff.txt", "# staff\nalice@example.com\n\n@partner.test\n");
  const gateway = await gatewayWith(
    { users: ["bob@example.com", `file:${file}`] },
    { upstreams: [{ access: "user" }, { access: "user", users: [`file:${file}`], paths: ["/staff"] }] },
  );
  const alice = await new Browser().signIn(gateway);
  provider.user = { ...provider.user, sub: "bob", email: "bob@example.com" };
  const bob = await new Browser().signIn(gateway);
  const staff = async (who: Browser) => (await who.send(gateway.port, "/staff/", { headers: SCRIPT })).status;
  assert.deepEqual([await staff(alice), await staff(bob)], [200, 403]);
  here.folder.write("staff.txt", "bob@example.com\n");
  assert.deepEqual([await staff(alice), await staff(bob)], [200, 403], "not before it is told to");
  gateway.reload();
  assert.deepEqual([await staff(alice), await staff(bob)], [403, 200]);
  provider.user = { ...provider.user, sub: "alice", email: "alice@example.com" };
  assert.equal((await new Browser().login(gateway.port)).status, 403);
  here.folder.write("staff.txt", "not an address\n");
  assert.throws(() => gateway.reload(), /staff\.txt, whose line 1 is no address/);
  assert.equal(await staff(bob), 200);
});

test("S-63 whom an upstream keeps out stands in an event, and gets a page with a way out", async () => {
  const gateway = await gatewayWith(
    {},
    {
      upstreams: [
        { access: "user", users: ["@example.com"] },
        { access: "groups", groups: ["staff"], paths: ["/staff"] },
      ],
    },
  );
  provider.user = { sub: "eve", email: "eve@other.test", email_verified: true };
  const eve = await new Browser().signIn(gateway);
  const page = await eve.send(gateway.port, "/", { headers: PAGE });
  assert.equal(page.status, 403);
  assert.match(page.text, /You are signed in, but this is not for you[\s\S]*href="\/auth\/logout"/);
  const script = await eve.send(gateway.port, "/staff/", { headers: { ...SCRIPT, origin: ORIGIN } });
  assert.deepEqual([script.status, JSON.parse(script.text).code], [403, "ERR_FORBIDDEN"]);
  assert.equal(gateway.seen.length, 0);
  assert.deepEqual(
    eventsOf(gateway, "user.refused").map(({ level, reason, owner }) => [level, reason, owner]),
    [
      ["warn", "users", `${provider.issuer} eve`],
      ["warn", "groups", `${provider.issuer} eve`],
    ],
  );
});
