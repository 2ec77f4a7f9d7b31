import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { hmacJwt, signJwt } from "../../../test-support/provider/signing.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { AuditEvent, TokenVerifier } from "../../contracts.ts";
import { CoatcheckError, unavailable } from "../../core/errors.ts";
import { systemClock } from "../../engine/system.ts";
import type { CoatcheckOptions } from "../../index.ts";
import { coatcheck, custom } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { signIn } from "../../testing/sign-in.ts";
import type { BearerOptions } from "./verifiers.ts";
import { bearerVerifiers } from "./verifiers.ts";

const API = "https://api.example.com";
const op = await lyingProvider();
after(() => op.close());
afterEach(() => op.reset());

type Json = { readonly [name: string]: unknown };

function token(claims: Json = {}, header: Json = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  const honest = { iss: op.issuer, sub: "bob", aud: API, client_id: "cli", iat: now, exp: now + 300, jti: "t" };
  return signJwt({ alg: op.signs.alg, kid: op.signs.kid, typ: "at+jwt", ...header }, { ...honest, ...claims }, op.signs);
}

/** An app with alice's session in a cookie, and a journal of what was asked of its store. */
async function app(options: Partial<CoatcheckOptions<unknown>> = {}) {
  const { store, calls } = failingStore();
  const events: AuditEvent[] = [];
  const bearer: BearerOptions = { jwt: { issuer: op.issuer, audience: API }, realm: "api" };
  const auth = coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store, bearer, on: (event) => events.push(event), ...options });
  const cookie = await signIn(auth, { subject: "alice" });
  calls.length = 0;
  const ask = (headers: { readonly [name: string]: string }, method = "GET") =>
    auth.handle(
      new Request(`${ORIGIN}/`, { method, headers }),
      (session) => new Response(`${session.identity?.subject ?? "nobody"} by ${session.via}`),
    );
  return { auth, ask, cookie, calls, events };
}

test("S-01 S-04 10,000 requests with a bearer token, half with a cookie too: no write, cookie or look-up", async () => {
  const { auth, ask, cookie, calls } = await app();
  const authorization = `Bearer ${token()}`;
  const requests = Array.from({ length: 10_000 }, (_, index) => index);
  for (const index of requests) {
    const response = await ask({ ...NAVIGATION, authorization, ...(index % 2 === 0 ? { cookie } : {}) });
    assert.equal(response.headers.getSetCookie().length, 0);
    assert.equal(await response.text(), "bob by bearer");
  }
  assert.deepEqual(calls, []);
  assert.equal(op.count("keys"), 1);
  assert.equal(await (await ask({ cookie })).text(), "alice by session", "the session is as it was");
  await auth.close();
});

test("S-03 TP-05 an invalid token is 401 with its challenge, and never the user of the cookie", async () => {
  const { auth, ask, cookie, calls } = await app();
  const table: readonly (readonly [name: string, value: string, status: number, error: string])[] = [
    ["expired", token({ exp: 1 }), 401, "invalid_token"],
    ["for others", token({ aud: "x" }), 401, "invalid_token"],
    ["an ID token", token({}, { typ: "JWT" }), 401, "invalid_token"],
    ["HMAC", hmacJwt({ typ: "at+jwt" }, { iss: op.issuer }, "x"), 401, "invalid_token"],
    ["of another issuer", token({ iss: "https://evil.example" }), 401, "invalid_token"],
    ["no token of ours", "opaque", 401, "invalid_token"],
    ["ID-17 the cookie's own ticket", cookie.slice(cookie.indexOf("=") + 1), 401, "invalid_token"],
    ["two", `${token()}, Bearer ${token()}`, 400, "invalid_request"],
    ["empty", "", 400, "invalid_request"],
  ];
  for (const [name, value, status, error] of table) {
    const response = await ask({ ...NAVIGATION, cookie, authorization: `Bearer ${value}` });
    assert.equal(response.status, status, name);
    assert.equal(response.headers.get("www-authenticate"), `Bearer realm="api", error="${error}"`, name);
    assert.equal(response.headers.getSetCookie().length, 0, name);
    assert.equal((await response.text()).includes("alice"), false, name);
  }
  assert.deepEqual(calls, [], "the cookie was not even looked at");
  await auth.close();
});

test("TP-05 keys that cannot be had are 503 with Retry-After, and no user is signed out", async () => {
  const { auth, ask, cookie } = await app();
  op.lies.raw = (_, response) => {
    response.writeHead(503, { "retry-after": "9" }).end();
    return true;
  };
  const response = await ask({ cookie, authorization: `Bearer ${token()}` });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "9");
  assert.equal(response.headers.getSetCookie().length, 0);
  assert.equal(await (await ask({ cookie })).text(), "alice by session");
  await auth.close();
});

test("TP-05 another scheme names no caller: the cookie counts", async () => {
  const { auth, ask, cookie } = await app();
  for (const authorization of ["Basic YTpi", "DPoP x", "Negotiate abc"])
    assert.equal(await (await ask({ cookie, authorization })).text(), "alice by session", authorization);
  await auth.close();
});

