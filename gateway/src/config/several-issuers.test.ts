import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { settingsOf } from "../../test-support/harness.ts";
import { loadConfig } from "./config.ts";
import { warnings } from "./cross-checks.ts";
import { hasSeveralIssuers } from "./several-issuers.ts";
import { formatProblems } from "./sources/place.ts";

const provider = (name: string, issuer = `https://${name}.example.com`) => ({ name, issuer, clientId: "app", clientSecret: "s" });
const BOTH = [provider("staff"), provider("guests")];
const URLS = { url: "http://localhost:3000" };
const saidOf = (config: { readonly [key: string]: unknown }): readonly string[] =>
  warnings(settingsOf(config)).filter((line) => line.includes("several issuers"));

test("F-15 a start warns where people of several providers reach an upstream that names none", () => {
  assert.deepEqual(saidOf({ upstreams: [URLS] }), []);
  const both = saidOf({ providers: BOTH, upstreams: [URLS, { ...URLS, paths: ["/x"], providers: ["staff"] }] });
  assert.equal(both.length, 1);
  assert.match(both[0] ?? "", /X-Auth-Request-Issuer too, or upstreams\[0\]\.providers names whose users may pass/);
  assert.doesNotMatch(both[0] ?? "", /upstreams\[1\]/);
  assert.match(saidOf({ providers: BOTH })[0] ?? "", /\?providers=NAME/);
  const open = saidOf({ providers: BOTH, upstreams: [URLS, { ...URLS, paths: ["/x"], access: "optional" }] });
  assert.match(open[0] ?? "", / too, or upstreams\[0\]\.providers, upstreams\[1\]\.providers names whose users may pass/);
  assert.deepEqual(saidOf({ providers: BOTH, upstreams: [{ ...URLS, providers: ["staff", "guests"] }] }), []);
  assert.deepEqual(saidOf({ providers: BOTH, upstreams: [{ ...URLS, access: "public" }] }), []);
});

test("F-15 issuers are several by providers, by a proxy or by tokens beside one", () => {
  const proxyIdentity = { preset: "generic", trusted: ["10.0.0.1"] };
  const jwt = (issuer: string) => ({ bearer: { jwt: [{ issuer, audience: "api" }] } });
  assert.equal(hasSeveralIssuers(settingsOf({})), false);
  assert.equal(hasSeveralIssuers(settingsOf(jwt("https://id.example.com"))), false);
  assert.equal(hasSeveralIssuers(settingsOf({ providers: [], proxyIdentity })), false);
  assert.equal(hasSeveralIssuers(settingsOf({ providers: BOTH })), true);
  assert.equal(hasSeveralIssuers(settingsOf({ proxyIdentity })), true);
  assert.equal(hasSeveralIssuers(settingsOf(jwt("https://other.example.com"))), true);
  const asked = (issuer: string) => ({ bearer: { introspection: { issuer, clientId: "a", clientSecret: "s" } } });
  assert.equal(hasSeveralIssuers(settingsOf(asked("https://id.example.com"))), false);
  assert.equal(hasSeveralIssuers(settingsOf(asked("https://other.example.com"))), true);
  const same = [provider("staff", "https://id.example.com"), provider("guests", "https://id.example.com")];
  assert.equal(hasSeveralIssuers(settingsOf({ providers: same })), true);
});

test("F-15 an upstream names providers that there are, and none if callers are not authenticated", () => {
  const complaint = (upstream: object): string => {
    const file = { secrets: [randomBytes(32).toString("base64url")], publicUrl: "http://localhost", providers: BOTH };
    const loaded = loadConfig({
      args: [],
      environment: {},
      directory: "/nonexistent",
      file: { ...file, upstreams: [{ ...URLS, ...upstream }] },
    });
    return loaded.ok ? "" : formatProblems(loaded.problems);
  };
  assert.equal(complaint({ providers: ["staff"] }), "");
  assert.match(complaint({ providers: ["stuff"] }), /upstreams\[0\]\.providers has stuff.*\n {2}Known there: staff, guests\./);
  assert.match(complaint({ providers: ["staff"], access: "public" }), /providers is given, though access is public/);
});
