import assert from "node:assert/strict";
import { test } from "node:test";
import type { Played } from "./clients/client.ts";
import type { Answer } from "./clients/wire.ts";
import { judge } from "./judge.ts";
import type { ConnectionPlan, RequestPlan } from "./plan.ts";
import { bodyOf } from "./servers/answering.ts";
import type { Seen } from "./servers/upstream.ts";

const request = (id: string, more: Partial<RequestPlan> = {}): RequestPlan => ({
  id,
  kind: "calm",
  rule: "user",
  manner: "plain",
  method: "GET",
  minor: 1,
  credential: "member",
  person: 3,
  site: "same",
  navigates: false,
  body: null,
  expects: false,
  upgrade: null,
  connection: null,
  flaw: null,
  ...more,
});

const plan = (...requests: RequestPlan[]): ConnectionPlan => ({
  index: 1,
  requests,
  pace: "pipeline",
  deaf: 0,
  ending: "answered",
  leaves: 0,
  outage: false,
});

const answer = (id: string, more: Partial<Answer> & { readonly user?: string } = {}): Answer => ({
  turn: 0,
  status: 200,
  headers: [
    ["x-fuzz-id", id],
    ["x-fuzz-user", more.user ?? "m3"],
    ["content-length", "20"],
  ],
  interim: [],
  body: bodyOf(id, 20),
  trailers: [],
  complete: true,
  closes: false,
  ...more,
});

const own = (status: number): Answer => ({ ...answer(""), status, headers: [["content-length", "2"]], body: Buffer.from("{}") });

const played = (answers: readonly Answer[], more: Partial<Played> = {}): Played => ({
  answers,
  interim: [],
  tunnel: "",
  fault: null,
  over: "end",
  begun: 9,
  from: 0,
  until: 10,
  ...more,
});

const seen = (id: string, more: Partial<Seen> = {}): Seen => ({
  id,
  method: "GET",
  user: "m3",
  authorization: null,
  body: "whole",
  ...more,
});

const USUAL = { outage: false, crashed: false, seen: () => [] };

function kinds(
  requests: readonly RequestPlan[],
  how: Played,
  circumstances: Partial<Parameters<typeof judge>[2]> = {},
): readonly string[] {
  const given = { ...how, begun: Math.min(how.begun, requests.length) };
  return judge(plan(...requests), given, { ...USUAL, ...circumstances }).map(({ kind }) => kind);
}

const [A, B] = [request("1.0"), request("1.1")];

test("answers at their turns, for who asks, pass", () => {
  assert.deepEqual(kinds([A, B], played([answer("1.0"), answer("1.1")]), { seen: (id) => [seen(id)] }), []);
});

test("a planted foreign answer is caught", () => {
  assert.deepEqual(kinds([A, B], played([answer("1.1"), answer("1.0")])), ["foreign", "foreign", "foreign", "foreign"]);
  assert.deepEqual(kinds([A], played([answer("1.0", { body: bodyOf("2.0", 20) })])), ["foreign"], "its body");
  assert.deepEqual(kinds([A], played([answer("1.0", { user: "m4" })])), ["foreign"], "another user's");
  assert.deepEqual(kinds([A], played([answer("1.0"), answer("1.1")])), ["foreign"], "one more than was asked");
  assert.deepEqual(kinds([A], played([], { fault: "bytes that no request asked for: …" })), ["foreign"]);
  const hints = { status: 103, headers: [["link", "</2.0>; rel=preload"]] } as const;
  assert.deepEqual(kinds([A], played([answer("1.0", { interim: [hints] })])), ["foreign"], "hints");
  assert.deepEqual(
    kinds([A], played([answer("1.0", { interim: [{ status: 100, headers: [] }] })])),
    ["foreign"],
    "100 that was not asked for",
  );
});

test("what only the gateway may say, and only to some, is held against what was asked", () => {
  assert.deepEqual(kinds([A], played([own(502)])), ["wrong"]);
  assert.deepEqual(kinds([A], played([own(401)])), ["wrong"]);
  assert.deepEqual(kinds([A], played([own(503)])), ["wrong"]);
  assert.deepEqual(kinds([A], played([own(503)]), { outage: true }), []);
  assert.deepEqual(kinds([request("1.0", { rule: "public" })], played([own(503)]), { outage: true }), ["wrong"]);
  assert.deepEqual(kinds([A], played([own(504)])), ["wrong"]);
  assert.deepEqual(kinds([A], played([own(504)], { until: 3_500 })), [], "who is busy may be late");
  assert.deepEqual(kinds([request("1.0", { credential: "garbage" })], played([own(401)])), []);
  assert.deepEqual(kinds([request("1.0", { flaw: "length-and-chunked" })], played([own(400)])), []);
});

