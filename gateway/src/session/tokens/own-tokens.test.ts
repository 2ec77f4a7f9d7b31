import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { Browser, sessionIdOf } from "../../../test-support/browser.ts";
import { dial, handshakeText, OWN_ORIGIN } from "../../../test-support/connection.ts";
import type { FullGateway } from "../../../test-support/full-gateway.ts";
import { ORIGIN, SCRIPT, startFullGateway } from "../../../test-support/full-gateway.ts";
import { PUBLIC } from "../../../test-support/harness.ts";
import { type MovingClock, movingClock } from "../../../test-support/moving-clock.ts";
import { gatewaysAtProvider } from "../../../test-support/provider/gateways-at-provider.ts";
import type { Answered } from "../../../test-support/talk.ts";

const OPERATOR = "a-token-of-the-operators";
const CONFIG = {
  admin: { listen: "127.0.0.1:0", token: OPERATOR },
  tokens: {
    audiences: [
      { name: "api", scope: "jobs:read jobs:write", algorithm: "ES256" },
      { name: "orders", lifetime: "2m" },
      { name: "site", scope: "read" },
    ],
    accept: "site",
    personal: "api",
  },
  check: { audience: "orders", token: "own" },
};
const UPSTREAMS = [
  { access: "user" },
  { access: "api", paths: ["/api"], audience: "api", scope: "jobs:read", token: "own" },
  { access: "api", paths: ["/orders"], audience: "orders", token: "own" },
  { access: "optional", paths: ["/anyone"], audience: "api", token: "own" },
];
const ALICE = { issuer: "test", subject: "alice" };

let gateway: FullGateway;
let clock: MovingClock;
/** What an API verifies by: it knows the address of the keys alone. */
let keys: ReturnType<typeof createRemoteJWKSet>;

before(async () => {
  clock = movingClock();
  gateway = await startFullGateway({ config: CONFIG, upstreams: UPSTREAMS, world: { clock, providers: [] } });
  keys = createRemoteJWKSet(new URL("/auth/keys", ORIGIN), {
    [customFetch]: async (url: string) => Response.json(JSON.parse((await gateway.ask(new URL(url).pathname)).text)),
  });
});
after(() => gateway[Symbol.asyncDispose]());

/** A token that the operators issue. */
async function issued(
  request: object,
  kind = "",
): Promise<{ readonly id: string; readonly accessToken: string; readonly token: string }> {
  const headers = { authorization: `Bearer ${OPERATOR}`, "content-type": "application/json" };
  const { text } = await gateway.admin(`/tokens${kind}`, { method: "POST", headers, body: JSON.stringify(request) });
  return JSON.parse(text);
}

const shown = (path: string, token: string): Promise<Answered> =>
  gateway.ask(path, { headers: { ...SCRIPT, authorization: `Bearer ${token}` } });

/** The time of the gateway, which tests of before have moved. */
const date = (): Date => new Date(clock.now());

/** The bearer token that the app got last. */
function forwarded(): string {
  const { authorization = "" } = gateway.seen.at(-1)?.headers ?? {};
  return authorization.replace(/^Bearer /, "");
}

async function asUser(path: string, cookie: string, more: object = {}): Promise<string> {
  const answer = await gateway.ask(path, { headers: { ...SCRIPT, cookie, ...more } });
  assert.equal(answer.status, 200, answer.text);
  return forwarded();
}

test("JT-01 S-27 token own: the upstream verifies a token of ours, for it alone, by the published keys", async () => {
  const cookie = await gateway.signIn("alice");
  const token = await asUser("/api/jobs", cookie, { authorization: "Basic YTpi" });
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: ORIGIN, audience: "api", typ: "at+jwt" });
  const { sub, sid, scope, client_id, iat = 0, exp = 0, jti, auth_time } = payload;
  assert.deepEqual([sub, sid, scope, client_id], ["test alice", sessionIdOf(cookie), "jobs:read", ORIGIN]);
  assert.deepEqual([exp - iat, protectedHeader.alg], [300, "ES256"]);
  assert.ok(typeof jti === "string" && typeof auth_time === "number");
  assert.equal(await asUser("/api/jobs", cookie), token);
  const other = await asUser("/orders", cookie);
  await assert.rejects(jwtVerify(other, keys, { issuer: ORIGIN, audience: "api" }), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED" });
  const { payload: orders } = await jwtVerify(other, keys, { issuer: ORIGIN, audience: "orders", typ: "at+jwt" });
  assert.deepEqual([(orders.exp ?? 0) - (orders.iat ?? 0), decodeProtectedHeader(other).alg], [120, "EdDSA"]);
  assert.notEqual(await asUser("/api/jobs", await gateway.signIn("alice")), token);
});

test("S-27 token own: another one shortly before its end, and none that outlives the session", async () => {
  const cookie = await gateway.signIn("bea");
  const first = await asUser("/api", cookie);
  clock.pass(269_000);
  assert.equal(await asUser("/api", cookie), first);
  clock.pass(2_000);
  const second = await asUser("/api", cookie);
  assert.notEqual(second, first);
  const row = await gateway.store.get(sessionIdOf(cookie));
  // To its last two minutes, and never idle for an hour on the way.
  while (clock.now() < (row?.expires ?? 0) - 120_000) {
    await asUser("/", cookie);
    clock.pass(Math.min(1_800_000, (row?.expires ?? 0) - 119_000 - clock.now()));
  }
  assert.equal(decodeJwt(await asUser("/api", cookie)).exp, Math.floor((row?.expires ?? 0) / 1_000));
});

