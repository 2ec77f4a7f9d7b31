import assert from "node:assert/strict";
import { test } from "node:test";
import { PublicOrigins } from "./origin.ts";

const origins = new PublicOrigins(["https://app.example.com", "https://b.example.com:8443"]);

test("AR-06 a host picks an origin by exact match, in any case, with the scheme's own port or without", () => {
  assert.equal(origins.ofHost("app.example.com")?.origin, "https://app.example.com");
  assert.equal(origins.ofHost("APP.example.com")?.origin, "https://app.example.com");
  assert.equal(origins.ofHost("app.example.com:443")?.origin, "https://app.example.com");
  assert.equal(origins.ofHost("b.example.com:8443")?.origin, "https://b.example.com:8443");
  for (const host of [
    "",
    "b.example.com",
    "app.example.com:80",
    "app.example.com.",
    "xapp.example.com",
    "app.example.com, b",
    "a@app.example.com",
  ]) {
    assert.equal(origins.ofHost(host), undefined, host);
  }
});

test("CS-03 an Origin is ours byte for byte or not at all", () => {
  assert.ok(origins.includes("https://app.example.com"));
  for (const origin of [
    "null",
    "http://app.example.com",
    "https://app.example.com:443",
    "https://app.example.com.evil.tld",
    "https://APP.example.com",
  ]) {
    assert.ok(!origins.includes(origin), origin);
  }
});
