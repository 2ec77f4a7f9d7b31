import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { inspect } from "node:util";
import { steadily } from "../../../../tools/suite/steady.ts";
import type { JournalEntry } from "../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, clientOf, signIn } from "../../../test-support/provider/sign-on.ts";
import { signingKey } from "../../../test-support/provider/signing.ts";
import type { ProviderTokens } from "../../contracts.ts";
import type { ProviderConfig } from "./config.ts";

const SECRET = "a:b%c +/~é";
const op = await lyingProvider({ clientSecret: SECRET });
after(() => op.close());
afterEach(() => op.reset());

const TOKENS: ProviderTokens = { accessToken: "access-0", refreshToken: "refresh-0", idToken: null, scope: null, expires: 0 };

/** A login, a refresh and a revocation; what was sent to the endpoints at which the client has to prove itself. */
async function allRequests(config: Partial<ProviderConfig> = {}): Promise<readonly JournalEntry[]> {
  const { provider } = clientOf(op, config);
  const login = await signIn(op, provider);
  if (login.kind !== "login") return assert.fail(String(login.cause));
  const refreshed = await provider.refresh(login.tokens, login.identity);
  assert.equal(refreshed.kind, "refreshed");
  assert.equal(await provider.revoke(refreshed.kind === "refreshed" ? refreshed.tokens : TOKENS), true);
  await provider.close();
  return op.journal.filter(({ endpoint }) => endpoint === "token" || endpoint === "revocation");
}

