import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Harness } from "../../test-support/harness.ts";
import { bodyOf, echo, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

let harness: Harness;
let hits = 0;
before(async () => {
  harness = await startHarness((message, response) => {
    hits++;
    message.resume();
    echo(message, response);
  });
});
after(() => harness[Symbol.asyncDispose]());

const HOST = `Host: ${PUBLIC}\r\n`;

/** What two parsers could read in two ways, or what no upstream is to see. */
const REFUSED: readonly (readonly [name: string, request: string, status: number])[] = [
  [
    "PX-02 Content-Length beside Transfer-Encoding",
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["PX-02 two Content-Lengths", `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`, 400],
  ["PX-02 two equal Content-Lengths", `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  ["PX-02 a list as Content-Length", `POST / HTTP/1.1\r\n${HOST}Content-Length: 4, 4\r\n\r\nabcd`, 400],
  ["PX-02 a signed Content-Length", `POST / HTTP/1.1\r\n${HOST}Content-Length: +4\r\n\r\nabcd`, 400],
  ["PX-02 a transfer coding that is not chunked", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\nabcd`, 400],
  ["PX-02 chunked twice", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, chunked, identity\r\n\r\n0\r\n\r\n`, 400],
  ["F-08 a coding before chunked", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  [
    "F-08 codings in two lines",
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    501,
  ],
  [
    "F-08 a coding for our own endpoints",
    `POST /auth/echo HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    501,
  ],
  [
    "F-08 a coding for a check",
    `GET /auth/check/nginx HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    501,
  ],
  ["F-08 a request line of HTTP/2.0", `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
  ["F-08 a handshake in HTTP/1.0", `GET / HTTP/1.0\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 400],
  ["PX-02 a space before the colon", `GET / HTTP/1.1\r\n${HOST}X-A : b\r\nConnection: close\r\n\r\n`, 400],
  ["PX-02 a folded header", `GET / HTTP/1.1\r\n${HOST}X-A: b\r\n c\r\nConnection: close\r\n\r\n`, 400],
  ["PX-02 a bare line feed", `GET / HTTP/1.1\n${HOST}\r\n`, 400],
  ["PX-02 a NUL in a header", `GET / HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`, 400],
  ["PX-02 an unknown version", `GET / HTTP/1.2\r\n${HOST}\r\n`, 400],
  ["PX-02 TRACE", `TRACE / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 405],
  ["PX-01 CONNECT", `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405],
  [
    "PX-02 an upgrade to h2c",
    `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    400,
  ],
  ["PX-02 HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["PX-01 an absolute target", `GET http://evil.example/ HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["PX-01 an absolute target of our own", `GET http://${PUBLIC}/ HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["PX-01 a target without slash", `GET @evil.example HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["PX-01 an asterisk", `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["A-23 a path with dots", `GET /public/../admin HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["A-28 a malformed escape", `GET /%zz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400],
  ["an unknown expectation", `POST / HTTP/1.1\r\n${HOST}Expect: miracles\r\nContent-Length: 1\r\n\r\na`, 400],
  ["a head past the limit", `GET / HTTP/1.1\r\n${HOST}X-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["too many header lines", `GET / HTTP/1.1\r\n${HOST}${"X-A: b\r\n".repeat(120)}Connection: close\r\n\r\n`, 431],
];

for (const [name, request, status] of REFUSED) {
  test(`${name} is ${status}, and the upstream hears nothing`, async () => {
    hits = 0;
    const answer = await harness.raw(request);
    assert.equal(statusOf(answer), status, answer);
    assert.equal(hits, 0);
    assert.match(answer, /content-type: application\/problem\+json/);
    assert.match(bodyOf(answer), /"code":"ERR_[A-Z_]+"/);
    assert.match(answer, /connection: close/i);
  });
}

test("F-08 a body in chunks from HTTP/1.0 is the last thing that its connection brings", async () => {
  const body = `Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`;
  for (const path of ["/", "/auth/echo"]) {
    const answer = await harness.raw(`POST ${path} HTTP/1.0\r\n${HOST}${body}GET /smuggled HTTP/1.0\r\n${HOST}\r\n`);
    assert.equal(statusOf(answer), 200, answer);
    assert.match(answer, /connection: close/i);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
  }
});

test("F-08 204 says nothing of a length, whatever the upstream says", async () => {
  await using upstream = await rawUpstream(() => "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
  await using silent = await startHarness(echo, { upstream: { url: upstream.url } });
  const answer = await silent.get("/");
  assert.equal(statusOf(answer), 204);
  assert.doesNotMatch(answer, /content-length|transfer-encoding/i);
});

test("HD-02 answers of our own forbid sniffing, framing, caching and referrers, errors included", async () => {
  for (const answer of [
    await harness.get("/%zz"),
    await harness.get("/auth/none"),
    await harness.raw("nonsense\r\n\r\n"),
    await harness.get("/", { Cookie: "__Host-Http-coatcheck=down" }),
  ]) {
    assert.match(answer, /x-content-type-options: nosniff/);
    assert.match(answer, /content-security-policy: default-src 'none'; frame-ancestors 'none'/);
    assert.match(answer, /referrer-policy: no-referrer/);
    assert.match(answer, /cache-control: no-store/);
  }
  assert.match(await harness.get("/auth/none"), /strict-transport-security: max-age=31536000; includeSubDomains/);
});

test("PX-02 what follows a refused body is not taken for a request", async () => {
  const smuggled = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
  hits = 0;
  const answer = await harness.raw(`POST /%zz HTTP/1.1\r\n${HOST}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
  assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
  assert.equal(hits, 0);
});

test("pipelined requests are answered one by one, in their order", async () => {
  const one = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
  const answer = await harness.raw(one("/a") + one("/b") + one("/c", "Connection: close\r\n"));
  assert.deepEqual(
    [...answer.matchAll(/"url":"(\/[abc])"/g)].map((match) => match[1]),
    ["/a", "/b", "/c"],
  );
});

test("F-46 hints go to no client that speaks HTTP/1.0", async () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
  await using upstream = await rawUpstream(() => `${hints}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
  await using hinting = await startHarness(echo, { upstream: { url: upstream.url } });
  assert.match(await hinting.get("/"), /^HTTP\/1\.1 103 .*HTTP\/1\.1 200 /s);
  const old = await hinting.raw(`GET / HTTP/1.0\r\n${HOST}\r\n`);
  assert.match(old, /^HTTP\/1\.1 200 /);
  assert.equal(bodyOf(old), "ok");
});

for (const [where, path, status] of [
  ["an upstream's place", "/closed", 401],
  ["our own name", "/auth/nothing", 404],
  ["a check's place", "/auth/check/nginx", 400],
] as const) {
  test(`F-46 an answer in ${where} before the body is there closes the connection`, async () => {
    await using closed = await startHarness(echo, { upstream: { access: "user" } });
    const unread = await closed.raw(`POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhe`);
    assert.equal(statusOf(unread), status, unread);
    assert.match(unread, /\r\nconnection: close\r\n/i);
  });
}
