import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { runCommand } from "../../../test-support/command.ts";
import { TABLE } from "../../../test-support/config-documents.ts";
import { loadConfig } from "../config.ts";
import { formatProblems, keyOf } from "../sources/place.ts";
import { translateOauth2Proxy } from "./compat.ts";
import { HARMLESS, NOT_OFFERED, OFF_BY_DEFAULT, STANDARD } from "./names.ts";

const BASE = {
  COATCHECK_SECRET: randomBytes(32).toString("base64url"),
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_ISSUER: "https://id.example.com",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "s",
};

function load(theirs: { readonly [name: string]: string }) {
  const variables = Object.entries(theirs).map(([name, value]) => [`OAUTH2_PROXY_${name}`, value]);
  const environment = { ...BASE, ...Object.fromEntries(variables) };
  return loadConfig({ args: [], environment, directory: "/nonexistent" });
}

function complaint(theirs: { readonly [name: string]: string }): string {
  const loaded = load(theirs);
  assert.ok(!loaded.ok, `${JSON.stringify(theirs)} was taken`);
  return formatProblems(loaded.problems);
}

/** What keeps people out at oauth2-proxy, and what is unknown. */
const STOPS: readonly (readonly [name: string, value: string, words: RegExp])[] = [
  ["GITHUB_ORG", "acme", /narrow by groups/],
  ["GOOGLE_GROUPS", "staff@example.com", /upstreams\[\]\.groups/],
  ["KEYCLOAK_GROUPS", "/staff", /upstreams\[\]\.groups/],
  ["GITLAB_PROJECTS", "a/b=20", /narrow by groups/],
  ["ENTRA_ID_ALLOWED_TENANTS", "x", /tenant's own issuer/],
  ["TRUSTED_IPS", "10.0.0.0/8", /access: public/],
  ["SKIP_AUTH_ROUTES", "GET=^/health", /access: public/],
  ["ALLOWED_ROLES", "admin", /upstreams\[\]\.groups/],
  ["USER_ID_CLAIM", "name", /providers\[\]\.userClaim/],
  ["SSL_INSECURE_SKIP_VERIFY", "true", /NODE_EXTRA_CA_CERTS/],
  ["REDIS_SENTINEL_MASTER_NAME", "m", /sqlite/],
  ["GITHUB_ORGS", "acme", /is not understood\n.*keep people out.*\n.*OAUTH2_PROXY_GITHUB_ORG/],
  ["ALLOWED_PLANETS", "earth", /is not understood\n.*keep people out/],
];
for (const [name, value, words] of STOPS) {
  test(`F-16 OAUTH2_PROXY_${name} stops the start and says what to do`, () => {
    const said = complaint({ [name]: value });
    assert.match(said, words);
    assert.ok(said.includes(`OAUTH2_PROXY_${name} `) && /unset/i.test(said), said);
  });
}

test("F-16 every variable that stops says why, and those that are off or the usual do not stop", () => {
  for (const name of [...Object.keys(NOT_OFFERED), ...Object.keys(STANDARD)])
    assert.match(complaint({ [name]: "x" }), /cannot be carried over/);
  for (const name of Object.keys(OFF_BY_DEFAULT)) {
    assert.match(complaint({ [name]: "true" }), /cannot be carried over/);
    assert.ok(load({ [name]: "false" }).ok, name);
  }
  for (const [name, { value }] of Object.entries(STANDARD)) assert.ok(load({ [name]: value }).ok, name);
});

test("F-16 harmless ones are ignored, said, and listed in the documentation", () => {
  const document = readFileSync(TABLE, "utf8");
  const listed = document.slice(document.indexOf("These are harmless."));
  for (const name of Object.keys(HARMLESS)) {
    const loaded = load({ [name]: "x" });
    assert.ok(loaded.ok, name);
    assert.ok(
      loaded.warnings.some((line) => line.startsWith(`OAUTH2_PROXY_${name} `)),
      name,
    );
    assert.ok(listed.includes(`\`_${name}\``), name);
  }
  for (const [, name = ""] of listed.matchAll(/`_([A-Z_]+)`/g)) assert.ok(Object.hasOwn(HARMLESS, name), name);
});

test("F-14 what has a counterpart is taken over", () => {
  const loaded = load({ INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL: "true", PROMPT: "consent", ACR_VALUES: "high" });
  const [provider] = loaded.ok ? loaded.settings.providers : [];
  assert.equal(provider?.trustUnverifiedEmail, true);
  assert.deepEqual(provider?.authorizationParameters, { prompt: "consent", acr_values: "high" });
});

/** What each variable sets, and to what. */
const TAKEN: readonly (readonly [name: string, text: string, path: string, value: unknown])[] = [
  ["CLIENT_ID", "a", "providers[0].clientId", "a"],
  ["CLIENT_SECRET", "a", "providers[0].clientSecret", "a"],
  ["CLIENT_SECRET_FILE", "/a", "providers[0].clientSecretFile", "/a"],
  ["OIDC_ISSUER_URL", "https://a", "providers[0].issuer", "https://a"],
  ["SCOPE", "openid", "providers[0].scope", "openid"],
  ["PROVIDER", "github", "providers[0].preset", "github"],
  ["PROVIDER", "bitbucket", "providers[0].preset", "bitbucket"],
  ["PROMPT", "consent", "providers[0].authorizationParameters.prompt", "consent"],
  ["ACR_VALUES", "high", "providers[0].authorizationParameters.acr_values", "high"],
  ["INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL", "T", "providers[0].trustUnverifiedEmail", true],
  ["INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL", "1", "providers[0].trustUnverifiedEmail", true],
  ["INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL", "truly", "providers[0].trustUnverifiedEmail", false],
  ["UPSTREAM", "http://a:1/b/", "upstreams", [{ url: "http://a:1", paths: ["/b/"] }]],
  ["UPSTREAMS", "static://202, https://a", "upstreams", [{ url: "https://a", paths: ["/"] }]],
  ["HTTP_ADDRESS", "http://a:1", "listen", "a:1"],
  ["HTTP_ADDRESS", ":1", "listen", ":1"],
  ["METRICS_ADDRESS", "http://a:1", "admin.listen", "a:1"],
  ["METRICS_ADDRESS", "https://a:1", "admin.listen", "a:1"],
  ["REDIRECT_URL", "https://a:1/b", "publicUrl", ["https://a:1"]],
  ["PROXY_PREFIX", "/oauth2", "prefix", "/oauth2"],
  ["COOKIE_EXPIRE", "12h", "session.lifetime", "12h"],
  ["COOKIE_SAMESITE", "strict", "session.sameSite", "strict"],
  ["EMAIL_DOMAINS", "example.com, Example.org", "providers[0].users", ["@example.com", "@Example.org"]],
  ["AUTHENTICATED_EMAILS_FILE", "/etc/emails", "providers[0].users", ["file:/etc/emails"]],
  ["ALLOWED_GROUPS", "staff,admins", "providers[0].groups", ["staff", "admins"]],
  ["OIDC_GROUPS_CLAIM", "realm_access.roles", "providers[0].groupsClaim", "realm_access.roles"],
  ["OIDC_EMAIL_CLAIM", "mail", "providers[0].emailClaim", "mail"],
  ["TRUSTED_PROXY_IPS", " 10.0.0.1 ,, 10.0.0.2", "trustedProxies", ["10.0.0.1", "10.0.0.2"]],
];

test("F-46 each variable that has a counterpart sets that one, and nothing else is said", () => {
  for (const [name, text, path, value] of TAKEN) {
    const from = `OAUTH2_PROXY_${name}`;
    const { values, problems, notes } = translateOauth2Proxy({ [from]: text });
    assert.deepEqual(
      values.map((one) => ({ ...one, path: keyOf(one.path) })),
      [{ path, value, from }],
    );
    assert.deepEqual([problems, notes], [[], []]);
  }
});

test("F-16 a list of domains and a file of addresses let in whom either of them names, as there", () => {
  const { values } = translateOauth2Proxy({
    OAUTH2_PROXY_EMAIL_DOMAINS: "example.com",
    OAUTH2_PROXY_AUTHENTICATED_EMAILS_FILE: "/etc/emails",
  });
  assert.deepEqual(
    values.map(({ value }) => value),
    [["@example.com", "file:/etc/emails"]],
  );
});

/** What is said of a variable: a note, or why it stops. */
const SAID: readonly (readonly [name: string, text: string, words: RegExp])[] = [
  ["UPSTREAMS", "static://202,static://204", /^note .* static upstreams alone/],
  ["UPSTREAMS", "http://a,file:///var/www", /^stop .*Only http and https upstreams/],
  ["UPSTREAMS", "nowhere", /^stop .*Only http and https upstreams/],
  ["HTTP_ADDRESS", "https://a:1", /^stop .*TLS is ended by the proxy/],
  ["REDIRECT_URL", "/oauth2/callback", /^stop .*COATCHECK_PUBLIC_URL/],
  ["REDIRECT_URL", "file:///a", /^stop .*COATCHECK_PUBLIC_URL/],
  ["EMAIL_DOMAINS", " * ", /^note .* is \*/],
  ["EMAIL_DOMAINS", "a.example,*.example.com", /^stop .*\*\.example\.com means all below one/],
  ["EMAIL_DOMAINS", "a.example,*", /^note .* is \*/],
  ["PROVIDER", "keycloak-oidc", /^note .* OpenID Connect/],
  ["PROVIDER", "gitea", /^stop .*COATCHECK_PRESET/],
  ["PROVIDER", "oidc-github", /^stop .*Only OpenID Connect/],
  ["SESSION_STORE_TYPE", "cookie", /^note .*COATCHECK_STORE/],
  ["SESSION_STORE_TYPE", "redis", /^stop .*sqlite:PATH/],
  ["USER_ID_CLAIM", "email", /^note .* is what holds here/],
  ["OIDC_AUDIENCE_CLAIMS", "aud", /^note .* is what holds here/],
  ["SKIP_AUTH_PREFLIGHT", "0", /^note .* is off, as here/],
  ["NOT_REDIS_", "x", /^stop .*is not understood/],
];

test("F-46 what has none is either said or stops the start", () => {
  for (const [name, text, words] of SAID) {
    const { values, problems, notes } = translateOauth2Proxy({ [`OAUTH2_PROXY_${name}`]: text });
    assert.deepEqual([values.length, problems.length + notes.length], [0, 1]);
    const stops = problems.map(({ headline, lines }) => ["stop", headline, ...lines].join(" "));
    assert.match([...stops, ...notes.map((note) => `note ${note}`)].join(), words);
  }
});

test("F-46 a variable that is empty or meant for another program says nothing", () => {
  const none = { OAUTH2_PROXY_GITHUB_ORG: "", OAUTH2_PROXY_PROVIDER: undefined, GITHUB_ORG: "a", MY_OAUTH2_PROXY_: "a" };
  assert.deepEqual(translateOauth2Proxy(none), { values: [], problems: [], notes: [] });
});

test("F-46 what was meant is said by the name that it has there, where something was meant", () => {
  const linesOf = (name: string) => translateOauth2Proxy({ [`OAUTH2_PROXY_${name}`]: "x" }).problems[0]?.lines.slice(1, -1);
  assert.deepEqual(linesOf("EMAIL_DOMAIN"), ["Did you mean OAUTH2_PROXY_EMAIL_DOMAINS?"]);
  assert.deepEqual(linesOf("XYZZY"), []);
});

test("F-16 the command ends with 2 and has started nothing", async () => {
  const environment = { ...BASE, OAUTH2_PROXY_GITHUB_ORG: "acme" };
  const { code, err } = await runCommand(["serve"], { environment, cwd: tmpdir() });
  assert.equal(code, 2);
  assert.match(err, /OAUTH2_PROXY_GITHUB_ORG cannot be carried over/);
});
