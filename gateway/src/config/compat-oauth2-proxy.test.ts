import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TABLE } from "../../testing/config-documents.ts";
import { loadConfig } from "../config.ts";
import { HARMLESS, NOT_OFFERED, OFF_BY_DEFAULT, STANDARD } from "./oauth2-proxy-names.ts";
import { formatProblems } from "./place.ts";

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

/** What keeps people out at oauth2-proxy, and what nobody knows. */
const STOPS: readonly (readonly [name: string, value: string, words: RegExp])[] = [
  ["GITHUB_ORG", "acme", /narrow by groups/],
  ["GOOGLE_GROUPS", "staff@example.com", /upstreams\[\]\.groups/],
  ["KEYCLOAK_GROUPS", "/staff", /upstreams\[\]\.groups/],
  ["GITLAB_PROJECTS", "a/b=20", /narrow by groups/],
  ["ENTRA_ID_ALLOWED_TENANTS", "x", /tenant's own issuer/],
  ["TRUSTED_IPS", "10.0.0.0/8", /access: public/],
  ["SKIP_AUTH_ROUTES", "GET=^/health", /access: public/],
  ["OIDC_GROUPS_CLAIM", "roles", /claim {2}groups/],
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

test("F-16 the command ends with 2 and has started nothing", async () => {
  const main = join(import.meta.dirname, "../main.ts");
  const options = { env: { ...process.env, ...BASE, OAUTH2_PROXY_GITHUB_ORG: "acme" }, cwd: tmpdir() };
  const { code, said } = await new Promise<{ code: unknown; said: string }>((resolve) => {
    execFile(process.execPath, [main, "serve"], options, (error, _, stderr) => resolve({ code: error?.code, said: stderr }));
  });
  assert.equal(code, 2);
  assert.match(said, /OAUTH2_PROXY_GITHUB_ORG cannot be carried over/);
});
