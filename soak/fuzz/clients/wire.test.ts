import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerReader, type Turn } from "./wire.ts";

const GET: Turn = { method: "GET", minor: 1, upgrades: false };

/** Reads answers to these requests, whole and byte by byte, which has to come to the same. */
function read(bytes: string, turns: readonly Turn[] = [GET], clean = true) {
  const outcomes = [bytes.length, 1].map((step) => {
    const reader = new AnswerReader(
      (place) => turns[place],
      () => {},
    );
    for (let at = 0; at < bytes.length; at += step) reader.feed(Buffer.from(bytes.slice(at, at + step), "latin1"));
    reader.end(clean);
    const answers = reader.answers.map(({ status, body, interim, trailers, complete, closes }) => ({
      status,
      body: body.toString(),
      interim: interim.map((head) => head.status),
      trailers,
      complete,
      closes,
    }));
    return { answers, fault: reader.fault, tunnel: Buffer.concat(reader.tunnel).toString() };
  });
  const [together, bits] = outcomes;
  assert.ok(together !== undefined && bits !== undefined);
  assert.deepEqual(bits.answers, together.answers);
  assert.equal(bits.fault === null, together.fault === null, `${bits.fault} / ${together.fault}`);
  return together;
}

const whole = { interim: [], trailers: [], complete: true, closes: false };

test("answers are read one behind the other, by every framing", () => {
  const { answers, fault } = read(
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 103 E\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\nx-sum: 1\r\n\r\n" +
      "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\nrest",
    [GET, GET, GET, { ...GET, method: "HEAD" }, GET],
  );
  assert.equal(fault, null);
  assert.deepEqual(answers, [
    { ...whole, status: 200, body: "ab" },
    { ...whole, status: 200, body: "abc", interim: [103], trailers: [["x-sum", "1"]] },
    { ...whole, status: 204, body: "" },
    { ...whole, status: 200, body: "" },
    { ...whole, status: 200, body: "rest", closes: true },
  ]);
});

test("what breaks off is kept as unfinished", () => {
  for (const bytes of [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
  ]) {
    const { answers, fault } = read(bytes);
    assert.deepEqual([fault, answers[0]?.complete, answers[0]?.body], [null, false, "ab"], bytes);
  }
  const reset = read("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab", [GET], false);
  assert.equal(reset.answers[0]?.complete, false, "only an end ends what has no length");
});

test("after 101 comes a tunnel, and only where one was asked for", () => {
  const handshake = { ...GET, upgrades: true };
  assert.equal(
    read("HTTP/1.1 101 S\r\nupgrade: x\r\n\r\nHTTP/1.1 is no answer here", [handshake]).tunnel,
    "HTTP/1.1 is no answer here",
  );
  assert.match(read("HTTP/1.1 101 S\r\n\r\n").fault ?? "", /asked for no other protocol/);
  assert.match(read("HTTP/1.1 101 S\r\n\r\n", [GET, handshake]).fault ?? "", /asked for no other protocol/, "out of turn");
});

test("what is framed otherwise than it has to be is a fault", () => {
  const old: Turn = { ...GET, minor: 0 };
  const ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n";
  for (const [bytes, fault, turn] of [
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", /no request asked/],
    ["garbage here, long enough", /not the beginning/],
    ["HTTP/1.0 200 OK\r\n\r\n", /beginning|status line/],
    ["HTTP/1.1 20 OK\r\n\r\n", /status line/],
    [`${ok}content-length: 0\r\n\r\n`, /content-length stands twice/],
    [`${ok}transfer-encoding: chunked\r\n\r\n`, /framed by/],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", /framed by/],
    ["HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\n", /content-length: 5x/],
    ["HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n", /204 with/],
    ["HTTP/1.1 200 OK\r\n\r\nbody", /without a length/],
    [`${ok}no colon\r\n\r\n`, /not a header line/],
    [`${ok}x: a\nb\r\n\r\n`, /not a header line/],
    [`${ok}connection: close\r\n\r\nmore`, /after an answer that closes/],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", /chunk/],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n", /longer than it says/],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", /HTTP\/1\.0/, old],
    ["HTTP/1.1 103 Hints\r\n\r\n", /103 to a client of HTTP\/1\.0/, old],
    ["HTTP/1.1 100 Continue\r\ncontent-length: 1\r\n\r\n", /with a length/],
  ] as const)
    assert.match(read(bytes, [turn ?? GET]).fault ?? "none", fault, bytes);
});

test("an answer to a client of HTTP/1.0 ends its connection unless it says otherwise", () => {
  const old: Turn = { ...GET, minor: 0 };
  assert.equal(read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", [old]).answers[0]?.closes, true);
  assert.equal(read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n", [old]).answers[0]?.closes, false);
});
