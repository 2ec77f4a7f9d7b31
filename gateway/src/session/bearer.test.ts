import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { dial, handshakeText, requestText, statusesIn } from "../../test-support/connection.ts";
import { SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import { PUBLIC } from "../../test-support/harness.ts";
import { type Listening, listenOn } from "../../test-support/talk.ts";
import { loadConfig } from "../config/config.ts";
import { formatProblems } from "../config/sources/place.ts";

const AUDIENCE = "https://api.example.com";

/** A provider that publishes a key, and tokens that are signed with it. */
async function keyServer(): Promise<Listening & { readonly issuer: string; token(more?: object): string }> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
  const listening = await listenOn((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  const issuer = `http://127.0.0.1:${listening.port}`;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return Object.assign(listening, {
    issuer,
    token(more: object = {}) {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: AUDIENCE,
        sub: "robot",
        client_id: "cli",
        jti: "1",
        iat: now,
        exp: now + 60,
        groups: ["bots"],
      };
      const input = `${part({ alg: "RS256", kid: "k", typ: "at+jwt" })}.${part({ ...claims, ...more })}`;
      return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
    },
  });
}

test("S-01 S-04 JT-02 a valid token is a user to the app, leaves no session, and ends at the gateway", async () => {
  await using keys = await keyServer();
  const bearer = { jwt: [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }] };
  await using gateway = await startFullGateway({ config: { bearer } });
  const cookie = await gateway.signIn("alice");
  const authorization = `Bearer ${keys.token()}`;
  const answer = await gateway.ask("/page", { headers: { ...SCRIPT, cookie, authorization } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["set-cookie"], undefined);
  const { headers = {} } = gateway.seen.at(-1) ?? {};
  assert.deepEqual([headers["x-auth-request-user"], headers["x-auth-request-groups"]], ["robot", "bots"]);
  assert.equal(headers.authorization, undefined);
});

test("S-03 A-36 TP-05 a token that does not count is 401 with a challenge, whatever cookie is beside it", async () => {
  await using keys = await keyServer();
  const bearer = { jwt: [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }], realm: "api" };
  await using gateway = await startFullGateway({ config: { bearer } });
  const cookie = await gateway.signIn("alice");
  for (const token of [keys.token({ aud: "https://other.example" }), keys.token({ exp: 1 }), "opaque", `${keys.token()}x`]) {
    const answer = await gateway.ask("/page", { headers: { ...SCRIPT, cookie, authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 401);
    assert.match(String(answer.headers["www-authenticate"]), /Bearer realm="api".*error="invalid_token"/);
  }
  assert.equal(gateway.seen.length, 0);
});

test("a route that forwards a token forwards the one that was presented", async () => {
  await using keys = await keyServer();
  const bearer = { jwt: [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }] };
  await using gateway = await startFullGateway({ config: { bearer }, upstream: { token: "authorization" } });
  const token = keys.token();
  assert.equal((await gateway.ask("/page", { headers: { ...SCRIPT, authorization: `Bearer ${token}` } })).status, 200);
  assert.equal(gateway.seen.at(-1)?.headers.authorization, `Bearer ${token}`);
});

test("S-55 a route says by which strategies it may be reached; users of others get 403", async () => {
  await using keys = await keyServer();
  const bearer = { jwt: [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }] };
  await using gateway = await startFullGateway({
    config: { bearer, proxyIdentity: { preset: "generic", trusted: ["127.0.0.0/8"] } },
    upstreams: [
      {},
      { paths: ["/account"], via: ["session"] },
      { paths: ["/people"], via: ["session", "proxy"] },
      { paths: ["/robots"], via: "bearer" },
      { paths: ["/open"], access: "optional", via: ["session"] },
    ],
  });
  const cookie = await gateway.signIn("alice");
  const by: { readonly [way: string]: { readonly [name: string]: string } } = {
    session: { cookie },
    proxy: { "x-forwarded-user": "bob" },
    bearer: { authorization: `Bearer ${keys.token()}` },
    nothing: {},
  };
  const expected: { readonly [path: string]: readonly number[] } = {
    "/": [200, 200, 200, 401],
    "/account": [200, 403, 403, 401],
    "/people": [200, 200, 403, 401],
    "/robots": [403, 403, 200, 401],
    "/open": [200, 403, 403, 200],
  };
  for (const [path, statuses] of Object.entries(expected)) {
    const found = Object.values(by).map(
      async (headers) => (await gateway.ask(path, { headers: { ...SCRIPT, ...headers } })).status,
    );
    assert.deepEqual(await Promise.all(found), statuses, path);
  }
  const check = async (query: string, headers: { readonly [name: string]: string }): Promise<number> => {
    const metadata = { "x-original-method": "GET", "x-original-url": `https://${PUBLIC}/page` };
    return (await gateway.ask(`/auth/check/nginx?${query}`, { headers: { ...SCRIPT, ...metadata, ...headers } })).status;
  };
  assert.deepEqual(
    [await check("via=session", by["session"] ?? {}), await check("via=session,bearer", by["bearer"] ?? {})],
    [200, 200],
  );
  assert.deepEqual([await check("via=bearer", by["session"] ?? {}), await check("via=session", by["bearer"] ?? {})], [403, 403]);
  assert.deepEqual([await check("via=cookie", by["session"] ?? {}), await check("via=", by["session"] ?? {})], [400, 400]);
});

test("CS-10 an unsafe request with a token of its own needs no origin, unless a proxy adds the token", async () => {
  await using keys = await keyServer();
  for (const ambient of [false, true]) {
    const jwt = [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }];
    await using gateway = await startFullGateway({ config: { bearer: { jwt, ambient } } });
    const headers = { accept: "application/json", "sec-fetch-site": "cross-site", authorization: `Bearer ${keys.token()}` };
    assert.equal((await gateway.ask("/page", { method: "POST", headers })).status, ambient ? 403 : 200);
  }
});

test("bearer without anything to read does not start", () => {
  const environment = {
    COATCHECK_SECRET: "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM",
    COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
    COATCHECK_ISSUER: "https://id.example.com",
    COATCHECK_CLIENT_ID: "app",
    COATCHECK_CLIENT_SECRET: "s",
  };
  const loaded = loadConfig({ args: [], environment, directory: "/nonexistent", file: { bearer: { realm: "x" } } });
  assert.ok(!loaded.ok && /bearer reads no token/.test(formatProblems(loaded.problems)));
});

test("F-01 a handshake with a bogus token behind a request that is not answered yet ends nothing", async () => {
  await using keys = await keyServer();
  const bearer = { jwt: [{ issuer: keys.issuer, audience: AUDIENCE, jwksUri: `${keys.issuer}/keys` }] };
  const late: (() => void)[] = [];
  await using gateway = await startFullGateway({
    config: { bearer },
    upstreams: [{ access: "user" }, { access: "public", paths: ["/slow"] }],
    app: (_message, response) => late.push(() => response.end("slow")),
  });
  assert.equal((await gateway.ask("/page", { headers: { authorization: `Bearer ${keys.token()}x` } })).status, 401);
  const refused = handshakeText("/socket", `Authorization: Bearer ${keys.token()}x`);
  using both = dial(gateway.port, requestText("GET /slow") + refused);
  // The keys are there; the handshake's no takes a few rounds, and the answer before it is not out yet.
  for (let rounds = 0; late.length === 0 || rounds < 200; rounds++) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of late) answer();
  assert.deepEqual(statusesIn(await both.closed()), [200, 401]);
  assert.equal((await gateway.ask("/page")).status, 401);
});
