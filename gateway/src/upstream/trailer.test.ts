import assert from "node:assert/strict";
import { test } from "node:test";
import { rawUpstream } from "../../testing/raw-upstream.ts";
import { bodyOf, echo, PUBLIC, startRig, statusOf } from "../../testing/rig.ts";

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
      const rig = await startRig(echo, { upstream: { url: upstream.url } });
      try {
        rig.control.settle = settle;
        const said = await rig.raw(request);
        assert.equal(statusOf(said), status, said);
        assert.equal(bodyOf(said), body);
        assert.doesNotMatch(said, /^trailer:/im);
        assert.match(await rig.metrics(), /coatcheck_requests_total\{outcome="proxied"\} 1/);
      } finally {
        await rig.close();
      }
    });
  }
}

test("F-02 an answer that cannot be written is a failure of one request, also when its session settles later", async () => {
  const rig = await startRig((_message, response) => response.end("x"));
  try {
    // A cookie that Node refuses to write stands for all that can go wrong with a head.
    for (const cookies of [["a=\u0000"], Promise.resolve(["a=\u0000"])]) {
      rig.control.settle = () => cookies;
      const said = await rig.get("/");
      assert.ok(said.startsWith("HTTP/1.1 5"), said);
    }
    rig.control.settle = () => [];
    assert.equal(statusOf(await rig.get("/")), 200);
  } finally {
    await rig.close();
  }
});

test("F-02 a rejection that is passed on after all may announce trailers to an HTTP/1.0 client", async () => {
  const rejection = `HTTP/1.1 401 Unauthorized\r\nTrailer: X-Sum\r\nWWW-Authenticate: Bearer error="invalid_token"\r\n${CHUNKED}\r\n`;
  await using upstream = await rawUpstream(() => `${rejection}2\r\nno\r\n0\r\n\r\n`);
  const rig = await startRig(echo, { upstream: { url: upstream.url, token: "header", access: "user" } });
  try {
    const said = await rig.raw(GET.replace("1.1", "1.0").replace("\r\n\r\n", "\r\nCookie: __Host-Http-coatcheck=alice\r\n\r\n"));
    assert.equal(statusOf(said), 401, said);
    assert.equal(bodyOf(said), "no");
  } finally {
    await rig.close();
  }
});
