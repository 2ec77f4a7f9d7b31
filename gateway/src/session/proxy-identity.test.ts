import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "coatcheck";
import { ORIGIN, PAGE, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import { PUBLIC, settingsOf } from "../../test-support/harness.ts";
import { loadConfig } from "../config/config.ts";
import { formatProblems } from "../config/sources/place.ts";
import { proxyOptions } from "./proxy-identity.ts";

const TRUSTED = ["127.0.0.0/8"];

const as = (user: string, more: Record<string, string> = {}) => ({
  "x-forwarded-user": user,
  "x-forwarded-email": `${user}@example.com`,
  ...more,
});
const cookieOf = (headers: { readonly [name: string]: unknown }): string =>
  String([headers["set-cookie"]].flat()[0] ?? "").replace(/;.*/, "");

test("A-15 S-28 the app gets the gateway's own identity headers, complete; the proxy's end here", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: TRUSTED } } });
  const answer = await gateway.ask("/page", { headers: { ...SCRIPT, ...as("alice", { "x-forwarded-groups": "staff,admins" }) } });
  assert.equal(answer.status, 200);
  const headers = gateway.seen.at(-1)?.headers ?? {};
  assert.equal(headers["x-auth-request-user"], "alice");
  assert.equal(headers["x-auth-request-email"], "alice@example.com");
  assert.equal(headers["x-auth-request-groups"], "staff,admins");
  assert.equal(headers["x-auth-request-preferred-username"], "");
  for (const name of ["x-forwarded-user", "x-forwarded-email", "x-forwarded-groups"])
    assert.equal(headers[name], undefined, name);
});

test("S-35 only a navigation stores a session, and a match costs none", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: TRUSTED } } });
  assert.equal(cookieOf((await gateway.ask("/api", { headers: { ...SCRIPT, ...as("alice") } })).headers), "");
  const cookie = cookieOf((await gateway.ask("/", { headers: { ...PAGE, ...as("alice") } })).headers);
  assert.match(cookie, /^__Host-Http-coatcheck=/);
  assert.equal(cookieOf((await gateway.ask("/", { headers: { ...PAGE, ...as("alice"), cookie } })).headers), "");
});

test("S-30 TP-04 another proxy user: the old session ends before the app is asked; a copied cookie is dead", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: TRUSTED } } });
  const cookie = cookieOf((await gateway.ask("/", { headers: { ...PAGE, ...as("alice") } })).headers);
  const bobs = await gateway.ask("/", { headers: { ...PAGE, ...as("bob"), cookie } });
  assert.equal(bobs.status, 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "bob");
  assert.notEqual(cookieOf(bobs.headers), "");
  assert.equal(await gateway.statusWith(cookie, "/"), 401);
  assert.ok(gateway.log.some((line) => line.includes("session.ended") && line.includes("identity-changed")));
});

test("S-28 A-11 an address that is not the proxy's asserts no user, and it is reported", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: ["10.9.8.7/32"] } } });
  assert.equal((await gateway.ask("/", { headers: { ...SCRIPT, ...as("alice") } })).status, 401);
  assert.equal(gateway.seen.length, 0);
  assert.ok(gateway.log.some((line) => line.includes("proxy.stripped")));
});

test("a session of the provider goes on where the proxy says nothing, beside one that asserts people", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "generic", trusted: TRUSTED } } });
  const cookie = await gateway.signIn("carol");
  assert.equal(await gateway.statusWith(cookie, "/"), 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "carol");
});

const USERS: readonly [email: string, allowed: boolean][] = [
  ["a@good.example", true],
  ["A@GOOD.example", true],
  ["only@other.example", true],
  ["else@other.example", false],
  ["a@evil@good.example", false],
  ["a@sub.good.example", false],
  ["a@evilgood.example", false],
  ["@good.example", false],
  ["good.example", false],
];

test("A-04 A-12 S-32 access is matched by whole address or whole domain; others get 403 and no session", async () => {
  const users = ["@good.example", "only@other.example"];
  await using gateway = await startFullGateway({ config: { proxyIdentity: { trusted: TRUSTED, users } } });
  for (const [email, allowed] of USERS) {
    const { status } = await gateway.ask("/", { headers: { ...SCRIPT, "x-forwarded-user": "u", "x-forwarded-email": email } });
    // A malformed address is refused before a user is looked up.
    assert.ok(allowed ? status === 200 : status === 403 || status === 400, `${email}: ${status}`);
  }
  assert.equal((await gateway.ask("/", { headers: { ...SCRIPT, "x-forwarded-user": "u" } })).status, 403, "no address at all");
});

test("unknown: anonymous lets others in as anonymous, if the route allows that", async () => {
  const proxyIdentity = { trusted: TRUSTED, users: ["@good.example"], unknown: "anonymous" };
  await using gateway = await startFullGateway({ config: { proxyIdentity }, upstream: { access: "optional" } });
  assert.equal((await gateway.ask("/", { headers: { ...SCRIPT, ...as("eve") } })).status, 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "");
});