test("TK-01 TK-02 TK-03 client_secret_basic encodes id and secret, on every request, as the only proof", async () => {
  const requests = await allRequests();
  assert.deepEqual(
    requests.map(({ endpoint, form }) => form.get("grant_type") ?? `${endpoint} ${form.get("token_type_hint")}`),
    ["authorization_code", "refresh_token", "revocation refresh_token", "revocation access_token"],
  );
  for (const { headers, form } of requests) {
    const basic = Buffer.from((headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
    assert.match(basic, /^app:a%3Ab%25c(%20|\+)%2B%2F(~|%7E)%C3%A9$/);
    assert.equal(form.has("client_secret") || form.has("client_assertion"), false);
  }
});

test("TK-02 TK-03 client_secret_post is used if it is configured, without a header", async () => {
  for (const { headers, form } of await allRequests({ clientAuthentication: "client_secret_post" })) {
    assert.equal(headers.authorization, undefined);
    assert.equal(form.get("client_secret"), SECRET);
    assert.equal(form.get("client_id"), "app");
  }
});

test("TK-04 private_key_jwt says who, for whom, and what it is; each once", async () => {
  const key = signingKey("client", "ES256");
  const privateKey: ProviderConfig["privateKey"] = { ...key.privateKey.export({ format: "jwk" }), alg: "ES256", kid: "client" };
  const ids = new Set<unknown>();
  for (const { headers, form } of await allRequests({ clientAuthentication: "private_key_jwt", privateKey })) {
    assert.equal(headers.authorization, undefined);
    assert.equal(form.has("client_secret"), false);
    assert.equal(form.get("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const [header = "", payload = "", signature = ""] = (form.get("client_assertion") ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    assert.deepEqual(JSON.parse(Buffer.from(header, "base64url").toString()), {
      alg: "ES256",
      kid: "client",
      typ: "client-authentication+jwt",
    });
    assert.equal(claims.iss, "app");
    assert.equal(claims.sub, "app");
    assert.equal(claims.aud, op.issuer);
    assert.ok(claims.exp - claims.iat <= 60);
    ids.add(claims.jti);
    const signed = {
      key: createPublicKey(key.publicKey.export({ type: "spki", format: "pem" })),
      dsaEncoding: "ieee-p1363",
    } as const;
    assert.ok(verify("sha256", Buffer.from(`${header}.${payload}`), signed, Buffer.from(signature, "base64url")));
  }
  assert.equal(ids.size, 4);
});

test("TK-04 an assertion for a provider that names the honest one's token endpoint is of no use there", async () => {
  const evil = await lyingProvider();
  evil.lies.metadata = (honest) => ({ ...honest, token_endpoint: `${op.issuer}/token` });
  const key = signingKey("client", "ES256");
  const privateKey: ProviderConfig["privateKey"] = { ...key.privateKey.export({ format: "jwk" }), alg: "ES256" };
  const { provider } = clientOf(evil, { clientAuthentication: "private_key_jwt", privateKey });
  await signIn(evil, provider);
  const sent = op.journal.find(({ endpoint }) => endpoint === "token")?.form.get("client_assertion") ?? "";
  const claims = JSON.parse(Buffer.from(sent.split(".")[1] ?? "", "base64url").toString());
  assert.equal(claims.aud, evil.issuer);
  await provider.close();
  await evil.close();
});

test("TK-08 token_type counts in any case, and only bearer is of use", async () => {
  const { provider } = clientOf(op);
  for (const [token_type, fits] of [
    ["bearer", true],
    ["BEARER", true],
    ["Bearer", true],
    ["DPoP", false],
    ["mac", false],
    ["", false],
    [1, false],
    [undefined, false],
  ] as const) {
    op.lies.token = (honest) => ({ ...honest, token_type });
    assert.equal((await signIn(op, provider)).kind, fits ? "login" : "invalid", String(token_type));
  }
  await provider.close();
});

test("TK-09 a lifetime that is missing or odd becomes five minutes, never forever", async () => {
  const { provider } = clientOf(op);
  for (const [expires_in, lifetime] of [
    [undefined, 300],
    [-1, 300],
    [0, 300],
    [1e99, 300],
    [null, 300],
    ["soon", 300],
    ["-5", 300],
    [{}, 300],
    [60, 60],
    ["3600", 3_600],
    [59.5, 59.5],
  ] as const) {
    op.lies.token = (honest) => ({ ...honest, expires_in });
    const before = Date.now();
    const login = await signIn(op, provider);
    if (login.kind !== "login") assert.fail(String(expires_in));
    const from = login.tokens.expires - lifetime * 1_000;
    assert.ok(from >= before && from <= Date.now(), `${String(expires_in)}: ${from - before}`);
  }
  await provider.close();
});

test("TK-10 a code is sent once, also when the answer is lost after it took effect", () =>
  steadily(async () => {
    op.reset();
    const { provider } = clientOf(op, { timeout: 1_500 });
    op.lies.lost = ({ endpoint }, response) => endpoint === "token" && Boolean(response.destroy());
    assertFailed(await signIn(op, provider), "unavailable", "network");
    op.lies.lost = ({ endpoint }) => endpoint === "token";
    assertFailed(await signIn(op, provider), "unavailable", "timeout");
    const codes = op.journal.filter(({ endpoint }) => endpoint === "token").map(({ form }) => form.get("code"));
    assert.equal(codes.length, 2);
    assert.equal(new Set(codes).size, 2);
    await provider.close();
  }));

test("TK-12 the access token travels in a header alone", async () => {
  const { provider } = clientOf(op, { userinfo: true });
  const login = await signIn(op, provider);
  const asked = op.journal.find(({ endpoint }) => endpoint === "userinfo");
  assert.equal(asked?.headers.authorization, `Bearer ${login.kind === "login" ? login.tokens.accessToken : ""}`);
  assert.equal(asked?.query.size, 0);
  assert.equal(asked?.body, "");
  await provider.close();
});

test("tokens that could not travel in a header are refused", async () => {
  const { provider } = clientOf(op);
  for (const token of ["a b", "a\r\nx: y", "", "ä", "\u0000", 1, null]) {
    op.lies.token = (honest) => ({ ...honest, access_token: token });
    assertFailed(await signIn(op, provider), "invalid");
  }
  op.lies.token = (honest) => ({ ...honest, refresh_token: "a\nb" });
  assertFailed(await signIn(op, provider), "invalid");
  await provider.close();
});

test("CB-01 CB-03 state and iss of the answer are compared before anything is sent, errors included", async () => {
  const { provider } = clientOf(op);
  const bent: readonly ((response: URLSearchParams) => void)[] = [
    (response) => response.delete("state"),
    (response) => response.set("state", ""),
    (response) => response.set("state", "other"),
    (response) => response.delete("iss"),
    (response) => response.set("iss", `${op.issuer}/`),
    (response) => response.set("iss", op.issuer.toUpperCase()),
    (response) => response.set("iss", encodeURIComponent(op.issuer)),
    (response) => response.set("iss", ""),
    (response) => response.delete("code"),
  ];
  for (const change of bent) {
    assertFailed(await signIn(op, provider, {}, change), "invalid");
    const error = await signIn(op, provider, {}, (response) => {
      response.set("error", "access_denied");
      change(response);
      response.delete("code");
    });
    assert.equal(error.kind, bent.indexOf(change) === bent.length - 1 ? "refused" : "invalid");
  }
  assert.equal(op.count("token"), 0);
  await provider.close();
});

test("CB-07 unknown parameters of the answer are ignored", async () => {
  const { provider } = clientOf(op);
  const result = await signIn(op, provider, {}, (response) => {
    for (const name of ["session_state", "foo", "response", "id_token", "token", "client_id"]) response.set(name, "x");
  });
  assert.equal(result.kind, "login");
  await provider.close();
});

test("CB-05 the provider's error is told apart from an outage", async () => {
  const { provider } = clientOf(op);
  for (const [error, kind, check] of [
    ["access_denied", "refused", "access_denied"],
    ["login_required", "refused", "login_required"],
    ["<script>", "refused", "unreadable"],
    ["temporarily_unavailable", "unavailable", "temporarily_unavailable"],
    ["server_error", "unavailable", "server_error"],
  ] as const) {
    const result = await signIn(op, provider, {}, (response) => {
      response.delete("code");
      response.set("error", error);
      response.set("error_description", "x".repeat(10_240));
    });
    assertFailed(result, kind, check);
  }
  op.lies.raw = ({ endpoint }, response) =>
    endpoint === "token" &&
    Boolean(response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_grant"}'));
  assertFailed(await signIn(op, provider), "refused", "invalid_grant");
  await provider.close();
});

test("LO-02 the provider's logout gets hint, address and client, no state; no logout URL if it has none", async () => {
  const { provider } = clientOf(op);
  const login = await signIn(op, provider);
  const idToken = login.kind === "login" ? login.tokens.idToken : null;
  const url = new URL(provider.logoutUrl({ idToken, returnTo: "https://app.example.com/" }) ?? "");
  assert.equal(url.origin + url.pathname, `${op.issuer}/end`);
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    id_token_hint: idToken,
    post_logout_redirect_uri: "https://app.example.com/",
    client_id: "app",
  });
  assert.equal(
    new URL(provider.logoutUrl({ idToken: null, returnTo: "https://app.example.com/" }) ?? "").searchParams.has("id_token_hint"),
    false,
  );
  await provider.close();
  op.lies.metadata = ({ end_session_endpoint: _, ...rest }) => rest;
  const { provider: without } = clientOf(op);
  await signIn(op, without);
  assert.equal(without.logoutUrl({ idToken, returnTo: "https://app.example.com/" }), undefined);
  await without.close();
});

test("LO-03 revocation: the refresh token first, best effort, in bounded time", () =>
  steadily(async () => {
    op.reset();
    const { provider, events } = clientOf(op, { timeout: 800 });
    await signIn(op, provider);
    const hints = () =>
      op.journal.filter(({ endpoint }) => endpoint === "revocation").map(({ form }) => form.get("token_type_hint"));
    assert.equal(await provider.revoke(TOKENS), true);
    assert.deepEqual(hints(), ["refresh_token", "access_token"]);
    for (const answer of [503, 302, null]) {
      op.lies.raw = ({ endpoint }, response) => {
        if (endpoint !== "revocation") return false;
        if (answer !== null) response.writeHead(answer, { location: `${op.origin}/canary` }).end();
        return true;
      };
      const started = performance.now();
      assert.equal(await provider.revoke(TOKENS), false);
      assert.ok(performance.now() - started < 8_000);
      assert.equal(events.filter(({ name }) => name === "revocation.failed").splice(-2).length, 2);
    }
    assert.deepEqual(hints().length, 8);
    assert.equal(op.count("other"), 0);
    await provider.close();
  }));

test("OP-01 no failure says a token, code, state, nonce, verifier or secret", async () => {
  const { provider, events } = clientOf(op, { userinfo: true });
  const failures: unknown[] = [];
  const fail = async (lies: object, change?: (response: URLSearchParams) => void): Promise<void> => {
    Object.assign(op.lies, { claims: undefined, token: undefined, idToken: undefined, userinfo: undefined }, lies);
    failures.push(await signIn(op, provider, {}, change));
  };
  await fail({ claims: (claims: object) => ({ ...claims, nonce: "other" }) });
  await fail({ claims: (claims: object) => ({ ...claims, aud: "other", exp: 1 }) });
  await fail({ token: (honest: object) => ({ ...honest, token_type: "mac" }) });
  await fail({ token: (honest: object) => JSON.stringify(honest).slice(0, -3) });
  await fail({ idToken: () => "x.y.z" });
  await fail({ userinfo: (honest: object) => ({ ...honest, sub: "mallory" }) });
  await fail({}, (response) => response.set("iss", "https://other.example.com"));
  await fail({}, (response) => response.set("state", "other"));
  await fail({}, (response) => response.set("error", "access_denied"));
  await fail({}, (response) => response.set("code", "guessed"));
  const shown = inspect([failures.filter((one) => !inspect(one).startsWith("{\n  kind: 'login'")), events], {
    depth: 20,
    showHidden: true,
  });
  const secrets = op.journal.flatMap(({ form, query }) => [
    ...["code", "code_verifier", "client_secret"].map((name) => form.get(name)),
    ...["state", "nonce"].map((name) => query.get(name)),
  ]);
  for (const secret of [SECRET, "access-", "refresh-", "eyJ", "guessed", ...secrets]) {
    if (secret !== null) assert.equal(shown.includes(secret), false, secret);
  }
  await provider.close();
});
