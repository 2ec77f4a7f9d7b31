/** How a provider is asked for an API's token, and what its answers mean. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiTokenOutcome, ProviderTokens, TokenTarget } from "../../../contracts.ts";
import { systemEntropy } from "../../../crypto/entropy.ts";
import { systemClock } from "../../../engine/system.ts";
import type { ProviderConfig } from "../config.ts";
import { oidcProvider } from "../provider.ts";

const ISSUER = "https://op.example.com";
const HELD: ProviderTokens = { accessToken: "own", refreshToken: "refresh-1", idToken: null, scope: null, expires: 0 };
const TARGET: TokenTarget = { audience: "https://api.example.com", scope: "read" };

const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};

/** Asks a provider that answers so; what it was sent, and what came of it. */
async function ask(
  answer: () => Response,
  { held = HELD, target = TARGET, ...config }: Partial<ProviderConfig> & { held?: ProviderTokens; target?: TokenTarget } = {},
): Promise<{ readonly sent: Record<string, string>; readonly outcome: ApiTokenOutcome }> {
  let sent: Record<string, string> = {};
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (!String(url).startsWith(METADATA.token_endpoint)) return json(200, METADATA);
    sent = Object.fromEntries(new URLSearchParams(String(init?.body)));
    return answer();
  };
  const world = { clock: systemClock, entropy: systemEntropy, report: () => undefined, fetch };
  const provider = oidcProvider({ issuer: ISSUER, clientId: "app", clientSecret: "s", ...config }, world);
  const outcome = await provider.tokenFor?.(held, target);
  await provider.close();
  return { sent, outcome: outcome ?? assert.fail("it gives tokens") };
}

const granted = (): Response =>
  json(200, { access_token: "api", token_type: "Bearer", expires_in: 60, refresh_token: "refresh-2" });
const REFRESH = { grant_type: "refresh_token", refresh_token: "refresh-1", scope: "read" };
const EXCHANGE = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token: "own",
  subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
  scope: "read",
};

test("RF-02 the API is named as the settings say, or as the preset does", async () => {
  const audience = TARGET.audience ?? "";
  const ways: readonly (readonly [Partial<ProviderConfig>, object])[] = [
    [{}, { ...REFRESH, resource: audience }],
    [{ apiTokens: "audience" }, { ...REFRESH, audience }],
    [{ apiTokens: "scope" }, REFRESH],
    [{ apiTokens: "exchange" }, { ...EXCHANGE, audience }],
    [{ preset: "keycloak" }, { ...EXCHANGE, audience }],
    [{ preset: "auth0" }, { ...REFRESH, audience }],
    [{ preset: "entra" }, REFRESH],
    [
      { preset: "keycloak", apiTokens: "resource" },
      { ...REFRESH, resource: audience },
    ],
  ];
  for (const [config, expected] of ways) {
    const { sent, outcome } = await ask(granted, config);
    assert.deepEqual(sent, expected);
    assert.ok(outcome.kind === "granted" && outcome.accessToken === "api" && outcome.refreshToken === "refresh-2");
    assert.ok(Math.abs(outcome.expires - Date.now() - 60_000) < 30_000);
  }
  const bare = await ask(granted, { target: { audience } });
  assert.equal(bare.sent["scope"], undefined);
});

test("RF-02 a no costs the session nothing, an outage passes, and only a refresh token may be lost", async () => {
  const lost = (): never => {
    throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
  };
  const answers: readonly (readonly [() => Response, string, string])[] = [
    [() => json(400, { error: "invalid_target" }), "denied", "denied"],
    [() => json(400, { error: "invalid_grant" }), "denied", "denied"],
    [() => json(403, { error: "access_denied" }), "denied", "denied"],
    [() => json(401, { error: "invalid_client" }), "denied", "denied"],
    [() => json(429, { error: "slow_down" }), "unavailable", "unavailable"],
    [() => json(503, {}), "unavailable", "unavailable"],
    [() => json(200, { access_token: "api", token_type: "DPoP" }), "unknown", "unavailable"],
    [() => json(200, {}), "unknown", "unavailable"],
    [lost, "unknown", "unavailable"],
  ];
  for (const [answer, byRefresh, byExchange] of answers) {
    assert.equal((await ask(answer)).outcome.kind, byRefresh);
    assert.equal((await ask(answer, { apiTokens: "exchange" })).outcome.kind, byExchange);
  }
  const none = { ...HELD, refreshToken: null };
  assert.equal((await ask(granted, { held: none })).outcome.kind, "denied");
  assert.equal((await ask(granted, { held: none, apiTokens: "exchange" })).outcome.kind, "granted");
});

test("RF-02 a login asks for each resource, and what is none stops the start", async () => {
  const world = { clock: systemClock, entropy: systemEntropy, report: () => undefined, fetch: async () => json(200, METADATA) };
  const given = { issuer: ISSUER, clientId: "app", clientSecret: "s" };
  const resources = ["https://api.example.com", "urn:billing"];
  const provider = oidcProvider({ ...given, resources }, world);
  const login = { state: "s", nonce: "n", verifier: "v", redirectUri: "https://app.example.com/auth/callback", parameters: {} };
  const begun = await provider.authorizationUrl(login);
  assert.ok(begun.kind === "redirect");
  assert.deepEqual(new URL(begun.url).searchParams.getAll("resource"), resources);
  await provider.close();
  for (const wrong of [["api"], ["https://a.example/#b"], Array(17).fill("https://a.example")])
    assert.throws(() => oidcProvider({ ...given, resources: wrong }, world), /takes at most 16 absolute URIs/);
  const apiTokens: "resource" = JSON.parse('"ressource"');
  assert.throws(() => oidcProvider({ ...given, apiTokens }, world), /must be one of resource, audience, scope, exchange/);
});
