import assert from "node:assert/strict";
import { test } from "node:test";
import { CoatcheckError } from "../../core/errors.ts";
import type { ProviderConfig } from "./config.ts";
import { settleProviderConfig } from "./config.ts";

const good: ProviderConfig = { issuer: "https://id.example.com", clientId: "app", clientSecret: "s" };

function refuses(change: object, key: string): void {
  assert.throws(
    () => settleProviderConfig({ ...good, ...change }),
    (error) => error instanceof CoatcheckError && error.code === "ERR_CONFIG" && error.message.includes(`provider.${key}`),
    JSON.stringify(change),
  );
}

test("defaults are those of the documentation", () => {
  const config = settleProviderConfig(good);
  assert.equal(config.scope, null, "the preset's");
  assert.equal(config.idTokenSigningAlg, "RS256");
  assert.equal(config.clientAuthentication, "client_secret_basic");
  assert.equal(config.responseMode, "query");
  assert.equal(config.name, "default");
  assert.equal(settleProviderConfig({ issuer: good.issuer, clientId: "app" }).clientAuthentication, "none");
});

test("TK-05 plain http is for loopback hosts alone", () => {
  for (const issuer of ["http://127.0.0.1:4000", "http://localhost/tenant", "http://[::1]:1"]) {
    assert.equal(settleProviderConfig({ ...good, issuer }).loopback, true);
  }
  for (const issuer of [
    "http://id.example.com",
    "http://127.0.0.1.example.com",
    "http://10.0.0.1",
    "http://[::ffff:10.0.0.1]",
    "ftp://id.example.com",
    "id.example.com",
    "",
    "https://id.example.com/?x=1",
    "https://id.example.com/#x",
    "https://user:pw@id.example.com",
  ]) {
    refuses({ issuer }, "issuer");
  }
});

test("ID-06 the skew is bounded by a minute, and more refuses to start", () => {
  assert.equal(settleProviderConfig({ ...good, clockTolerance: 60_000 }).clockTolerance, 60_000);
  for (const clockTolerance of [60_001, 3_600_000, -1, Number.NaN, Number.POSITIVE_INFINITY])
    refuses({ clockTolerance }, "clockTolerance");
});

test("ID-01 algorithms without a key pair refuse to start", () => {
  for (const idTokenSigningAlg of ["none", "HS256", "HS512", "RS1", "", "rs256"])
    refuses({ idTokenSigningAlg }, "idTokenSigningAlg");
});

test("AR-01 AR-07 other grants and scopes without openid refuse to start", () => {
  for (const responseMode of ["fragment", "jwt", "token"]) refuses({ responseMode }, "responseMode");
  for (const scope of ["profile", "", "openid  email", "openid\nemail", ' openid"']) refuses({ scope }, "scope");
});

test("TK-03 a method of authentication needs what it is made of", () => {
  refuses({ clientSecret: undefined, clientAuthentication: "client_secret_post" }, "clientSecret");
  refuses({ clientSecret: "" }, "clientSecret");
  refuses({ clientAuthentication: "private_key_jwt" }, "privateKey");
  refuses({ clientAuthentication: "tls_client_auth" }, "clientAuthentication");
});

test("a message never shows the secret", () => {
  assert.throws(
    () => settleProviderConfig({ ...good, clientSecret: "hush-hush", scope: "x" }),
    (error) => error instanceof CoatcheckError && !error.message.includes("hush"),
  );
});
