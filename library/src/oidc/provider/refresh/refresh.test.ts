import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { after, afterEach, test } from "node:test";
import { certificateOf } from "../../../../../tools/suite/certificate.ts";
import { steadily } from "../../../../../tools/suite/steady.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { clientOf, signIn } from "../../../../test-support/provider/sign-on.ts";
import { onFreePort } from "../../../../test-support/talk.ts";
import type { RefreshOutcome } from "../../../contracts.ts";
import { systemClock } from "../../../engine/system.ts";
import { LONGEST_WISH } from "../../http/retry-after.ts";
import type { ProviderConfig } from "../config.ts";
import { DEFAULT_TOKEN_LIFETIME } from "../tokens.ts";

const op = await lyingProvider();
const { provider } = clientOf(op);
after(async () => {
  await provider.close();
  await op.close();
});
afterEach(() => op.reset());

/** For answers that never come. */
const SHORT = { timeout: 300, refreshTimeout: 300 };

async function login() {
  const result = await signIn(op, provider);
  if (result.kind !== "login") return assert.fail(String(result.cause));
  return result;
}

/** A refresh whose token request is answered by hand, by a client with these settings. */
async function answered(
  answer: (response: ServerResponse) => void,
  config: Partial<ProviderConfig> = {},
): Promise<RefreshOutcome> {
  const { tokens, identity } = await login();
  const { provider: other } = clientOf(op, config);
  let asked = 0;
  op.lies.raw = ({ endpoint }, response) => {
    if (endpoint !== "token") return false;
    asked += 1;
    answer(response);
    return true;
  };
  const outcome = await other.refresh(tokens, identity);
  await other.close();
  op.reset();
  assert.ok(asked <= 1, "a refresh token was sent twice");
  return outcome;
}

const checkOf = (outcome: RefreshOutcome): unknown =>
  "cause" in outcome && outcome.cause instanceof Error && "check" in outcome.cause ? outcome.cause.check : null;

test("RF-04 a refresh gives new tokens and claims, and keeps what the answer leaves out", async () => {
  const { tokens, identity } = await login();
  op.user.claims = { name: "Alice B." };
  const first = await provider.refresh(tokens, identity);
  assert.ok(first.kind === "refreshed" && first.claims?.["name"] === "Alice B.");
  assert.notEqual(first.tokens.refreshToken, tokens.refreshToken);
  assert.notEqual(first.tokens.idToken, tokens.idToken);
  op.lies.token = ({ access_token, token_type }) => ({ access_token, token_type });
  const second = await provider.refresh(first.tokens, identity);
  assert.ok(second.kind === "refreshed" && second.claims === null);
  assert.notEqual(second.tokens.accessToken, first.tokens.accessToken);
  assert.equal(second.tokens.refreshToken, first.tokens.refreshToken);
  assert.equal(second.tokens.idToken, first.tokens.idToken);
  assert.equal(second.tokens.scope, first.tokens.scope);
  assert.ok(second.tokens.expires <= Date.now() + DEFAULT_TOKEN_LIFETIME && second.tokens.expires > Date.now());
});

test("RF-04 a token lives from when it was asked for, however late its answer: at a refresh and at a login", async () => {
  let late = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + late };
  const { provider: slow } = clientOf(op, {}, { clock });
  op.lies.token = (answer) => {
    late += 20_000;
    return { ...answer, expires_in: 100 };
  };
  const begun = clock.now();
  const result = await signIn(op, slow);
  assert.ok(result.kind === "login" && result.tokens.expires < begun + 110_000, "the login's");
  const asked = clock.now();
  const refreshed = await slow.refresh(result.tokens, result.identity);
  assert.ok(refreshed.kind === "refreshed" && refreshed.tokens.expires < asked + 110_000, "the refresh's");
  await slow.close();
});

