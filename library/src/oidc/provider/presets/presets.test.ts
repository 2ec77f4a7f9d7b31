/** F-32: what a login asks of each provider, and where its logout leads, over a provider that answers HTTP. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Json, LyingProvider } from "../../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { begin, clientOf } from "../../../../test-support/provider/sign-on.ts";
import { systemEntropy } from "../../../crypto/entropy.ts";
import { newSecrets } from "../../../endpoints/login/login-state.ts";
import type { ProviderConfig } from "../config.ts";
import { aboutProvider } from "./about.ts";
import { PRESET_NAMES } from "./preset.ts";
import { presetFor, presetOf } from "./presets.ts";

let op: LyingProvider;
before(async () => {
  op = await lyingProvider();
});
after(() => op.close());
afterEach(() => op.reset());

const RETURN = { idToken: "e30.e30.e30", returnTo: "https://app.example.com/", state: "state-1" };

/** A login's address and a logout's at a provider that is configured and describes itself so. */
async function addresses(config: Partial<ProviderConfig>, metadata: (honest: Json) => Json = (honest) => honest, prompt = "") {
  op.lies.metadata = metadata;
  const { provider, events } = clientOf(op, config);
  const login = await begin(provider, newSecrets(systemEntropy), prompt === "" ? {} : { prompt });
  const end = provider.logoutUrl(RETURN);
  const about = provider.about?.();
  await provider.close();
  return { asked: login.searchParams, end: end === undefined ? null : new URL(end), about, events };
}

const ISSUERS: readonly (readonly [issuer: string, preset: string | null])[] = [
  ["https://id.example.com/realms/main", "keycloak"],
  ["http://127.0.0.1:8080/auth/realms/main", "keycloak"],
  ["https://id.example.com/realms/main/", null],
  ["https://accounts.google.com", "google"],
  ["https://accounts.google.com.example.net", null],
  ["https://login.microsoftonline.com/8d1b2a5e-0000-4000-8000-000000000000/v2.0", "entra"],
  ["https://shop.ciamlogin.com/8d1b2a5e-0000-4000-8000-000000000000/v2.0", "entra"],
  ["https://login.microsoftonline.com.example.net/x/v2.0", null],
  ["https://shop.eu.auth0.com/", "auth0"],
  ["https://shop.auth0.com/", "auth0"],
  ["https://dev-1234.okta.com", "okta"],
  ["https://dev-1234.okta.com/oauth2/default", "okta"],
  ["https://dev-1234.oktapreview.com/oauth2/aus1a2b3", "okta"],
  ["https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi", "cognito"],
  ["http://127.0.0.1:5556/dex", "dex"],
  ["https://appleid.apple.com", "apple"],
  ["https://appleid.apple.com.example.net", null],
  ["https://shop-a1b2c3.us1.zitadel.cloud", "zitadel"],
  ["https://id.example.com", null],
];

test("F-32 providers are recognised by their issuers, and by no issuer that only looks like it", () => {
  for (const [issuer, preset] of ISSUERS) assert.equal(presetFor(issuer)?.name ?? null, preset, issuer);
});

test("F-32 a provider under a domain of one's own is recognised by its metadata, or named", () => {
  const known = (metadata: Json): string => presetOf(null, metadata).name;
  assert.equal(known({ authorization_endpoint: "https://id.example.com/protocol/openid-connect/auth" }), "keycloak");
  assert.equal(known({ mfa_challenge_endpoint: "https://id.example.com/mfa/challenge" }), "auth0");
  assert.equal(
    known({
      authorization_endpoint: "https://id.example.com/oauth/v2/authorize",
      token_endpoint: "https://id.example.com/oauth/v2/token",
    }),
    "zitadel",
  );
  assert.equal(known({ authorization_endpoint: 42 }), "generic");
  assert.equal(known({}), "generic");
  for (const name of PRESET_NAMES) assert.equal(presetFor("https://id.example.com", name)?.name, name);
});

const SCOPES: readonly (readonly [preset: NonNullable<ProviderConfig["preset"]>, offline: boolean])[] = [
  ["keycloak", false],
  ["google", false],
  ["cognito", false],
  ["entra", true],
  ["auth0", true],
  ["okta", true],
  ["dex", true],
  ["zitadel", true],
  ["generic", true],
];

for (const [preset, offline] of SCOPES) {
  test(`F-32 the default scope fits ${preset}: ${offline ? "with" : "without"} offline_access`, async () => {
    const { asked, about, events } = await addresses({ preset });
    const scope = `openid profile email${offline ? " offline_access" : ""}`;
    assert.equal(asked.get("scope"), scope);
    assert.equal(about?.scope, scope);
    assert.deepEqual(
      events.filter(({ name }) => name === "provider.ready").map(({ reason }) => reason),
      [preset],
    );
  });
}

