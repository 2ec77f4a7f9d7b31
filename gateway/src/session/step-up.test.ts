/** Upstreams whose users have to have signed in recently, behind a gateway; and a form that met that. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeProvider, manualClock } from "coatcheck/testing";
import { type FullGateway, ORIGIN, PAGE, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";

const MINUTE = 60_000;
const SENT = { ...PAGE, "sec-fetch-site": "same-origin", origin: ORIGIN };
const FORM = { ...SENT, "content-type": "application/x-www-form-urlencoded" };
const CART = "item=hat&note=two%0D%0Alines";

interface Shop {
  readonly gateway: FullGateway;
  readonly clock: ReturnType<typeof manualClock>;
  /** What reached the app: methods, addresses and bodies. */
  readonly arrived: readonly string[];
  /** Signs in at the provider, from the login's address on; answers the cookie and where it led. */
  throughLogin(login: string, cookie: string): Promise<{ readonly cookie: string; readonly to: string }>;
}

async function inShop(upstream: Readonly<Record<string, unknown>>, run: (shop: Shop) => Promise<void>): Promise<void> {
  const clock = manualClock();
  const provider = fakeProvider({ users: [{ subject: "alice" }], clock });
  const arrived: string[] = [];
  await using gateway = await startFullGateway({
    upstream,
    world: { providers: [provider], clock },
    app: async (request, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      arrived.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
      response.end("thanks");
    },
  });
  const throughLogin: Shop["throughLogin"] = async (login, cookie) => {
    const begun = await gateway.ask(login, { headers: { ...PAGE, cookie } });
    assert.equal(begun.status, 302, begun.text);
    const state = begun.setCookies.map((line) => line.replace(/;.*/, "")).join("; ");
    const { pathname, search } = new URL(provider.approve(String(begun.headers["location"])));
    const back = await gateway.ask(pathname + search, { headers: { ...PAGE, cookie: `${cookie}; ${state}` } });
    assert.equal(back.status, 303, back.text);
    const own = back.setCookies.map((line) => line.replace(/;.*/, "")).find((pair) => /^__Host-Http-coatcheck=./.test(pair));
    return { cookie: own ?? assert.fail("no cookie"), to: String(back.headers["location"]) };
  };
  await run({ gateway, clock, arrived, throughLogin });
}

const alice = (gateway: FullGateway) => gateway.signIn("alice", {}, { issuer: "https://provider.test" });

test("ID-10 the form that met a step-up at the gateway reaches the app exactly once", () =>
  inShop({ maxAge: "5m" }, async ({ gateway, clock, arrived, throughLogin }) => {
    const old = await alice(gateway);
    clock.advance(5 * MINUTE + 1);
    const stopped = await gateway.ask("/cart", { method: "POST", headers: { ...FORM, cookie: old }, body: CART });
    assert.equal(stopped.status, 303, stopped.text);
    const login = String(stopped.headers["location"]);
    assert.match(login, /^\/auth\/login\?return_to=%2Fauth%2Fcontinue%3Fform%3D[\w-]{22}&max_age=300$/);
    assert.deepEqual(arrived, []);
    const { cookie, to } = await throughLogin(login, old);
    const page = await gateway.ask(to, { headers: { ...PAGE, cookie } });
    assert.equal(page.status, 200);
    const [, action = ""] = / action="([^"]*)"/.exec(page.text) ?? [];
    assert.match(action, /^\/cart\?coatcheck_form=[\w-]{22}$/);
    const sending = { method: "POST", headers: { ...FORM, cookie }, body: CART };
    const answers = await Promise.all([gateway.ask(action, sending), gateway.ask(action, sending)]);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 303],
    );
    assert.equal(answers.find(({ status }) => status === 303)?.headers["location"], to);
    assert.deepEqual(arrived, [`POST ${action} ${CART}`]);
  }));

test("ID-10 what the gateway cannot keep, or was never sent whole, is said to be lost", () =>
  inShop({ maxAge: "5m" }, async ({ gateway, clock, arrived }) => {
    const cookie = await alice(gateway);
    clock.advance(6 * MINUTE);
    for (const [headers, body] of [
      [{ ...FORM, referer: `${ORIGIN}/shop?a=b` }, `note=${"x".repeat(70_000)}`],
      [{ ...SENT, "content-type": "multipart/form-data; boundary=x", referer: `${ORIGIN}/shop?a=b` }, "--x--"],
    ] as const) {
      const { status, headers: answered } = await gateway.ask("/cart", { method: "POST", headers: { ...headers, cookie }, body });
      assert.equal(status, 303);
      assert.match(String(answered["location"]), /return_to=%2Fauth%2Fcontinue%3Fback%3D%252Fshop%253Fa%253Db&max_age=300$/);
    }
    assert.deepEqual(arrived, []);
  }));

test("ID-10 scripts, and upstreams for programs, are told that it takes another sign-in", async () => {
  await inShop({ maxAge: "5m" }, async ({ gateway, clock }) => {
    const cookie = await alice(gateway);
    assert.equal((await gateway.ask("/", { headers: { ...SCRIPT, cookie } })).status, 200);
    clock.advance(6 * MINUTE);
    const told = await gateway.ask("/", { headers: { ...SCRIPT, cookie } });
    assert.deepEqual([told.status, JSON.parse(told.text).code], [401, "ERR_STEP_UP"]);
    assert.equal(told.headers["www-authenticate"], 'Bearer error="insufficient_user_authentication", max_age="300"');
  });
  await inShop({ access: "api", acr: ["gold"] }, async ({ gateway }) => {
    const told = await gateway.ask("/", { headers: { ...PAGE, cookie: await alice(gateway) } });
    assert.deepEqual([told.status, JSON.parse(told.text).code], [401, "ERR_STEP_UP"]);
  });
});