test("RF-07 the scope is what the answer says, and a refresh asks for none", async () => {
  const { tokens, identity } = await login();
  op.lies.token = (honest) => ({ ...honest, scope: "openid" });
  const narrowed = await provider.refresh(tokens, identity);
  assert.ok(narrowed.kind === "refreshed" && narrowed.tokens.scope === "openid");
  // RFC 6749, section 5.1: left out, the scope is what it was, which is the narrowed one by now.
  op.lies.token = ({ scope: _, ...honest }) => honest;
  const silent = await provider.refresh(narrowed.tokens, identity);
  assert.ok(silent.kind === "refreshed");
  assert.equal(silent.tokens.scope, "openid");
  const sent = op.journal.findLast(({ endpoint }) => endpoint === "token");
  assert.deepEqual([...(sent?.form.keys() ?? [])].sort(), ["grant_type", "refresh_token"]);
});

test("RF-05 invalid_grant ends the grant; another OAuth error is doubtful, no answer is unknown", async () => {
  const json = "application/json";
  for (const [status, type, body, kind] of [
    [400, json, '{"error":"invalid_grant"}', "refused"],
    [401, json, '{"error":"invalid_grant"}', "refused"],
    [403, "application/json; charset=utf-8", '{"error":"invalid_grant","error_description":"expired"}', "refused"],
    [400, json, '{"error":"invalid_request"}', "doubtful"],
    [400, json, '{"error":"unauthorized_client"}', "unavailable"],
    [400, json, '{"error":"temporarily_unavailable"}', "unavailable"],
    [400, json, '{"error":["invalid_grant"]}', "unavailable"],
    [400, json, '{"error":', "unavailable"],
    [400, json, "", "unavailable"],
    [400, "text/html", "<h1>invalid_grant</h1>", "unavailable"],
    [400, "text/html", '{"error":"invalid_grant"}', "unavailable"],
    [401, json, '{"error":"invalid_client"}', "unavailable"],
    [403, "text/html", "<h1>blocked</h1>", "unavailable"],
    [404, "text/plain", "no such page", "unavailable"],
    [408, json, "{}", "unavailable"],
    [413, json, `"${"x".repeat(300_000)}"`, "unavailable"],
    [429, json, '{"error":"invalid_grant"}', "unavailable"],
    [500, json, '{"error":"invalid_grant"}', "unavailable"],
    [502, "text/html", "<h1>bad gateway</h1>", "unavailable"],
    [503, "", "", "unavailable"],
    [200, json, "<html>", "unknown"],
    [200, json, "", "unknown"],
    [200, json, "[]", "unknown"],
    [200, json, "{}", "unknown"],
    [200, json, '{"error":"invalid_grant"}', "unknown"],
    [200, json, '{"access_token":"a","token_type":"mac"}', "unknown"],
    [200, json, '{"access_token":"a b","token_type":"Bearer"}', "unknown"],
    [200, json, '{"access_token":"a","token_type":"Bearer","refresh_token":7}', "unknown"],
    [200, json, `"${"x".repeat(300_000)}"`, "unknown"],
    [200, "text/html", '{"access_token":"a","token_type":"Bearer"}', "unknown"],
    [201, json, '{"access_token":"a","token_type":"Bearer"}', "unknown"],
    [204, "", "", "unknown"],
    [302, "", "", "unknown"],
    [307, "", "", "unknown"],
  ] as const) {
    const headers = { ...(type === "" ? {} : { "content-type": type }), "retry-after": "7", location: `${op.origin}/token` };
    const outcome = await answered((response) => response.writeHead(status, headers).end(body));
    const found = outcome.kind === "refused" && outcome.doubtful === true ? "doubtful" : outcome.kind;
    assert.equal(found, kind, `${status} ${type} ${body.slice(0, 80)}: ${JSON.stringify(outcome)}`);
    if (outcome.kind === "unavailable") assert.equal(outcome.retryAfter, 7_000, `${status} ${body.slice(0, 80)}`);
    if (found === "refused") assert.equal(checkOf(outcome), "invalid_grant");
  }
});

