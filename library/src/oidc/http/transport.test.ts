import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, afterEach, test } from "node:test";
import type { EndpointName, JournalEntry } from "../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, begin, clientOf, signIn } from "../../../test-support/provider/sign-on.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { newSecrets } from "../../endpoints/login/login-state.ts";

const op = await lyingProvider();
after(() => op.close());
afterEach(() => op.reset());

const ENDPOINTS = ["metadata", "keys", "token", "userinfo"] as const satisfies readonly EndpointName[];

/**
 * A login at which one endpoint answers by hand. UserInfo that cannot be used is left out; all else fails the login.
 */
async function bent(
  endpoint: (typeof ENDPOINTS)[number],
  answer: (response: ServerResponse, entry: JournalEntry) => void,
  config: object = {},
): ReturnType<typeof signIn> {
  op.reset();
  op.lies.raw = (entry, response) => {
    if (entry.endpoint !== endpoint) return false;
    answer(response, entry);
    return true;
  };
  const { provider } = clientOf(op, { userinfo: true, ...config });
  try {
    const secrets = newSecrets(systemEntropy);
    const begun = await provider.authorizationUrl({
      ...secrets,
      redirectUri: "https://app.example.com/auth/callback",
      parameters: {},
    });
    if (begun.kind !== "redirect") return begun;
    return await signIn(op, provider);
  } finally {
    await provider.close();
  }
}

const expectInvalid = (endpoint: EndpointName, result: { readonly kind: string }, check: string): void => {
  if (endpoint === "userinfo") assert.equal(result.kind, "login");
  else assertFailed(result, "invalid", check);
};

test("TK-06 A-35 redirects are not followed, and nothing is sent after them", async () => {
  for (const endpoint of ENDPOINTS) {
    for (const status of [301, 302, 303, 307, 308]) {
      const result = await bent(endpoint, (response) => response.writeHead(status, { location: `${op.origin}/canary` }).end());
      expectInvalid(endpoint, result, "redirect");
      assert.equal(op.count("other"), 0, `${endpoint} ${status}`);
    }
  }
});

test("TK-07 A-20 an answer is read to its limit and no further", async () => {
  for (const endpoint of ENDPOINTS) {
    let written = 0;
    const result = await bent(endpoint, (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(65_536, " ");
      const pour = (): void => {
        while (!response.destroyed && written < 100 * 1_048_576) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", pour);
        }
        response.end();
      };
      pour();
    });
    expectInvalid(endpoint, result, "size");
    assert.ok(written < 16 * 1_048_576, `${endpoint}: ${written}`);
  }
});

test("TK-07 A-20 a small answer that unpacks to a large one is no way around the limit", async () => {
  const { gzipSync } = await import("node:zlib");
  const packed = gzipSync(Buffer.alloc(8 * 1_048_576, " "));
  for (const endpoint of ENDPOINTS) {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    expectInvalid(endpoint, await bent(endpoint, (response) => response.writeHead(200, headers).end(packed)), "size");
  }
});

test("TK-07 an answer that drips, or never comes, ends at the time limit", async () => {
  for (const endpoint of ENDPOINTS) {
    for (const drips of [false, true]) {
      const started = performance.now();
      const result = await bent(
        endpoint,
        (response) => {
          if (drips) response.writeHead(200, { "content-type": "application/json" }).write("{");
        },
        { timeout: 150 },
      );
      assertFailed(result, "unavailable", "timeout");
      assert.ok(performance.now() - started < 8_000);
    }
  }
});

test("TK-07 what is not JSON by its type, or nested too deeply, is not read", async () => {
  const deep = `${"[".repeat(60_000)}${"]".repeat(60_000)}`;
  for (const endpoint of ENDPOINTS) {
    for (const type of ["text/html", "", "application/jwt", "application/jsonp", "text/plain; application/json"]) {
      const result = await bent(endpoint, (response) => response.writeHead(200, { "content-type": type }).end("{}"));
      expectInvalid(endpoint, result, "content-type");
    }
    const headers = { "content-type": "application/json" };
    expectInvalid(endpoint, await bent(endpoint, (response) => response.writeHead(200, headers).end(`{"a":${deep}}`)), "depth");
  }
});

test("TK-07 an outage is an outage at every endpoint", async () => {
  for (const endpoint of ENDPOINTS) {
    for (const status of [500, 502, 503, 429]) {
      assertFailed(await bent(endpoint, (response) => response.writeHead(status).end("sorry")), "unavailable", "status");
    }
    assertFailed(await bent(endpoint, (response) => response.destroy()), "unavailable", "network");
  }
});

test("TK-07 brackets in strings are not nesting", async () => {
  const { provider } = clientOf(op);
  op.lies.token = (honest) => ({ ...honest, note: `${"[".repeat(100)}\\"${"{".repeat(100)}` });
  assert.equal((await signIn(op, provider)).kind, "login");
  await provider.close();
});

test("TK-05 nothing is sent to an address without encryption that is not this machine", async () => {
  const asked: string[] = [];
  const { provider } = clientOf(
    { ...op, issuer: "https://id.example.com" },
    {},
    {
      fetch: async (url) => {
        asked.push(url);
        const issuer = "https://id.example.com";
        const endpoints = {
          authorization_endpoint: `${issuer}/a`,
          token_endpoint: "http://127.0.0.1/token",
          jwks_uri: `${issuer}/k`,
        };
        return Response.json({ issuer, ...endpoints });
      },
    },
  );
  const result = await provider.authorizationUrl({
    ...newSecrets(systemEntropy),
    redirectUri: "https://app.example.com/",
    parameters: {},
  });
  assertFailed(result, "invalid", "address");
  assert.deepEqual(asked, ["https://id.example.com/.well-known/openid-configuration"]);
  await provider.close();
});

test("a provider that works again is used again", async () => {
  const { provider } = clientOf(op);
  await begin(provider, newSecrets(systemEntropy));
  op.lies.raw = (_entry, response) => Boolean(response.destroy());
  await provider.redeem({
    ...newSecrets(systemEntropy),
    redirectUri: "https://app.example.com/",
    parameters: {},
    response: new URLSearchParams(),
  });
  delete op.lies.raw;
  assert.equal((await signIn(op, provider)).kind, "login");
  await provider.close();
});