test("no caller passes who may not, neither to the app nor back", () => {
  for (const refused of [
    request("1.0", { credential: "none" }),
    request("1.0", { rule: "groups", credential: "other" }),
    request("1.0", { method: "POST", site: "cross" }),
    request("1.0", { flaw: "two-lengths" }),
    request("1.0", { credential: "bogus-bearer", rule: "optional" }),
  ]) {
    assert.deepEqual(kinds([refused], played([answer("1.0")])), ["leaked"]);
    assert.ok(kinds([refused], played([own(403)]), { seen: (id) => [seen(id)] }).includes("leaked"));
  }
  assert.deepEqual(kinds([A], played([answer("1.0")]), { seen: (id) => [seen(id, { user: "o1" })] }), ["foreign"]);
  assert.deepEqual(kinds([A], played([answer("1.0")]), { seen: (id) => [seen(id, { authorization: "Bearer x" })] }), ["leaked"]);
  const token = request("1.0", { rule: "token" });
  assert.deepEqual(
    kinds([token], played([answer("1.0")]), { seen: (id) => [seen(id, { authorization: "Bearer token-of-m4-1" })] }),
    ["foreign"],
  );
  assert.deepEqual(
    kinds([token], played([answer("1.0")]), { seen: (id) => [seen(id, { authorization: "Bearer token-of-m3-1" })] }),
    [],
  );
});

test("bodies arrive, whole and once", () => {
  const post = request("1.0", { method: "POST", body: { length: 20, chunks: 0, end: "whole" } });
  assert.deepEqual(kinds([post], played([answer("1.0")]), { seen: (id) => [seen(id)] }), []);
  assert.deepEqual(kinds([post], played([answer("1.0")]), { seen: (id) => [seen(id, { body: "foreign" })] }), ["foreign"]);
  assert.deepEqual(kinds([post], played([answer("1.0")]), { seen: (id) => [seen(id), seen(id)] }), ["wrong"]);
});

test("what the app broke off may not look whole, and what it said whole may not break off", () => {
  const broken = request("1.0", { kind: "rough", manner: "close-mid-length" });
  assert.deepEqual(kinds([broken], played([answer("1.0")])), ["wrong"]);
  assert.deepEqual(kinds([broken], played([answer("1.0", { complete: false })])), []);
  assert.deepEqual(kinds([A], played([answer("1.0", { complete: false })])), ["unanswered"]);
});

test("every request is answered, unless something before it says why not", () => {
  assert.deepEqual(kinds([A, B], played([answer("1.0")])), ["unanswered"]);
  assert.deepEqual(kinds([A, B], played([answer("1.0")]), { crashed: true }), [], "that is told elsewhere");
  assert.deepEqual(kinds([A, B], played([answer("1.0")], { over: "left" })), []);
  assert.deepEqual(kinds([A, B], played([answer("1.0")], { begun: 1 })), []);
  assert.deepEqual(kinds([A, B], played([answer("1.0", { closes: true })])), [], "it said so");
  assert.deepEqual(kinds([request("1.0", { flaw: "garbage" }), B], played([])), []);
  assert.deepEqual(kinds([A, request("1.1", { flaw: "garbage" })], played([])), ["unanswered"], "what came before the garbage");
  assert.deepEqual(kinds([A], played([], { over: "stuck" })), ["open"]);
});

test("a client that goes within a body may be told so after the answer, and no other", () => {
  const fault = 'bytes that no request asked for: "HTTP/1.1 400 Bad Request';
  const cut = request("1.0", { method: "POST", body: { length: 20, chunks: 0, end: "cut" } });
  assert.deepEqual(kinds([cut], played([answer("1.0")], { fault })), []);
  assert.deepEqual(kinds([A], played([answer("1.0")], { fault })), ["foreign"]);
  assert.deepEqual(kinds([cut], played([answer("1.0")], { fault: fault.replace("400", "200") })), ["foreign"]);
});

test("a tunnel holds what its app said, and nothing else", () => {
  const handshake = request("1.0", { kind: "ws", manner: "open", upgrade: "websocket" });
  const opened = answer("1.0", { status: 101, body: Buffer.alloc(0) });
  assert.deepEqual(kinds([handshake], played([opened], { tunnel: "hello 1.0\nping 1.0\n", over: "left" })), []);
  assert.deepEqual(kinds([handshake], played([opened], { tunnel: "HTTP/1.1 200 OK\r\n", over: "left" })), ["foreign"]);
});