test("F-31 what an OAuth error means for the grant, by its code, its status and the preset", async () => {
  const json = { "content-type": "application/json" };
  for (const [status, error, expected, preset] of [
    [400, "invalid_grant", "refused", undefined],
    [400, "invalid_request", "doubtful", undefined],
    [400, "invalid_request", "refused", "dex"],
    [400, "invalid_scope", "doubtful", undefined],
    [400, "access_denied", "doubtful", undefined],
    [400, "interaction_required", "refused", undefined],
    [400, "some_words_of_a_vendor", "doubtful", undefined],
    [401, "invalid_request", "answered", undefined],
    [403, "forbidden", "answered", undefined],
    [404, "not_found", "answered", undefined],
    [400, "no code at all", "answered", undefined],
    [401, "invalid_client", "answered", undefined],
    [400, "invalid_client", "answered", "dex"],
    [400, "unauthorized_client", "answered", undefined],
    [400, "unsupported_grant_type", "answered", undefined],
    [400, "temporarily_unavailable", "away", undefined],
    [400, "server_error", "away", undefined],
    [400, "slow_down", "away", undefined],
    [429, "invalid_grant", "away", undefined],
    [503, "invalid_grant", "away", undefined],
    [500, "invalid_request", "answered", "dex"],
    [500, "invalid_request", "answered", undefined],
    [500, "server_error", "away", undefined],
    [500, "no code at all", "away", undefined],
    [502, "invalid_request", "away", undefined],
  ] as const) {
    const outcome = await answered(
      (response) => response.writeHead(status, json).end(JSON.stringify({ error })),
      preset === undefined ? {} : { preset },
    );
    const found =
      outcome.kind === "refused"
        ? outcome.doubtful === true
          ? "doubtful"
          : "refused"
        : outcome.kind === "unavailable"
          ? outcome.answered === true
            ? "answered"
            : "away"
          : outcome.kind;
    assert.equal(found, expected, `${status} ${error} ${preset ?? ""}`);
  }
});

test("RF-05 a challenge in front of invalid_grant hides nothing", async () => {
  const headers = { "content-type": "application/json", "www-authenticate": 'Basic realm="token"' };
  assert.equal((await answered((response) => response.writeHead(401, headers).end('{"error":"invalid_grant"}'))).kind, "refused");
  const client = await answered((response) => response.writeHead(401, headers).end('{"error":"invalid_client"}'));
  assert.equal(client.kind, "unavailable");
});

test("RF-05 Retry-After as a date counts, is capped, and may be missing", async () => {
  const date = new Date(Date.now() + 86_400_000).toUTCString();
  const capped = await answered((response) => response.writeHead(429, { "retry-after": date }).end());
  assert.ok(capped.kind === "unavailable" && capped.retryAfter === LONGEST_WISH);
  const none = await answered((response) => response.writeHead(503).end());
  assert.ok(none.kind === "unavailable" && none.retryAfter === null);
});

test("RF-05 an answer that is lost leaves the outcome unknown, also where it began", async () => {
  const json = { "content-type": "application/json", "content-length": "500" };
  for (const [name, answer] of [
    ["reset", (response: ServerResponse) => void response.destroy()],
    ["nothing", () => undefined],
    [
      "half a body, then a reset",
      (response: ServerResponse) => void response.writeHead(200, json).write("{", () => response.destroy()),
    ],
    ["half a body, then nothing", (response: ServerResponse) => void response.writeHead(200, json).write("{")],
  ] as const) {
    await steadily(async () => assert.equal((await answered(answer, SHORT)).kind, "unknown", name));
  }
});

test("RF-05 a no whose body is lost is still a no", async () => {
  const json = { "content-type": "application/json", "content-length": "500" };
  for (const end of [(response: ServerResponse) => void response.destroy(), () => undefined]) {
    const half = (response: ServerResponse) => response.writeHead(400, json).write('{"error":"invalid_g', () => end(response));
    await steadily(async () => assert.equal((await answered(half, SHORT)).kind, "unavailable"));
  }
});

