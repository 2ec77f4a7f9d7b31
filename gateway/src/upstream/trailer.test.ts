import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, echo, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

const GET = `GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`;
const CHUNKED = "transfer-encoding: chunked\r\n";

/** Who asks, what the upstream says, and what the client reads. None of these answers has a place for trailers. */
const CASES = [
  ["HEAD", GET.replace("GET", "HEAD"), `200 OK\r\n${CHUNKED}\r\n`, 200, ""],
  ["HTTP/1.0", GET.replace("1.1", "1.0"), `200 OK\r\n${CHUNKED}\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n`, 200, "abc"],
  ["304", GET, "304 Not Modified\r\n\r\n", 304, ""],
  ["204", GET, "204 No Content\r\n\r\n", 204, ""],
] as const;

/** How long the session takes to settle. */
const SETTLING = {
  "at once": () => [],
  later: () => new Promise<readonly string[]>((resolve) => setImmediate(resolve, [])),
};

for (const [name, request, answer, status, body] of CASES) {
  for (const [when, settle] of Object.entries(SETTLING)) {
    test(`F-02 an upstream that announces trailers is answered as it meant it: ${name}, settled ${when}`, async () => {
      await using upstream = await rawUpstream(() => `HTTP/1.1 ${answer.replace("\r\n", "\r\nTrailer: X-Sum\r\n")}`);
      await using harness = await startHarness(echo, { upstream: { url: upstream.url } });
      harness.control.settle = settle;
      const said = await harness.raw(request);
      assert.equal(statusOf(said), status, said);
      assert.equal(bodyOf(said), body);
      assert.doesNotMatch(said, /^trailer:/im);
      assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="proxied"\} 1/);
    });
  }
}

test("F-02 an answer that cannot be written fails one request, even if its session is committed later", async () => {
  await using harness = await startHarness((_message, response) => response.end("x"));
  // A cookie that Node refuses to write stands for all that can go wrong with a head.
  for (const cookies of [["a=\u0000"], Promise.resolve(["a=\u0000"])]) {
    harness.control.settle = () => cookies;
    const said = await harness.get("/");
    assert.ok(said.startsWith("HTTP/1.1 5"), said);
  }
  harness.control.settle = () => [];
  assert.equal(statusOf(await harness.get("/")), 200);
});

test("F-02 a rejection that is passed on after all may announce trailers to an HTTP/1.0 client", async () => {
  const rejection = `HTTP/1.1 401 Unauthorized\r\nTrailer: X-Sum\r\nWWW-Authenticate: Bearer error="invalid_token"\r\n${CHUNKED}\r\n`;
  await using upstream = await rawUpstream(() => `${rejection}2\r\nno\r\n0\r\n\r\n`);
  await using harness = await startHarness(echo, { upstream: { url: upstream.url, token: "header", access: "user" } });
  const said = await harness.raw(
    GET.replace("1.1", "1.0").replace("\r\n\r\n", "\r\nCookie: __Host-Http-coatcheck=alice\r\n\r\n"),
  );
  assert.equal(statusOf(said), 401, said);
  assert.equal(bodyOf(said), "no");
});