test("S-04 CS-10 a client's own bearer is not checked for where it came from; one that a proxy adds is", async () => {
  const { auth, ask, cookie } = await app();
  const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example", authorization: `Bearer ${token()}` };
  assert.equal((await ask({ ...foreign, cookie }, "POST")).status, 200);
  assert.equal((await ask({ ...foreign, cookie, authorization: "Bearer x" }, "POST")).status, 401);
  assert.equal((await ask({ ...foreign, cookie, authorization: "Basic x" }, "POST")).status, 403);
  await auth.close();
  const behind = await app({ bearer: { jwt: { issuer: op.issuer, audience: API }, ambient: true } });
  assert.equal((await behind.ask(foreign, "POST")).status, 403);
  assert.equal((await behind.ask({ authorization: foreign.authorization }, "POST")).status, 403, "without any origin neither");
  assert.equal((await behind.ask({ ...foreign, "sec-fetch-site": "same-origin" }, "POST")).status, 200);
  await behind.auth.close();
});

test("TP-05 the bearer is asked before the app's own strategies, and these before the cookie", async () => {
  const robots = custom({
    name: "api-key",
    presented: (request) => request.header("x-api-key") !== undefined,
    authenticate: (request) => (request.header("x-api-key") === "good" ? { issuer: "robots", subject: "r2" } : null),
  });
  const { auth, ask, cookie } = await app({ strategies: [robots] });
  const authorization = `Bearer ${token()}`;
  assert.equal(await (await ask({ cookie, authorization, "x-api-key": "good" })).text(), "bob by bearer");
  assert.equal(await (await ask({ cookie, authorization, "x-api-key": "bad" })).text(), "bob by bearer");
  assert.equal((await ask({ cookie, authorization: "Bearer x", "x-api-key": "good" })).status, 401);
  assert.equal(await (await ask({ cookie, "x-api-key": "good" })).text(), "r2 by api-key");
  const refused = await ask({ cookie, "x-api-key": "bad" });
  assert.deepEqual([refused.status, refused.headers.get("www-authenticate")], [401, "api-key"]);
  await auth.close();
});

test("F-69 TP-07 a custom strategy that hangs is 503, one that throws 500, for those alone who present", async () => {
  const faults: readonly (readonly [status: number, authenticate: () => never | Promise<never> | null, timeout?: number])[] = [
    [500, () => assert.fail("thrown")],
    [500, () => Promise.reject(new Error("rejected"))],
    [503, () => Promise.reject(new Error("away")).catch(unavailable)],
    [503, () => new Promise(() => undefined), 20],
    [500, () => JSON.parse('{"subject":"alice"}')],
  ];
  for (const [status, authenticate, timeout = 60_000] of faults) {
    const presented = (request: { header(name: string): string | undefined }) => request.header("x-api-key") !== undefined;
    const faulty = custom({ name: "faulty", timeout, presented, authenticate });
    const { auth, ask, cookie } = await app({ strategies: [faulty] });
    assert.equal((await ask({ cookie, "x-api-key": "k" })).status, status);
    assert.equal(await (await ask({ cookie })).text(), "alice by session");
    await auth.close();
  }
});

test("TP-05 own verifiers come first, then JWTs, then introspection; close closes them", async () => {
  let closed = 0;
  const own: TokenVerifier = {
    name: "own",
    reads: (presented) => presented.startsWith("own-"),
    verify: () => ({ kind: "invalid", reason: "x" }),
    close: () => {
      closed += 1;
    },
  };
  const introspection = { issuer: op.issuer, clientId: "api", clientSecret: "s" };
  const options = { verifiers: [own], jwt: [{ issuer: op.issuer, audience: API }], introspection };
  const verifiers = bearerVerifiers(options, { clock: systemClock });
  const reading = (presented: string) => verifiers.findIndex((one) => one.reads(presented));
  assert.deepEqual(
    [reading("own-1"), reading(token()), reading("opaque"), reading(token({ iss: "https://x.example" }))],
    [0, 1, 2, 2],
  );
  const { auth } = await app({ bearer: options });
  await auth.close();
  assert.equal(closed, 1);
});

test("ID-17 what would make ID tokens of a login count is refused at start, as is what reads nothing", () => {
  const jwt = { issuer: op.issuer, audience: ["x", "app"], acceptPlainJwt: true };
  const clients = [{ issuer: op.issuer, clientId: "app" }];
  const wrong = (options: BearerOptions, message: RegExp) =>
    assert.throws(
      () => bearerVerifiers(options, { clock: systemClock, clients }),
      (error) => error instanceof CoatcheckError && error.code === "ERR_CONFIG" && message.test(error.message),
    );
  wrong({ jwt }, /clientId of the login/);
  wrong({}, /reads no token/);
  wrong({ jwt: [] }, /reads no token/);
  wrong(
    {
      jwt: [
        { issuer: op.issuer, audience: "a" },
        { issuer: op.issuer, audience: "b" },
      ],
    },
    /twice/,
  );
  for (const fine of [
    { ...jwt, acceptPlainJwt: false },
    { ...jwt, audience: "x" },
    { ...jwt, issuer: `${op.issuer}/other` },
  ])
    assert.equal(bearerVerifiers({ jwt: fine }, { clock: systemClock, clients }).length, 1);
  const provider = { issuer: op.issuer, clientId: "app" };
  assert.throws(
    () => coatcheck({ publicUrl: ORIGIN, secrets: SECRET, store: memory(), provider, bearer: { jwt } }),
    CoatcheckError,
  );
});
