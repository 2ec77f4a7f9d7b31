import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dial, requestText, until } from "../../test-support/connection.ts";
import type { Harness } from "../../test-support/harness.ts";
import { echo, echoed, PUBLIC, received, startHarness, statusOf } from "../../test-support/harness.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

let harness: Harness;
let trusting: Harness;
before(async () => {
  const upstreams = [
    { access: "optional", paths: ["/"] },
    { access: "public", paths: ["/public"] },
    { access: "user", paths: ["/user"] },
    { access: "user", paths: ["/token"], token: "header" },
    { access: "optional", paths: ["/bearer"], token: "authorization" },
  ];
  harness = await startHarness(echo, { upstreams });
  trusting = await startHarness(echo, {
    config: { trustedProxies: ["127.0.0.1"], publicUrl: [`https://${PUBLIC}`, "https://two.example.com"] },
  });
});
after(() => Promise.all([harness[Symbol.asyncDispose](), trusting[Symbol.asyncDispose]()]));

const ALICE = { Cookie: "theme=dark; __Host-Http-coatcheck=alice; b=2" };
const IDENTITY = ["x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username"];

test("A-15 the identity headers are always all there: who is signed in, or empty", async () => {
  const known = await harness.get("/user", ALICE);
  assert.deepEqual(
    IDENTITY.map((name) => received(known, name)),
    ["alice", "alice@example.com", "staff,admins", "alice"],
  );
  for (const path of ["/", "/public/x"]) {
    const anonymous = await harness.get(path);
    assert.deepEqual(
      IDENTITY.map((name) => received(anonymous, name)),
      ["", "", "", ""],
    );
  }
});

for (const spelling of [
  "X-Auth-Request-User",
  "x-auth-request-user",
  "X_Auth_Request_User",
  "x-auth_request-USER",
  "X.Auth.Request.User",
  "X-Auth-Request-Anything",
  "X-Coatcheck-Assertion",
  "X_Coatcheck_Assertion",
  "X-Forwarded-User",
  "X_Forwarded_Email",
  "X-Forwarded-Access-Token",
  "Remote-User",
  "Remote_User",
  "Proxy",
]) {
  const id = spelling.includes("_") || spelling.includes(".") ? "A-11 A-16 A-19" : "A-11";
  test(`${id} a client's own ${spelling} never reaches the upstream`, async () => {
    for (const path of ["/", "/public/x"]) {
      const answer = await harness.get(path, { [spelling]: "evil-admin" });
      assert.equal(statusOf(answer), 200);
      assert.ok(!JSON.stringify(echoed(answer)).includes("evil-admin"));
    }
  });
}

for (const spelling of ["X-authentik-uid", "x_authentik_uid", "X-Proxy-Secret", "X_PROXY-Secret", "x.proxy.secret"]) {
  test(`A-19 TP-07 ${spelling}, by which a proxy in front names its user, ends at the gateway`, async () => {
    for (const path of ["/", "/public/x"]) {
      const answer = await harness.get(path, { [spelling]: "evil-admin", "X-authentik-other": "kept" });
      assert.equal(statusOf(answer), 200);
      assert.ok(!JSON.stringify(echoed(answer)).includes("evil-admin"));
      assert.equal(received(answer, "x-authentik-other"), "kept");
    }
  });
}

test("A-44 a request of another method is scrubbed all the same", async () => {
  const answer = await harness.raw(
    `OPTIONS / HTTP/1.1\r\nHost: ${PUBLIC}\r\nX-Auth-Request-User: evil\r\nConnection: close\r\n\r\n`,
  );
  assert.equal(received(answer, "x-auth-request-user"), "");
});

for (const connection of [
  "x-auth-request-user",
  "X-Auth-Request-User, close",
  "close, x-forwarded-for, X-FORWARDED-HOST",
  "host, cookie, close",
]) {
  test(`A-17 A-26 Connection: ${connection} cannot take away what the gateway says`, async () => {
    const lines = `Cookie: __Host-Http-coatcheck=alice\r\nConnection: ${connection}\r\nConnection: close\r\n`;
    const answer = await harness.raw(`GET /user HTTP/1.1\r\nHost: ${PUBLIC}\r\n${lines}\r\n`);
    assert.equal(received(answer, "x-auth-request-user"), "alice");
    assert.equal(received(answer, "x-forwarded-for"), "127.0.0.1");
    assert.equal(received(answer, "host"), PUBLIC);
  });
}

