import assert from "node:assert/strict";
import { test } from "node:test";
import { appWith, headerOf } from "../../test-support/app.ts";
import { fakeProvider } from "../testing/fake-provider.ts";
import { oidcRoutes } from "./routes.ts";

const app = appWith([fakeProvider({ users: [{ subject: "alice" }] })]);
const tokens = { accessToken: "canary-a", refreshToken: "canary-r", idToken: "canary-i", scope: null, expires: 0 };
const identity = {
  issuer: "https://id.test",
  subject: "alice",
  claims: { name: "Alice" },
  authenticatedAt: 1,
  method: "oidc:default",
};
const signedIn = { ...app.browser(), identity, tokens };

test("A-33 GET session says who is signed in and until when, and never a token", async () => {
  const response = await app.send(signedIn, "GET", "/auth/session", { headers: { "sec-fetch-site": "same-origin" } });
  assert.equal(response.status, 200);
  assert.deepEqual(JSON.parse(response.body), {
    identity: { issuer: "https://id.test", subject: "alice", claims: { name: "Alice" } },
    session: { id: "id", createdAt: 1_000, expiresAt: 3_000, idleExpiresAt: 2_000 },
    logoutUrl: "/auth/logout",
  });
  assert.equal(headerOf(response, "content-type"), "application/json");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  assert.equal(headerOf(response, "cross-origin-resource-policy"), "same-origin");
  assert.equal(response.body.includes("canary"), false);
});

test("A-43 GET session is 401 for anonymous callers, and 403 for other sites before that", async () => {
  const response = await app.send(app.browser(), "GET", "/auth/session");
  assert.equal(response.status, 401);
  assert.equal(JSON.parse(response.body).code, "ERR_UNAUTHENTICATED");
  assert.equal(headerOf(response, "cache-control"), "no-store");
  for (const site of ["same-site", "cross-site"]) {
    for (const browser of [signedIn, app.browser()]) {
      const refused = await app.send(browser, "GET", "/auth/session", { headers: { "sec-fetch-site": site } });
      assert.equal(refused.status, 403);
      assert.equal(refused.body.includes("alice"), false);
      assert.equal(headerOf(refused, "cross-origin-resource-policy"), "same-origin");
    }
  }
  for (const site of ["same-origin", "none", ""]) {
    assert.equal((await app.send(signedIn, "GET", "/auth/session", { headers: { "sec-fetch-site": site } })).status, 200);
  }
});

test("POST session is activity and says nothing; GET is none", async () => {
  const response = await app.send(signedIn, "POST", "/auth/session");
  assert.equal(response.status, 204);
  assert.equal(response.body, "");
  assert.equal((await app.send(app.browser(), "POST", "/auth/session")).status, 401);
  const touching = oidcRoutes(app.deps).filter(({ touches }) => touches);
  assert.deepEqual(
    touching.map(({ method, path }) => `${method} ${path}`),
    ["POST session"],
  );
});
