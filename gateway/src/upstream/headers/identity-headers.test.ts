import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "coatcheck";
import fc from "fast-check";
import {
  type FullGateway,
  type FullGatewayOptions,
  ORIGIN,
  SCRIPT,
  startFullGateway,
} from "../../../test-support/full-gateway.ts";
import { settingsOf } from "../../../test-support/harness.ts";
import { type IdentityHeaders, identityHeaderMaker } from "./identity-headers.ts";

type Told = { readonly [name: string]: unknown };

const ENDPOINTS = {
  nginx: { "x-original-method": "GET", "x-original-url": `${ORIGIN}/` },
  forward: {
    "x-forwarded-method": "GET",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "app.example.com",
    "x-forwarded-uri": "/",
  },
  "envoy/": { "x-forwarded-proto": "https" },
} as const;

const identityIn = (headers: Told): Told =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith("x-auth-request-"))
      .map(([name, value]) => [name.slice("x-auth-request-".length), value]),
  );

/** What an app is told of a user: behind the gateway, and behind each proxy that asks it. */
async function toldOf(gateway: FullGateway, cookie: string): Promise<readonly Told[]> {
  const { status } = await gateway.ask("/", { headers: { ...SCRIPT, cookie } });
  assert.equal(status, 200);
  const all = [identityIn(gateway.seen.at(-1)?.headers ?? {})];
  for (const [endpoint, metadata] of Object.entries(ENDPOINTS)) {
    const answer = await gateway.ask(`/auth/check/${endpoint}`, { headers: { ...metadata, cookie } });
    assert.equal(answer.status, 200, endpoint);
    all.push(identityIn(answer.headers));
  }
  return all;
}

const TRUSTING = { trustedProxies: ["127.0.0.1"] };
const gatewayWith = (config: JsonObject = {}, options: FullGatewayOptions = {}): Promise<FullGateway> =>
  startFullGateway({ ...options, config: { ...TRUSTING, ...config } });
const leftOut = ({ log }: FullGateway): readonly string[] =>
  log.filter((line) => line.includes("identity-header.left-out")).map((line) => String(JSON.parse(line).reason));

test("F-13 values with outer spaces or control characters are sent empty, such groups left out, counted", async () => {
  await using gateway = await gatewayWith();
  const claims = {
    email: "alice@example.com\u00a0",
    preferred_username: "alice\tliddell",
    groups: [" admins", "staff", "ops ", "a,b", "tab\t", "\u3000wide", "line\u2028"],
  };
  const cookie = await gateway.signIn("alice ", claims);
  for (const told of await toldOf(gateway, cookie)) {
    assert.deepEqual(told, { user: "", email: "", groups: "staff", "preferred-username": "" });
  }
  const [proxied, checked] = [leftOut(gateway).slice(0, 9), leftOut(gateway).slice(9, 18)];
  assert.deepEqual(proxied, ["user", "email", "group", "group", "group", "group", "group", "group", "preferred-username"]);
  assert.deepEqual(checked, proxied);
  assert.match((await gateway.admin("/metrics")).text, /coatcheck_notices_total\{notice="identity-header.left-out"\} [1-9]/);
});

test("F-13 what is sent arrives as it was, whichever side trims it", () => {
  const maker = identityHeaderMaker(settingsOf({}));
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[ \t\u00a0\u2028a]{0,4}$/));
  fc.assert(
    fc.property(text, fc.array(text), (subject, groups) => {
      let reported = 0;
      const identity = { issuer: "i", subject, claims: { groups }, authenticatedAt: 0, method: "oidc:default" };
      const headers = maker.of(identity, () => reported++);
      const user = sentAs(headers, "user");
      assert.ok(user === "" || user === subject.toWellFormed());
      assert.equal(user.trim(), user);
      assert.ok(user !== "" || subject === "" || reported > 0);
      const sent = sentAs(headers, "groups");
      const wellFormed = groups.map((group) => group.toWellFormed());
      for (const group of sent === "" ? [] : sent.split(",")) assert.ok(wellFormed.includes(group) && group.trim() === group);
    }),
    { numRuns: 2_000 },
  );
});

function sentAs({ lines }: IdentityHeaders, name: string): string {
  return Buffer.from(lines[lines.indexOf(`x-auth-request-${name}`) + 1] ?? "", "latin1").toString("utf8");
}

const EMAIL = "alice@example.com";
/** What a provider says of an address, and whether it is sent. */
const VERIFIED: readonly (readonly [claims: JsonObject, sent: string])[] = [
  [{}, EMAIL],
  [{ email_verified: true }, EMAIL],
  [{ email_verified: "true" }, EMAIL],
  [{ email_verified: "True" }, EMAIL],
  [{ email_verified: false }, ""],
  [{ email_verified: "false" }, ""],
  [{ email_verified: null }, ""],
  [{ email_verified: 0 }, ""],
  [{ email_verified: "" }, ""],
];

test("F-14 an e-mail address that the provider did not verify is not sent, and it is reported", async () => {
  await using gateway = await gatewayWith();
  for (const [claims, email] of VERIFIED) {
    const cookie = await gateway.signIn("alice", { email: EMAIL, ...claims });
    for (const told of await toldOf(gateway, cookie)) assert.equal(told["email"], email, JSON.stringify(claims));
  }
  assert.ok(leftOut(gateway).includes("email-unverified"));
});