test("PX-02 hop-by-hop headers and those that Connection names stay here", async () => {
  const answer = await harness.get("/", {
    Connection: "close, X-User",
    "X-User": "hop",
    "Keep-Alive": "timeout=9",
    TE: "trailers",
    Trailer: "x",
    "Proxy-Authorization": "Basic eA==",
    "Proxy-Connection": "close",
    "X-Kept": "yes",
  });
  const names = echoed(answer).rawHeaders.filter((_, index) => index % 2 === 0);
  for (const name of ["x-user", "keep-alive", "te", "trailer", "proxy-authorization", "proxy-connection"])
    assert.ok(!names.includes(name), name);
  assert.equal(received(answer, "x-kept"), "yes");
  assert.equal(received(answer, "connection"), "keep-alive");
});

test("PX-02 the client's Authorization passes on public routes alone", async () => {
  const header = { Authorization: "Bearer client-token" };
  assert.equal(received(await harness.get("/public/x", header), "authorization"), "Bearer client-token");
  assert.equal(received(await harness.get("/", header), "authorization"), undefined);
  assert.equal(received(await harness.get("/user", { ...header, ...ALICE }), "authorization"), undefined);
});

test("PX-03 the user's token goes where it is configured, in the form that is configured", async () => {
  const header = await harness.get("/token", { ...ALICE, "X-Auth-Request-Access-Token": "evil", Authorization: "Bearer evil" });
  assert.equal(received(header, "x-auth-request-access-token"), "token-of-alice");
  assert.equal(received(header, "authorization"), undefined);
  assert.equal(received(await harness.get("/bearer", ALICE), "authorization"), "Bearer token-of-alice");
  assert.equal(received(await harness.get("/bearer", { Authorization: "Bearer evil" }), "authorization"), undefined);
  assert.equal(received(await harness.get("/user", ALICE), "x-auth-request-access-token"), undefined);
});

test("CK-13 our cookies are hidden from upstreams, in every spelling that a browser knows; others pass", async () => {
  assert.equal(received(await harness.get("/user", ALICE), "cookie"), "theme=dark; b=2");
  const many =
    "coatcheck=x; __Host-Http-coatcheck.login.AAAAAAAAAAA=y; __Secure-coatcheck=z;__host-coatcheck=w; coatchecks=kept; =__Host-Http-coatcheck=v";
  assert.equal(received(await harness.get("/", { Cookie: many }), "cookie"), "coatchecks=kept");
  assert.equal(received(await harness.get("/", { Cookie: "coatcheck=x" }), "cookie"), undefined);
  const untouched = "a=1;b=2 ; c";
  assert.equal(received(await harness.get("/", { Cookie: untouched }), "cookie"), untouched);
});

test("A-18 A-24 forwarded headers of untrusted clients count for nothing and are written anew", async () => {
  const answer = await harness.get("/", {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Uri": "/evil",
    "X-Forwarded-Server": "evil",
    X_Forwarded_Host: "evil",
    Forwarded: "for=6.6.6.6;host=evil",
    "X-Real-IP": "6.6.6.6",
    "X-Original-URL": "/evil",
    "X-Rewrite-URL": "/evil",
  });
  assert.equal(received(answer, "x-forwarded-for"), "127.0.0.1");
  assert.equal(received(answer, "x-forwarded-host"), PUBLIC);
  assert.equal(received(answer, "x-forwarded-proto"), "https");
  assert.ok(!/evil|6\.6\.6\.6/.test(JSON.stringify(echoed(answer))));
});

test("TP-01 TP-02 S-48 if configured, Forwarded tells the client's address; X-Forwarded-For is ignored", async () => {
  const config = { trustedProxies: ["127.0.0.0/8"], clientAddress: "forwarded" };
  await using reading = await startHarness(echo, { config });
  const headers = { Forwarded: 'for=6.6.6.6, for="[2001:db8::7]:4711"', "X-Forwarded-For": "7.7.7.7" };
  const both = await reading.get("/", headers);
  const other = await reading.get("/", { "X-Forwarded-For": "7.7.7.7" });
  assert.equal(received(both, "x-forwarded-for"), "2001:db8::7");
  assert.equal(received(other, "x-forwarded-for"), "127.0.0.1");
});

test("A-18 a trusted peer says who the client is and which host was asked for, exactly", async () => {
  const answer = await trusting.get("/", {
    Host: "inner",
    "X-Forwarded-For": "6.6.6.6, 1.2.3.4",
    "X-Forwarded-Host": "two.example.com",
  });
  assert.equal(received(answer, "x-forwarded-for"), "1.2.3.4");
  assert.equal(received(answer, "x-forwarded-host"), "two.example.com");
  assert.equal(received(answer, "host"), "two.example.com");
  assert.equal(statusOf(await trusting.get("/", { "X-Forwarded-Host": `${PUBLIC}, evil.example` })), 421);
  assert.equal(statusOf(await trusting.get("/", { "X-Forwarded-Host": "evil.example" })), 421);
});