test("S-27 token own: anonymous callers bring nothing, and their own Authorization does not pass", async () => {
  assert.equal((await gateway.ask("/anyone", { headers: { ...SCRIPT, authorization: "Basic YTpi" } })).status, 200);
  assert.equal(gateway.seen.at(-1)?.headers.authorization, undefined);
});

test("S-69 the token of an upstream is no credential at the gateway", async () => {
  const cookie = await gateway.signIn("cora");
  const token = await asUser("/api", cookie);
  const before = gateway.seen.length;
  for (const path of ["/", "/api", "/orders", "/auth/session"]) assert.equal((await shown(path, token)).status, 401, path);
  assert.equal(gateway.seen.length, before);
  assert.equal(await gateway.statusWith(cookie), 200);
});

test("JT-02 a token of ours passes where its audience is named, with the scope that is asked for", async () => {
  const wide = await issued({ subject: ALICE, audience: "api", scope: "jobs:write jobs:read" });
  const narrow = await issued({ subject: ALICE, audience: "api", scope: "jobs:write" });
  const site = await issued({ subject: "runner-7", audience: "site" });
  const statuses = async (token: string): Promise<readonly number[]> => {
    const answers = await Promise.all(["/", "/api", "/orders", "/anyone"].map((path) => shown(path, token)));
    return answers.map(({ status }) => status);
  };
  assert.deepEqual(await statuses(wide.accessToken), [401, 200, 401, 200]);
  assert.deepEqual(await statuses(narrow.accessToken), [401, 403, 401, 200]);
  assert.deepEqual(await statuses(site.accessToken), [200, 401, 401, 401]);
  const refused = await shown("/api", narrow.accessToken);
  assert.equal(refused.headers["www-authenticate"], 'Bearer error="insufficient_scope", scope="jobs:read"');
  assert.match(String((await shown("/orders", wide.accessToken)).headers["www-authenticate"]), /error="invalid_token"/);
  assert.equal((await shown("/api", wide.accessToken)).status, 200);
  assert.equal(forwarded(), wide.accessToken);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "alice");
});

test("S-27 S-44 token own: a personal token stays here, and the upstream gets one that keys verify", async () => {
  const person = { ...ALICE, subject: "ida" };
  const made = await issued({ subject: person, name: "laptop", scope: "jobs:read jobs:write", lifetime: "1h" }, "/personal");
  const { token } = made;
  assert.equal((await shown("/api", token)).status, 200);
  const own = forwarded();
  const { payload } = await jwtVerify(own, keys, { issuer: ORIGIN, audience: "api", typ: "at+jwt", currentDate: date() });
  assert.deepEqual([payload.sub, payload["scope"], payload["sid"]], ["test ida", "jobs:read", undefined]);
  assert.ok((payload.exp ?? 0) * 1_000 <= clock.now() + 300_000);
  assert.ok(!JSON.stringify(gateway.seen).includes(token));
  const narrow = await issued({ subject: person, name: "phone", scope: "jobs:write" }, "/personal");
  assert.equal((await shown("/api", narrow.token)).status, 403);
});

test("CS-07 token own: a WebSocket's handshake has it too", async () => {
  const cookie = await gateway.signIn("dora");
  using socket = dial(gateway.port, handshakeText("/api/live", OWN_ORIGIN, `Cookie: ${cookie}`));
  await socket.until(/HTTP\/1\.1 200/);
  assert.equal((await jwtVerify(forwarded(), keys, { issuer: ORIGIN, audience: "api" })).payload.sub, "test dora");
});

const QUESTION = {
  nginx: { "x-original-method": "GET", "x-original-url": `${ORIGIN}/page` },
  forward: { "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-host": PUBLIC, "x-forwarded-uri": "/page" },
  "envoy/page": { "x-forwarded-proto": "https" },
};

test("S-27 the check endpoints hand the app's token to the proxy, and take tokens for the app alone", async () => {
  const cookie = await gateway.signIn("emma");
  const orders = await issued({ subject: ALICE, audience: "orders" });
  const site = await issued({ subject: ALICE, audience: "site" });
  for (const [name, question] of Object.entries(QUESTION)) {
    const ask = (more: object): Promise<Answered> =>
      gateway.ask(`/auth/check/${name}`, { headers: { ...SCRIPT, ...question, ...more } });
    const { status, headers } = await ask({ cookie });
    assert.equal(status, 200, name);
    const token = String(headers["authorization"]).replace(/^Bearer /, "");
    assert.equal((await jwtVerify(token, keys, { issuer: ORIGIN, audience: "orders" })).payload.sub, "test emma");
    const own = await ask({ authorization: `Bearer ${orders.accessToken}` });
    assert.deepEqual([own.status, own.headers["authorization"]], [200, `Bearer ${orders.accessToken}`]);
    assert.equal((await ask({ authorization: `Bearer ${site.accessToken}` })).status, 401);
  }
});

test("RF-08 token own: the no of the upstream reaches the client; no other token is tried", async () => {
  const challenge = 'Bearer error="invalid_token"';
  await using here = await gatewaysAtProvider();
  const strict = await here.start({
    config: CONFIG,
    upstreams: UPSTREAMS,
    app: (_, response) => response.writeHead(401, { "www-authenticate": challenge }).end("no"),
  });
  const { ticket } = await new Browser().signIn(strict);
  const answer = await strict.ask("/api", { headers: { ...SCRIPT, cookie: ticket } });
  assert.deepEqual([answer.status, answer.text, answer.headers["www-authenticate"]], [401, "no", challenge]);
  assert.deepEqual([strict.seen.length, here.provider.refreshes.length], [1, 0]);
});