const PROVIDERS = [
  { name: "staff", issuer: "https://staff.example.com", clientId: "a", clientSecret: "s" },
  { name: "guests", issuer: "https://guests.example.com", clientId: "b", clientSecret: "s" },
] as const;
const [STAFF, GUESTS] = PROVIDERS.map(({ name, issuer }) => ({ issuer, method: `oidc:${name}` }));

test("F-14 a provider whose addresses count though it never verifies them is named by a setting", async () => {
  const [staff, guests] = PROVIDERS;
  await using gateway = await gatewayWith({ providers: [{ ...staff, trustUnverifiedEmail: true }, guests] });
  const claims = { email: EMAIL, email_verified: false };
  for (const told of await toldOf(gateway, await gateway.signIn("alice", claims, STAFF))) assert.equal(told["email"], EMAIL);
  for (const told of await toldOf(gateway, await gateway.signIn("alice", claims, GUESTS))) assert.equal(told["email"], "");
});

test("F-15 with several providers the issuer is told too, empty for anonymous callers, never a client's", async () => {
  await using gateway = await gatewayWith({ providers: [...PROVIDERS] }, { upstream: { access: "optional" } });
  for (const by of [STAFF, GUESTS]) {
    for (const told of await toldOf(gateway, await gateway.signIn("alice", {}, by))) {
      assert.deepEqual([told["user"], told["issuer"]], ["alice", by?.issuer]);
    }
  }
  await gateway.ask("/", {
    headers: { ...SCRIPT, "x-auth-request-issuer": "https://forged.example", X_Auth_Request_Issuer: "f" },
  });
  assert.deepEqual(identityIn(gateway.seen.at(-1)?.headers ?? {}), {
    user: "",
    email: "",
    groups: "",
    "preferred-username": "",
    issuer: "",
  });
  assert.ok(!JSON.stringify(gateway.seen.at(-1)).includes("forged"));
});

test("F-15 with one provider there is no such header, and no client's", async () => {
  await using gateway = await gatewayWith();
  await gateway.ask("/", { headers: { ...SCRIPT, cookie: await gateway.signIn("alice"), "x-auth-request-issuer": "forged" } });
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-issuer"], undefined);
});

test("F-15 an upstream that names providers takes their users alone", async () => {
  const upstreams = [
    { access: "optional", providers: ["staff"] },
    { paths: ["/both"], providers: ["staff", "guests"] },
    { paths: ["/api"], access: "api", providers: ["guests"] },
  ];
  await using gateway = await gatewayWith({ providers: [...PROVIDERS] }, { upstreams });
  const [alice, bob] = [await gateway.signIn("x", {}, STAFF), await gateway.signIn("x", {}, GUESTS)];
  const status = async (path: string, cookie?: string): Promise<number> =>
    (await gateway.ask(path, { headers: { ...SCRIPT, ...(cookie === undefined ? {} : { cookie }) } })).status;
  assert.deepEqual([await status("/", alice), await status("/", bob), await status("/")], [200, 403, 200]);
  assert.deepEqual([await status("/both", alice), await status("/both", bob), await status("/both")], [200, 200, 401]);
  assert.deepEqual([await status("/api", alice), await status("/api", bob), await status("/api")], [403, 200, 401]);
  // One issuer may let different people in under different names; another method goes by the issuer.
  const [other, token] = [
    { issuer: PROVIDERS[0].issuer, method: "oidc:elsewhere" },
    { issuer: PROVIDERS[0].issuer, method: "bearer" },
  ];
  assert.equal(await status("/", await gateway.signIn("x", {}, other)), 403);
  assert.equal(await status("/", await gateway.signIn("x", {}, token)), 200);
});

test("F-15 a proxy asks for the users of some providers by ?providers=", async () => {
  await using gateway = await gatewayWith({ providers: [...PROVIDERS] }, { upstreams: [] });
  const cookie = await gateway.signIn("alice", { groups: ["ops"] }, STAFF);
  for (const endpoint of ["nginx", "forward"] as const) {
    const status = async (query: string): Promise<number> =>
      (await gateway.ask(`/auth/check/${endpoint}?${query}`, { headers: { ...ENDPOINTS[endpoint], cookie } })).status;
    assert.equal(await status("providers=staff"), 200);
    assert.equal(await status("providers=guests,staff"), 200);
    assert.equal(await status("providers=guests"), 403);
    assert.equal(await status("providers=staff&groups=ops"), 200);
    assert.equal(await status("groups=dev&providers=staff"), 403);
    assert.equal(await status("providers=unknown"), 400);
    assert.equal(await status("providers=staff,unknown"), 400);
    for (const malformed of ["providers=", "providers=staff&providers=guests", "provider=staff"]) {
      assert.equal(await status(malformed), 400, malformed);
    }
  }
  // Caddy may send the client's own query along, which keeps out that client alone.
  const carried = async (query: string): Promise<number> => {
    const headers = { ...ENDPOINTS.forward, "x-forwarded-uri": `/page?${query}`, cookie };
    return (await gateway.ask(`/auth/check/forward?${query}`, { headers })).status;
  };
  assert.deepEqual(
    [await carried("q=1&providers=guests"), await carried("q=1"), await carried("q=1&providers=staff")],
    [403, 200, 200],
  );
});