test("RF-05 what never left is no unknown: no connection, no certificate, no handshake in time", async () => {
  const { tokens, identity } = await login();
  const gone = await lyingProvider();
  await gone.close();
  const sockets = new Set<Socket>();
  const silent = createTcpServer((socket) => sockets.add(socket.on("error", () => undefined)));
  const untrusted = createHttpsServer(certificateOf("127.0.0.1"), (_request, response) => response.end());
  const [port, untrustedPort] = await Promise.all([silent, untrusted].map(onFreePort));
  for (const [name, endpoint, kind] of [
    ["refused", `${gone.issuer}/token`, "unavailable"],
    ["no such name", "https://id.invalid/token", "unavailable"],
    ["a certificate of nobody", `https://127.0.0.1:${untrustedPort}/token`, "unavailable"],
    ["no handshake", `https://127.0.0.1:${port}/token`, "unavailable"],
    ["sent and silent", `http://127.0.0.1:${port}/token`, "unknown"],
  ] as const) {
    op.lies.metadata = (honest) => ({ ...honest, token_endpoint: endpoint });
    await steadily(async () => {
      const { provider: other } = clientOf(op, SHORT);
      const outcome = await other.refresh(tokens, identity);
      await other.close();
      assert.equal(outcome.kind, kind, name);
    });
  }
  for (const socket of sockets) socket.destroy();
  await Promise.all([silent, untrusted].map((server) => new Promise((resolve) => server.close(resolve))));
});

test("RF-05 a runtime that does not tell whether a request left leaves a late answer unknown", async () => {
  const { tokens, identity } = await login();
  const hanging = (url: string, options: RequestInit) =>
    url.endsWith("/token") ? new Promise<Response>(() => undefined) : fetch(url, options);
  await steadily(async () => {
    const { provider: other } = clientOf(op, { timeout: 100, refreshTimeout: 100 }, { fetch: hanging });
    const outcome = await other.refresh(tokens, identity);
    await other.close();
    assert.equal(outcome.kind, "unknown");
  });
});

test("RF-05 a provider that was never reached has used up no token", async () => {
  const { tokens, identity } = await login();
  op.lies.raw = ({ endpoint }) => endpoint === "metadata";
  const { provider: other } = clientOf(op, { timeout: 200, refreshTimeout: 200 });
  assert.equal((await other.refresh(tokens, identity)).kind, "unavailable");
  assert.equal(op.count("token"), 1);
  await other.close();
});

test("without a refresh token nothing is asked", async () => {
  const { tokens, identity } = await login();
  const outcome = await provider.refresh({ ...tokens, refreshToken: null }, identity);
  assert.deepEqual([outcome.kind, op.count("token")], ["refused", 1]);
});

test("RF-03 a refresh takes no longer than it says", async () => {
  const { tokens, identity } = await login();
  const { provider: other } = clientOf(op, { timeout: 200, refreshTimeout: 200, userinfo: true });
  const limit = await steadily(async () => {
    await signIn(op, other);
    return other.refreshTimeout ?? assert.fail("no limit is known");
  });
  assert.ok(limit >= 400 && limit < 2_000);
  for (const slow of ["metadata", "token", "userinfo", "keys"] as const) {
    op.lies.raw = ({ endpoint }, response) => endpoint === slow && Boolean(response.writeHead(200).write("{"));
    await steadily(async () => {
      const { provider: fresh } = clientOf(op, { timeout: 200, refreshTimeout: 200, userinfo: true });
      const started = performance.now();
      await fresh.refresh(tokens, identity);
      const took = performance.now() - started;
      await fresh.close();
      assert.ok(took < limit + 150, `${slow}: ${took} ms`);
    });
  }
  await other.close();
});

test("OP-01 no outcome of a refresh says a token or what the provider wrote", async () => {
  const { tokens } = await login();
  for (const [status, body] of [
    [400, '{"error":"invalid_grant","error_description":"canary-of-the-provider"}'],
    [400, '{"error":"canary-of-the-provider"}'],
    [200, '{"access_token":"canary-of-the-provider"}'],
    [200, '"canary-of-the-provider'],
  ] as const) {
    const outcome = await answered((response) => response.writeHead(status, { "content-type": "application/json" }).end(body));
    const said = "cause" in outcome && outcome.cause instanceof Error ? `${outcome.cause.message} ${outcome.cause.stack}` : "";
    assert.ok(said !== "" && !said.includes(tokens.refreshToken ?? "-"), said);
    if (!body.startsWith('{"error":"canary')) assert.ok(!said.includes("canary"), said);
  }
});