test("PX-01 another host than the public one is 421, and two hosts are 400", async () => {
  assert.equal(statusOf(await harness.get("/", { Host: "evil.example" })), 421);
  assert.equal(
    statusOf(await harness.raw(`GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)),
    400,
  );
  assert.equal(statusOf(await harness.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 400);
  assert.equal(statusOf(await harness.raw("GET / HTTP/1.0\r\n\r\n")), 400);
});

test("identity values are UTF-8; what headers cannot carry is left out and reported", async () => {
  const identity = {
    issuer: "i",
    subject: "zoë 東京",
    claims: { email: "a@b\r\nX-Evil: 1", preferred_username: "tab\there", groups: ["größe", "a,b", "c\nd", "", "e"] },
    authenticatedAt: 0,
    method: "oidc:default",
  };
  harness.control.users["odd"] = identity;
  const answer = await harness.get("/user", { Cookie: "__Host-Http-coatcheck=odd" });
  const utf8 = (name: string): string => Buffer.from(received(answer, name) ?? "", "latin1").toString("utf8");
  assert.equal(utf8("x-auth-request-user"), "zoë 東京");
  assert.equal(utf8("x-auth-request-groups"), "größe,e");
  assert.equal(received(answer, "x-auth-request-email"), "");
  assert.equal(received(answer, "x-auth-request-preferred-username"), "");
  assert.equal(received(answer, "x-evil"), undefined);
  const reasons = harness.log
    .filter((line) => line.includes("identity-header.left-out"))
    .map((line) => /"reason":"([^"]+)"/.exec(line)?.[1]);
  assert.deepEqual(reasons.toSorted(), ["email", "group", "group", "group", "preferred-username"]);
  assert.ok(!harness.log.join("").includes("X-Evil"));
});

test("the groups header ends at 4 KiB, between two groups", async () => {
  const [alice] = Object.values(harness.control.users);
  assert.ok(alice !== undefined);
  const groups = Array.from({ length: 300 }, (_, index) => `group-number-${String(index).padStart(4, "0")}`);
  harness.control.users["many"] = { ...alice, subject: "many", claims: { ...alice.claims, groups } };
  const sent = received(await harness.get("/user", { Cookie: "__Host-Http-coatcheck=many" }), "x-auth-request-groups") ?? "";
  assert.ok(sent.length <= 4096 && sent.length > 4000);
  assert.ok(groups.join(",").startsWith(`${sent},`));
});

test("F-10 Connection: authorization on a public route drops the client's own, and nothing of ours", async () => {
  const upstreams = [{ access: "public" }, { access: "user", paths: ["/api"], token: "authorization" }];
  await using both = await startHarness(echo, { upstreams });
  const ask = (path: string, connection: string) =>
    both.raw(
      `GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nCookie: __Host-Http-coatcheck=alice\r\nAuthorization: Basic eDp5\r\n${connection}\r\n\r\n`,
    );
  assert.equal(received(await ask("/", "Connection: close"), "authorization"), "Basic eDp5");
  for (const connection of ["Connection: close, authorization", "Connection: AUTHORIZATION\r\nConnection: close"]) {
    assert.equal(received(await ask("/", connection), "authorization"), undefined, connection);
    assert.equal(received(await ask("/api", connection), "authorization"), "Bearer token-of-alice", connection);
  }
});

test("F-46 the upstream hears how long a body is that is still on its way, where the client said so", async () => {
  await using upstream = await rawUpstream(() => undefined);
  await using waiting = await startHarness(echo, { upstream: { url: upstream.url } });
  for (const [lines, body, framing] of [
    ["Content-Length: 5", "he", /\r\ncontent-length: 5\r\n/i],
    ["Transfer-Encoding: chunked", "2\r\nhe\r\n", /\r\ntransfer-encoding: chunked\r\n/i],
  ] as const) {
    const seen = upstream.heads.length;
    using _uploading = dial(waiting.port, requestText("POST /", lines) + body);
    await until(() => upstream.heads.length > seen);
    assert.match(upstream.heads[seen] ?? "", framing);
    assert.equal(upstream.heads[seen]?.match(/content-length|transfer-encoding/gi)?.length, 1);
  }
});

test("F-46 several lines of X-Forwarded-For are one, the last line last", async () => {
  const through = (...lines: readonly string[]): Promise<string> =>
    trusting.raw(
      `GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\n${lines.map((line) => `X-Forwarded-For: ${line}\r\n`).join("")}Connection: close\r\n\r\n`,
    );
  assert.equal(received(await through("6.6.6.6", "1.2.3.4"), "x-forwarded-for"), "1.2.3.4");
  assert.equal(received(await through("6.6.6.6", "1.2.3.4", "127.0.0.1"), "x-forwarded-for"), "1.2.3.4");
  assert.equal(received(await through("127.0.0.1", "127.0.0.1"), "x-forwarded-for"), "127.0.0.1");
});
