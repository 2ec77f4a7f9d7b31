import assert from "node:assert/strict";
import type { IncomingMessage, RequestListener } from "node:http";
import { test } from "node:test";
import { CoatcheckError } from "coatcheck/errors";
import { bodyOf, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";
import { rejectsToken } from "./rejection.ts";

const ALICE = { Cookie: "__Host-Http-coatcheck=alice" };
const INVALID = 'Bearer realm="api", error="invalid_token", error_description="expired"';

/** An upstream that takes no token but `token-2`, and remembers what it was asked with. */
function picky(asked: string[], challenge = INVALID, body = "no"): RequestListener {
  return (message, response) => {
    const { authorization = "" } = message.headers;
    asked.push(authorization);
    message.resume();
    message.on("end", () => {
      if (authorization === "Bearer token-2") response.end("yes");
      else response.writeHead(401, { "www-authenticate": challenge, "x-kept": "1", "content-length": body.length }).end(body);
    });
  };
}

/** The one route forwards the access token. */
const FORWARDING = { upstream: { access: "user", token: "authorization" } };

const CHALLENGES: readonly [status: number, challenge: string | string[] | undefined, rejects: boolean][] = [
  [401, INVALID, true],
  [401, "bearer error=invalid_token", true],
  [401, ['Basic realm="x"', 'Bearer error = "invalid_token"'], true],
  [401, 'Bearer error="insufficient_scope"', false],
  [401, "Bearer", false],
  [401, 'Basic realm="invalid_token"', false],
  [401, undefined, false],
  [403, INVALID, false],
  [200, INVALID, false],
];

for (const [status, challenge, rejects] of CHALLENGES) {
  test(`RF-08 ${status} with ${String(challenge)} ${rejects ? "rejects" : "says nothing of"} the token`, () => {
    assert.equal(rejectsToken(status, challenge === undefined ? {} : { "www-authenticate": challenge }), rejects);
  });
}

test("RF-08 a rejected token is refreshed once and the request sent again", async () => {
  for (const token of ["authorization", "header"]) {
    const asked: string[] = [];
    const seen = (message: IncomingMessage): string =>
      message.headers.authorization ?? `Bearer ${String(message.headers["x-auth-request-access-token"])}`;
    const listener: RequestListener = (message, response) => {
      asked.push(seen(message));
      if (seen(message) === "Bearer token-2") response.end("yes");
      else response.writeHead(401, { "www-authenticate": INVALID }).end("no");
    };
    await using harness = await startHarness(listener, { upstream: { access: "user", token } });
    harness.control.refresh = async (rejected) => (rejected === "token-of-alice" ? "token-2" : "?");
    const answer = await harness.get("/x", ALICE);
    assert.equal(statusOf(answer), 200);
    assert.match(answer, /yes/);
    assert.deepEqual(asked, ["Bearer token-of-alice", "Bearer token-2"]);
  }
});

test("RF-08 an upstream that always says 401 is asked twice, and its second answer passes whole", async () => {
  const asked: string[] = [];
  await using harness = await startHarness(picky(asked), FORWARDING);
  let refreshes = 0;
  harness.control.refresh = () => {
    refreshes += 1;
    return `token-${refreshes + 10}`;
  };
  const answer = await harness.get("/x", ALICE);
  assert.equal(statusOf(answer), 401);
  assert.match(answer, /x-kept: 1/);
  assert.equal(bodyOf(answer), "no");
  assert.deepEqual(asked, ["Bearer token-of-alice", "Bearer token-11"]);
  assert.equal(refreshes, 1);
});

test("RF-08 a request with a body is not sent again", async () => {
  const asked: string[] = [];
  await using harness = await startHarness(picky(asked), FORWARDING);
  harness.control.refresh = () => assert.fail("nothing is refreshed for what cannot be sent again");
  const head = `POST /x HTTP/1.1\r\nHost: ${PUBLIC}\r\nCookie: ${ALICE.Cookie}\r\nOrigin: https://${PUBLIC}\r\nConnection: close\r\n`;
  for (const body of ["Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]) {
    assert.equal(statusOf(await harness.raw(`${head}${body}`)), 401);
  }
  assert.equal(asked.length, 2);
});

const UNCHANGED: readonly [name: string, refresh: () => string | Promise<string>, status: number][] = [
  ["the same token comes back", () => "token-of-alice", 401],
  ["there is none to be had", () => Promise.reject(new CoatcheckError("ERR_TOKEN_UNAVAILABLE")), 401],
  ["the store is away", () => Promise.reject(new CoatcheckError("ERR_STORE_UNAVAILABLE")), 503],
];

for (const [name, refresh, status] of UNCHANGED) {
  test(`RF-08 ${name}: ${status}, and the upstream was asked once`, async () => {
    const asked: string[] = [];
    await using harness = await startHarness(picky(asked), FORWARDING);
    harness.control.refresh = refresh;
    const answer = await harness.get("/x", ALICE);
    assert.equal(statusOf(answer), status);
    if (status === 401) assert.deepEqual([/x-kept: 1/.test(answer), /no$/m.test(answer)], [true, true]);
    assert.equal(asked.length, 1);
  });
}

test("RF-08 RF-03 if a refresh is not possible now, the answer is our own 503: a 401 would mean signed out", async () => {
  await using harness = await startHarness(picky([]), FORWARDING);
  harness.control.refreshes = true;
  harness.control.refresh = () => Promise.reject(new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter: 2 }));
  const answer = await harness.get("/x", ALICE);
  assert.equal(statusOf(answer), 503);
  assert.match(answer, /retry-after: 2\r/i);
  assert.doesNotMatch(answer, /x-kept/);
});

test("RF-08 the session ended with the refresh: 401 of our own", async () => {
  await using harness = await startHarness(picky([]), FORWARDING);
  harness.control.refresh = () => Promise.reject(new CoatcheckError("ERR_SESSION_ENDED"));
  const answer = await harness.get("/x", ALICE);
  assert.equal(statusOf(answer), 401);
  assert.match(answer, /ERR_SESSION_ENDED/);
  assert.doesNotMatch(answer, /x-kept/);
});

test("RF-08 a rejection too large to keep passes as it comes, byte for byte", async () => {
  const asked: string[] = [];
  const large = "0123456789".repeat(20_000);
  await using harness = await startHarness(picky(asked, INVALID, large), FORWARDING);
  harness.control.settle = async () => ["__Host-Http-coatcheck=new"];
  harness.control.refresh = () => assert.fail("too late for that");
  const answer = await harness.get("/x", ALICE);
  assert.equal(statusOf(answer), 401);
  assert.match(answer, /set-cookie: __Host-Http-coatcheck=new/);
  assert.equal(answer.split("0123456789").length - 1, 20_000);
  assert.equal(asked.length, 1);
});
