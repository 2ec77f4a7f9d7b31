/** Providers without OpenID Connect in the configuration: what their presets stand for, and what would do nothing. */
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { shownSecret } from "../../session/provider/client-secret.ts";
import { providerOf } from "../../session/provider/provider-of.ts";
import { loadConfig } from "../config.ts";
import { redirectAddresses } from "../redirect-addresses.ts";
import { formatProblems } from "../sources/place.ts";

const BASE = { COATCHECK_SECRET: randomBytes(32).toString("base64url"), COATCHECK_PUBLIC_URL: "https://app.example.com" };
const CLIENT = { COATCHECK_CLIENT_ID: "app", COATCHECK_CLIENT_SECRET: "secret" };

function load(environment: { readonly [name: string]: string }, provider?: object) {
  const file = provider === undefined ? {} : { providers: [provider] };
  return loadConfig({ args: [], environment: { ...BASE, ...environment }, directory: "/nonexistent", file });
}

/** What is wrong, as it is told. */
function complaint(provider: object): string {
  const loaded = load(CLIENT, provider);
  return loaded.ok ? "" : formatProblems(loaded.problems);
}

test("F-32 three variables are enough for GitHub", () => {
  const loaded = load({ ...CLIENT, COATCHECK_PRESET: "github", COATCHECK_ASK_GROUPS: "true" });
  assert.ok(loaded.ok);
  const [provider] = loaded.settings.providers;
  assert.ok(provider);
  const { name, issuer, clientAuthentication } = provider;
  assert.deepEqual([name, issuer, clientAuthentication], ["github", "https://github.com/login/oauth", "client_secret_post"]);
  assert.deepEqual(redirectAddresses(loaded.settings), ["https://app.example.com/auth/callback/github"]);
  const config = providerOf(provider);
  assert.deepEqual(["type" in config, config.preset, config.scope], [true, "github", undefined]);
});

test("F-32 a provider without a preset is described by its addresses and paths", () => {
  const user = { url: "https://forge.example.com/user", subject: "id", claims: { name: "full_name" } };
  const endpoints = { authorization: "https://forge.example.com/authorize", token: "https://forge.example.com/token" };
  const loaded = load(CLIENT, { type: "oauth2", name: "forge", issuer: "https://forge.example.com", endpoints, user });
  assert.ok(loaded.ok);
  const [provider] = loaded.settings.providers;
  assert.ok(provider);
  const config = providerOf(provider);
  assert.ok("user" in config);
  assert.deepEqual([config.user, config.endpoints], [user, endpoints]);
});

test("F-52 settings of the other kind of provider would do nothing, and stop the start", () => {
  assert.match(complaint({ preset: "github", userinfo: true }), /providers\[0\]\.userinfo is given, though .* has no OpenID/);
  assert.match(complaint({ preset: "github", type: "oidc" }), /providers\[0\]\.type is oidc, though the preset has no/);
  const issuer = "https://id.example.com";
  assert.match(complaint({ issuer, askGroups: true }), /providers\[0\]\.askGroups is given, though .* has OpenID/);
  assert.match(complaint({ type: "oauth2" }), /providers\[0\]\.issuer is missing/);
  assert.match(
    complaint({ type: "oauth2", issuer, endpoints: { token: "http://id.example.com" } }),
    /providers\[0\]\.endpoints\.token is .*no https URL/,
  );
});

test("F-32 Apple's key stands for the secret: what is shown is a JWT of it, and never the key", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  using folder = temporaryFolder("apple");
  folder.write("AuthKey.p8", key);
  const apple = { teamId: "A1B2C3D4E5", keyId: "F6G7H8I9J0" };
  const given = { preset: "apple", clientId: "app", clientSecretFile: folder.file("AuthKey.p8"), apple };
  const loaded = load({}, given);
  assert.ok(loaded.ok);
  const [provider] = loaded.settings.providers;
  assert.ok(provider);
  const { issuer, responseMode, clientAuthentication } = provider;
  assert.deepEqual(
    [issuer, responseMode, clientAuthentication],
    ["https://appleid.apple.com", "form_post", "client_secret_post"],
  );
  const shown = shownSecret(provider, () => provider.clientSecret)();
  assert.match(shown, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.equal("apple" in providerOf(provider), false);
  assert.match(complaint({ preset: "apple" }), /providers\[0\]\.apple is missing/);
  assert.match(complaint({ issuer: "https://id.example.com", apple }), /providers\[0\]\.apple is given, though/);
});