test("A-16 A-19 a header of another spelling asserts no user and reaches no app", async () => {
  await using gateway = await startFullGateway({
    config: { proxyIdentity: { trusted: TRUSTED } },
    upstream: { access: "optional" },
  });
  await gateway.ask("/", { headers: { ...SCRIPT, x_forwarded_user: "admin", "X-Forwarded_User": "admin" } });
  const { headers = {}, rawHeaders = [] } = gateway.seen.at(-1) ?? {};
  assert.equal(headers["x-auth-request-user"], "");
  assert.ok(!JSON.stringify(rawHeaders).includes("admin"));
});

test("LO-01 a logout goes on to the proxy's sign-out", async () => {
  const signOutUrl = "https://login.example.com/oauth2/sign_out";
  await using gateway = await startFullGateway({ config: { proxyIdentity: { trusted: TRUSTED, signOutUrl } } });
  const cookie = cookieOf((await gateway.ask("/", { headers: { ...PAGE, ...as("alice") } })).headers);
  const headers = { ...SCRIPT, ...as("alice"), cookie, origin: ORIGIN };
  const answer = await gateway.ask("/auth/logout", { method: "POST", headers });
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { location: signOutUrl }]);
});

const base = {
  COATCHECK_SECRET: "q3Vt4lm0GkXb7JQnq9Yv0nH8o2cW5sZrT1uE6aPdFiM",
  COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
};
const read = (environment: Record<string, string>, file: object = {}) =>
  loadConfig({ args: [], environment: { ...base, ...environment }, directory: "/nonexistent", file });

test("a proxy that signs people on needs no provider, and a variable is enough for it", () => {
  const loaded = read({ COATCHECK_PROXY_IDENTITY: "oauth2-proxy", COATCHECK_TRUSTED_PROXIES: "10.0.3.7/32" });
  assert.ok(loaded.ok, loaded.ok ? "" : formatProblems(loaded.problems));
  assert.deepEqual(loaded.settings.providers, []);
  assert.equal(loaded.settings.proxyIdentity?.preset, "oauth2-proxy");
  const none = read({});
  assert.ok(!none.ok && /COATCHECK_ISSUER/.test(formatProblems(none.problems)));
});

test("TP-03 what would trust no address or every address does not start", () => {
  const untrusted = read({ COATCHECK_PROXY_IDENTITY: "authelia" });
  assert.ok(!untrusted.ok && /names a proxy/.test(formatProblems(untrusted.problems)));
  const unlimited = read({}, { proxyIdentity: { preset: "authelia", trusted: ["0.0.0.0/0"] } });
  assert.ok(!unlimited.ok && /trusts everyone/.test(formatProblems(unlimited.problems)));
  const typo = read({}, { proxyIdentity: { preset: "oauth-proxy", trusted: ["10.0.0.1"] } });
  assert.ok(!typo.ok && /oauth2-proxy/.test(formatProblems(typo.problems)));
});

test("without a provider an anonymous navigation is 401, for there is no login to send it to", async () => {
  await using gateway = await startFullGateway({
    config: { providers: [], proxyIdentity: { trusted: ["10.9.8.7/32"] } },
    world: { providers: [] },
  });
  assert.equal((await gateway.ask("/", { headers: PAGE })).status, 401);
  const asked = { ...PAGE, "x-original-method": "GET", "x-original-url": `${ORIGIN}/page` };
  const check = await gateway.ask("/auth/check/nginx", { headers: asked });
  assert.deepEqual([check.status, check.headers["location"]], [401, undefined]);
  assert.equal(JSON.parse((await gateway.admin("/health/ready")).text).ready, true);
});

test("F-14 if e-mail addresses decide who may pass, an unverified one does not count", () => {
  const settings = settingsOf({ proxyIdentity: { preset: "generic", trusted: TRUSTED, users: ["@example.com"] } });
  const resolve = proxyOptions(settings, { now: settings })?.resolve;
  const known = (claims: JsonObject): unknown =>
    resolve?.({
      issuer: "i",
      subject: "alice",
      claims: { email: "alice@example.com", ...claims },
      authenticatedAt: 0,
      method: "proxy",
    });
  assert.deepEqual(known({}), { owner: "i alice" });
  assert.deepEqual(known({ email_verified: true }), { owner: "i alice" });
  for (const claim of [false, "false", null, 0]) assert.equal(known({ email_verified: claim }), null, String(claim));
});

test("F-68 an address without a user is 400, and the event says what to do about it", async () => {
  await using gateway = await startFullGateway({ config: { proxyIdentity: { preset: "oauth2-proxy", trusted: TRUSTED } } });
  const answer = await gateway.ask("/", { headers: { ...SCRIPT, "x-auth-request-email": "alice-canary@example.com" } });
  assert.equal(answer.status, 400);
  const line = gateway.log.find((one) => one.includes("proxy.malformed")) ?? "";
  assert.match(line, /"level":"warn".*"reason":"user-missing".*not x-auth-request-user.*proxyIdentity\.headers\.user/);
  assert.ok(!gateway.log.join().includes("canary"));
  assert.match(
    (await gateway.admin("/metrics")).text,
    /coatcheck_events_total\{event="proxy.malformed",reason="user-missing"\} 1/,
  );
});