test("F-32 Keycloak is recognised by its issuer, and keeps its single sign-on session", async () => {
  const keycloak = await lyingProvider({ path: "/realms/main" });
  try {
    const { provider } = clientOf(keycloak);
    const login = await begin(provider, newSecrets(systemEntropy));
    assert.equal(login.searchParams.get("scope"), "openid profile email");
    assert.equal(provider.about?.().preset, "Keycloak");
    await provider.close();
  } finally {
    await keycloak.close();
  }
});

test("F-32 an unknown provider is asked for offline_access unless it says that it does not know it", async () => {
  const scopeAt = async (more: Json): Promise<string | null> =>
    (await addresses({}, (honest) => ({ ...honest, ...more }))).asked.get("scope");
  assert.equal(await scopeAt({ scopes_supported: ["openid", "email"] }), "openid profile email");
  assert.equal(await scopeAt({ scopes_supported: ["openid", "offline_access"] }), "openid profile email offline_access");
  assert.equal(await scopeAt({ grant_types_supported: ["authorization_code"] }), "openid profile email");
  assert.equal(
    await scopeAt({ grant_types_supported: ["authorization_code", "refresh_token"] }),
    "openid profile email offline_access",
  );
  assert.equal(await scopeAt({ scopes_supported: "openid" }), "openid profile email offline_access");
});

test("F-32 a scope that is configured is asked for as it stands, whatever the provider", async () => {
  const { asked } = await addresses({ preset: "google", scope: "openid offline_access" });
  assert.equal(asked.get("scope"), "openid offline_access");
});

test("F-32 Google is asked for offline access in its own words, and for consent beside the login's prompt", async () => {
  const { asked, end } = await addresses({ preset: "google" });
  assert.equal(asked.get("access_type"), "offline");
  assert.equal(asked.get("prompt"), "consent");
  assert.equal(end, null, "there is no page to sign out at");
  const { asked: choosing } = await addresses({ preset: "google" }, undefined, "select_account");
  assert.equal(choosing.get("prompt"), "select_account consent");
  const { asked: silent } = await addresses({ preset: "google" }, undefined, "none");
  assert.equal(silent.get("prompt"), "none");
});

test("F-32 configured parameters override the preset's; an empty one leaves one of the preset's out", async () => {
  const { asked } = await addresses({ preset: "google", authorizationParameters: { hd: "example.com", prompt: "" } });
  assert.equal(asked.get("hd"), "example.com");
  assert.equal(asked.get("prompt"), null);
  assert.equal(asked.get("access_type"), "offline");
});

test("F-32 what the protocol sets cannot be configured", () => {
  const base = { issuer: "https://id.example.com", clientId: "app" };
  for (const name of [
    "state",
    "nonce",
    "scope",
    "redirect_uri",
    "client_id",
    "code_challenge",
    "response_type",
    "request_uri",
    "a b",
    "",
  ]) {
    assert.throws(
      () => aboutProvider({ ...base, authorizationParameters: { [name]: "x" } }),
      /provider\.authorizationParameters/,
      name,
    );
  }
  assert.throws(
    () => aboutProvider({ ...base, authorizationParameters: { audience: "a\nb" } }),
    /provider\.authorizationParameters/,
  );
});

test("F-32 the logout of Cognito has parameters of its own", async () => {
  const { end } = await addresses({ preset: "cognito" });
  assert.equal(end?.pathname, "/end");
  assert.deepEqual(Object.fromEntries(end?.searchParams ?? []), { client_id: "app", logout_uri: "https://app.example.com/" });
  const { end: none } = await addresses({ preset: "cognito" }, ({ end_session_endpoint: _, ...rest }) => rest);
  assert.equal(none, null);
});

test("F-32 the logout of Auth0 is the metadata's if they name it, else the tenant's old one", async () => {
  const { end } = await addresses({ preset: "auth0" });
  assert.equal(end?.searchParams.get("post_logout_redirect_uri"), "https://app.example.com/");
  assert.equal(end?.searchParams.get("id_token_hint"), RETURN.idToken);
  const { end: old } = await addresses({ preset: "auth0" }, ({ end_session_endpoint: _, ...rest }) => rest);
  assert.equal(old?.href, `${op.issuer}/v2/logout?client_id=app&returnTo=https%3A%2F%2Fapp.example.com%2F`);
});

test("F-32 what is known before the metadata is told before the provider is called", () => {
  const told = (issuer: string): unknown => aboutProvider({ issuer, clientId: "app" });
  assert.deepEqual(told("https://id.example.com/realms/main"), { preset: "Keycloak", scope: "openid profile email" });
  assert.deepEqual(told("https://dev-1.okta.com"), { preset: "Okta", scope: "openid profile email offline_access" });
  assert.deepEqual(told("https://id.example.com"), {
    preset: null,
    scope: "openid profile email, and offline_access where it is offered",
  });
});
