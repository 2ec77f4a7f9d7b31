import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { test } from "node:test";
import { CoatcheckError } from "coatcheck/errors";
import { dial, requestText, until } from "../../test-support/connection.ts";
import type { Harness } from "../../test-support/harness.ts";
import { bodyOf, echo, endSession, PUBLIC, startHarness, statusOf, textOf } from "../../test-support/harness.ts";

const HOST = `Host: ${PUBLIC}\r\n`;
const ALICE = { Cookie: "__Host-Http-coatcheck=alice" };

const outcomes = (harness: Harness): string[] =>
  harness.log.map((line) => /"outcome":"([^"]+)"/.exec(line)?.[1] ?? "").filter((outcome) => outcome !== "");

/** Waits until a request with this outcome was logged. */
const untilOutcome = (harness: Harness, outcome: string): Promise<void> => until(() => outcomes(harness).includes(outcome));

test("PX-04 an answer to an authenticated user is no-store unless the upstream says what holds", async () => {
  await using harness = await startHarness((message, response) => {
    if (message.url === "/cached") response.setHeader("cache-control", "public, max-age=60");
    if (message.url === "/expires") response.setHeader("expires", "Thu, 01 Jan 2099 00:00:00 GMT");
    response.end("x");
  });
  assert.match(await harness.get("/api/me/x.css", ALICE), /cache-control: no-store/);
  assert.match(await harness.get("/cached", ALICE), /cache-control: public, max-age=60/);
  assert.doesNotMatch(await harness.get("/expires", ALICE), /no-store/);
  assert.doesNotMatch(await harness.get("/api/me/x.css"), /no-store/);
});

test("HD-01 an answer that sets a cookie of ours is no-store, whatever the upstream says", async () => {
  await using harness = await startHarness((_message, response) => {
    response.setHeader("cache-control", "public, max-age=60");
    response.setHeader("expires", "Thu, 01 Jan 2099 00:00:00 GMT");
    response.end("x");
  });
  harness.control.settle = () => ["__Host-Http-coatcheck=; Max-Age=0"];
  const answer = await harness.get("/");
  assert.match(answer, /set-cookie: __Host-Http-coatcheck=; Max-Age=0/);
  assert.match(answer, /cache-control: no-store/);
  assert.doesNotMatch(answer, /public|2099/);
});

test("CK-13 an upstream cannot set our cookies; its own stay separate, the attempt is reported", async () => {
  const tries = [
    "__Host-Http-coatcheck=stolen-value; Path=/; Secure; HttpOnly",
    "coatcheck=stolen-value",
    " __Host-coatcheck = stolen-value",
    "=__Host-Http-coatcheck=stolen-value",
    "__hOsT-hTTp-coatcheck.login.AAAAAAAAAAA=stolen-value",
  ];
  await using harness = await startHarness((_message, response) => {
    response.setHeader("set-cookie", ["a=1", ...tries, "b=2; Path=/x"]);
    response.end("x");
  });
  const answer = await harness.get("/", ALICE);
  assert.deepEqual(
    [...answer.matchAll(/set-cookie: (.*)\r/gi)].map((match) => match[1]),
    ["a=1", "b=2; Path=/x"],
  );
  assert.equal(harness.log.filter((line) => line.includes("upstream.set-own-cookie")).length, tries.length);
  assert.ok(!harness.log.join("").includes("stolen-value"));
});

test("the answer passes as it is: status, repeated headers, HEAD, 204, 304, trailers, unfollowed redirect", async () => {
  await using harness = await startHarness((message, response) => {
    if (message.url === "/204") response.writeHead(204).end();
    else if (message.url === "/304") response.writeHead(304, { etag: '"e"' }).end();
    else if (message.url === "/302") response.writeHead(302, { location: "http://127.0.0.1:1/elsewhere" }).end();
    else if (message.url === "/trailers") {
      response.writeHead(200, { trailer: "x-sum" });
      response.write("abc");
      response.addTrailers({ "x-sum": "9" });
      response.end();
    } else {
      response.writeHead(418, { "content-length": "3", link: ["<a>", "<b>"] });
      response.end("tea");
    }
  });
  const teapot = await harness.get("/");
  assert.equal(statusOf(teapot), 418);
  assert.equal(bodyOf(teapot), "tea");
  assert.match(teapot, /link: <a>/i);
  assert.match(teapot, /link: <b>/i);
  const head = await harness.raw(`HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  assert.match(head, /content-length: 3/);
  assert.equal(bodyOf(head), "");
  const none = await harness.get("/204");
  assert.equal(statusOf(none), 204);
  assert.doesNotMatch(none, /content-length|transfer-encoding/i);
  assert.equal(bodyOf(await harness.get("/304")), "");
  assert.match(await harness.get("/302"), /location: http:\/\/127\.0\.0\.1:1\/elsewhere/);
  assert.match(await harness.get("/trailers"), /0\r\nx-sum: 9\r\n\r\n$/);
});

test("early hints pass on before the answer", async () => {
  await using harness = await startHarness((_message, response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
    response.end("x");
  });
  const answer = await harness.get("/");
  assert.match(answer, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style\r\n\r\nHTTP\/1\.1 200/);
});

test("server-sent events arrive one by one, the head before the first of them", async () => {
  const next = Promise.withResolvers<void>();
  await using harness = await startHarness(async (_message, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    await next.promise;
    response.write("data: 1\n\n");
  });
  const head = Promise.withResolvers<IncomingMessage>();
  const message = request({ port: harness.port, headers: { host: PUBLIC } }, head.resolve).end();
  const answer = await head.promise;
  next.resolve();
  const [chunk] = await new Promise<[Buffer]>((resolve) => answer.once("data", (data: Buffer) => resolve([data])));
  assert.equal(chunk.toString(), "data: 1\n\n");
  message.destroy();
  await untilOutcome(harness, "client-gone");
});

test("PX-05 an event stream ends with the session that it was opened with", async () => {
  await using harness = await startHarness((_message, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
  });
  const ended = Promise.withResolvers<void>();
  const message = request({ port: harness.port, headers: { host: PUBLIC, cookie: ALICE.Cookie } }, (answer) => {
    answer.resume();
    answer.once("data", () => endSession(harness.control, "id-of-alice"));
    answer.on("error", () => {});
    answer.on("close", () => ended.resolve());
  }).end();
  message.on("error", () => {});
  await ended.promise;
  assert.ok(harness.log.join("").includes('"event":"stream.cut"'));
});

test("large uploads and answers pass whole, with backpressure both ways", async () => {
  const size = 24 * 1024 * 1024;
  const body = Buffer.alloc(size, "0123456789abcdef");
  await using harness = await startHarness((message, response) => message.pipe(response));
  for (const length of [{ "content-length": String(size) }, {}]) {
    const hash = createHash("sha256");
    const received = await new Promise<number>((resolve, reject) => {
      const post = request({ port: harness.port, method: "POST", headers: { host: PUBLIC, ...length } }, (answer) => {
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          hash.update(chunk);
          answer.pause();
          setImmediate(() => answer.resume());
        });
        answer.on("end", () => resolve(bytes));
      });
      post.on("error", reject);
      post.end(body);
    });
    assert.equal(received, size);
    assert.equal(hash.digest("hex"), createHash("sha256").update(body).digest("hex"));
  }
});

test("a reader that stops holds the upstream back instead of filling memory", async () => {
  let written = 0;
  const stalled = Promise.withResolvers<void>();
  const chunk = Buffer.alloc(65_536);
  await using harness = await startHarness((_message, response) => {
    response.writeHead(200);
    while (written < 512 && response.write(chunk)) written++;
    const more = (): void => {
      while (written < 4096 && response.write(chunk)) written++;
      setTimeout(() => stalled.resolve(), 200).unref();
    };
    response.on("drain", more);
    more();
  });
  using reader = dial(harness.port, requestText("GET /"));
  reader.socket.once("data", () => reader.socket.pause());
  await stalled.promise;
  assert.ok(written < 4096, `the upstream wrote ${written} chunks to a reader that stopped`);
  reader.socket.destroy();
  await untilOutcome(harness, "client-gone");
});

test("Expect: 100-continue is met when the request may pass, and not before", async () => {
  await using harness = await startHarness(
    async (message, response) => response.end(`${message.headers.expect ?? "none"} ${await textOf(message)}`),
    { upstreams: [{ paths: ["/open"], access: "optional" }, { paths: ["/closed"] }] },
  );
  const post = (path: string): string =>
    `POST ${path} HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab`;
  const passed = await harness.raw(post("/open"));
  assert.match(passed, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  assert.match(passed, /none ab/);
  const refused = await harness.raw(post("/closed"));
  assert.equal(statusOf(refused), 401);
  assert.doesNotMatch(refused, /100 Continue/);
});

test("S-06 a client that hangs up reaches the upstream, and is no server error", async () => {
  const [arrived, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using harness = await startHarness((message, response) => {
    arrived.resolve();
    message.resume();
    response.on("close", () => aborted.resolve());
  });
  using leaving = dial(harness.port, `${requestText("POST /", "Content-Length: 10")}abc`);
  await arrived.promise;
  leaving.socket.destroy();
  await aborted.promise;
  await untilOutcome(harness, "client-gone");
  assert.ok(
    harness.log.every((line) => !/"level":"(?:warn|error)"/.test(line)),
    harness.log.join(""),
  );
  assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="client-gone"\} 1/);
});

test("an upstream that is not there is 502, one that takes too long 504, as problems with a code", async () => {
  await using harness = await startHarness(() => {}, {
    upstreams: [
      { paths: ["/slow"], access: "optional", timeouts: { head: "50ms" } },
      { paths: ["/gone"], access: "optional", url: "http://127.0.0.1:1" },
    ],
  });
  const slow = await harness.get("/slow");
  assert.equal(statusOf(slow), 504);
  assert.match(slow, /content-type: application\/problem\+json/);
  assert.match(bodyOf(slow), /"code":"ERR_UPSTREAM_TIMEOUT"/);
  const gone = await harness.get("/gone");
  assert.equal(statusOf(gone), 502);
  assert.match(bodyOf(gone), /"code":"ERR_UPSTREAM_UNAVAILABLE"/);
  assert.doesNotMatch(gone, /127\.0\.0\.1|ECONNREFUSED/);
});

test("if the upstream breaks off after its head, so does the client's answer: it does not end as if whole", async () => {
  await using harness = await startHarness((message, response) => {
    response.writeHead(200, message.url === "/length" ? { "content-length": "100" } : {});
    response.write("half");
    setImmediate(() => response.destroy());
  });
  for (const path of ["/length", "/chunked"]) {
    const answer = await harness.raw(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal(statusOf(answer), 200);
    assert.doesNotMatch(answer, /0\r\n\r\n$/);
  }
  await until(() => outcomes(harness).length >= 2);
  assert.deepEqual(outcomes(harness), ["upstream-unavailable", "upstream-unavailable"]);
});

test("an idle connection closed by the upstream is no error for a safe request; an unsafe one is sent once", async () => {
  let requests = 0;
  await using harness = await startHarness((message, response) => {
    requests++;
    if (message.url === "/first") response.end("x", () => setImmediate(() => message.socket.destroy()));
    else if (requests === 2) message.socket.destroy();
    else response.end("y");
  });
  assert.equal(statusOf(await harness.get("/first")), 200);
  assert.equal(bodyOf(await harness.get("/again")).includes("y"), true);
  assert.equal(requests, 3);
  requests = 1;
  const post = await harness.raw(`POST /again HTTP/1.1\r\n${HOST}Content-Length: 1\r\nConnection: close\r\n\r\na`);
  assert.equal(statusOf(post), 502);
  assert.equal(requests, 2);
});

test("a body past limits.body is 413, announced or not, and the connection closes", async () => {
  await using harness = await startHarness(
    async (message, response) => {
      message.on("error", () => {});
      message.resume();
      message.on("end", () => response.end("took it"));
    },
    { config: { limits: { body: "1KiB", shutdown: "200ms" } } },
  );
  const announced = await harness.raw(`POST / HTTP/1.1\r\n${HOST}Content-Length: 2000\r\n\r\n`);
  assert.equal(statusOf(announced), 413);
  const chunked = await harness.raw(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n7d0\r\n${"x".repeat(2000)}\r\n`);
  assert.equal(statusOf(chunked), 413);
  assert.match(chunked, /connection: close/);
  const small = await harness.raw(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  );
  assert.match(small, /took it/);
});

for (const [limit, sent, status] of [
  ["1KiB", 1_024, 200],
  ["1KiB", 1_025, 413],
  ["0", 100_000, 200],
] as const) {
  test(`F-46 a body of unknown length against limits.body, to the byte: ${sent} of ${limit}`, async () => {
    await using harness = await startHarness(
      async (message, response) => {
        message.on("error", () => {});
        let got = 0;
        for await (const chunk of message) got += chunk.length;
        response.end(`took ${got}`);
      },
      { config: { limits: { body: limit, shutdown: "200ms" } } },
    );
    const head = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answer = await harness.raw(`${head}${sent.toString(16)}\r\n${"x".repeat(sent)}\r\n0\r\n\r\n`);
    assert.equal(statusOf(answer), status);
    if (status === 200) assert.match(answer, new RegExp(`took ${sent}`));
  });
}

test("a body that stands still is 408, for app and own endpoints, and the upstream's request ends", async () => {
  const aborted = Promise.withResolvers<void>();
  await using harness = await startHarness(
    (message) => {
      message.on("error", () => {});
      message.once("aborted", () => aborted.resolve());
      message.resume();
    },
    { config: { limits: { bodyIdle: "1s", shutdown: "200ms" } } },
  );
  const stalled = await harness.raw(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`);
  assert.equal(statusOf(stalled), 408);
  assert.match(bodyOf(stalled), /"status":408,"code":"ERR_BAD_REQUEST"/);
  assert.match(stalled, /connection: close/i);
  await aborted.promise;
  assert.equal(statusOf(await harness.raw(`POST /auth/echo HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`)), 408);
  assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="client-gone"\} 1/);
});

test("a mistake of the client at our own endpoints is counted as one, and is no failure of ours", async () => {
  await using harness = await startHarness(echo);
  const body = "x".repeat(2000);
  const answer = await harness.raw(`POST /auth/echo HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`);
  assert.equal(statusOf(answer), 413);
  assert.match(await harness.metrics(), /coatcheck_requests_total\{outcome="too-large"\} 1/);
  assert.doesNotMatch(harness.log.join(""), /request\.failed/);
});

test("S-05 a store that fails before or after the upstream is 503 with Retry-After; public routes go on", async () => {
  await using harness = await startHarness(echo, {
    upstreams: [
      { paths: ["/"], access: "optional" },
      { paths: ["/public"], access: "public" },
    ],
  });
  const before = await harness.get("/", { Cookie: "__Host-Http-coatcheck=down" });
  assert.equal(statusOf(before), 503);
  assert.match(before, /retry-after: 5/);
  assert.match(bodyOf(before), /ERR_STORE_UNAVAILABLE/);
  harness.control.settle = () => Promise.reject(new CoatcheckError("ERR_STORE_UNAVAILABLE"));
  const after = await harness.get("/", ALICE);
  assert.equal(statusOf(after), 503);
  assert.doesNotMatch(after, /set-cookie|rawHeaders/i);
  const asked = harness.control.asked;
  assert.equal(statusOf(await harness.get("/public", { Cookie: "__Host-Http-coatcheck=down" })), 200);
  assert.equal(harness.control.asked, asked, "no user is looked up on a public route");
});

test("a session that takes time to settle holds back the head, also of answers without a body", async () => {
  await using harness = await startHarness((message, response) => {
    response.statusCode = message.url === "/204" ? 204 : 200;
    response.end(message.url === "/204" ? undefined : "x".repeat(200_000));
  });
  harness.control.settle = () => new Promise((resolve) => setImmediate(() => resolve(["a=1"])));
  for (const path of ["/", "/204"]) assert.match(await harness.get(path, ALICE), /set-cookie: a=1/);
  const head = await harness.raw(`HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  assert.match(head, /set-cookie: a=1/);
  assert.equal((await harness.get("/", { Cookie: "__Host-Http-coatcheck=slow" })).length > 200_000, true);
});

test("access rules: who passes, who is sent to the login, who gets 401 or 403", async () => {
  const html = { Accept: "text/html" };
  const rows: readonly (readonly [path: string, headers: { readonly [name: string]: string }, status: number])[] = [
    ["/optional", {}, 200],
    ["/user", {}, 401],
    ["/user", html, 302],
    ["/user", ALICE, 200],
    ["/api", html, 401],
    ["/api", ALICE, 200],
    ["/staff", html, 302],
    ["/staff", ALICE, 200],
    ["/staff", { Cookie: "__Host-Http-coatcheck=bob" }, 403],
    ["/api-staff", { Cookie: "__Host-Http-coatcheck=bob" }, 403],
    ["/api-staff", html, 401],
    ["/nowhere", ALICE, 404],
    ["/auth/none", ALICE, 404],
    ["/%61uth/none", ALICE, 404],
  ];
  await using harness = await startHarness(echo, {
    upstreams: [
      { paths: ["/optional"], access: "optional" },
      { paths: ["/user"] },
      { paths: ["/api"], access: "api" },
      { paths: ["/staff"], access: "groups", groups: ["staff"] },
      { paths: ["/api-staff"], access: "api", groups: ["staff"] },
    ],
  });
  for (const [path, headers, status] of rows)
    assert.equal(statusOf(await harness.get(path, headers)), status, `${path} ${JSON.stringify(headers)}`);
});

test("CS-06 a preflight passes without a session where it is let through, and nowhere else", async () => {
  const preflight = (path: string, more = "Origin: https://x.example\r\nAccess-Control-Request-Method: PUT\r\n"): string =>
    `OPTIONS ${path} HTTP/1.1\r\n${HOST}${more}Connection: close\r\n\r\n`;
  await using harness = await startHarness(echo, {
    upstreams: [
      { paths: ["/cors"], access: "api", preflight: true },
      { paths: ["/plain"], access: "api" },
    ],
  });
  assert.equal(statusOf(await harness.raw(preflight("/cors"))), 200);
  assert.equal(statusOf(await harness.raw(preflight("/cors", ""))), 401);
  assert.equal(statusOf(await harness.raw(preflight("/plain"))), 401);
  assert.equal(statusOf(await harness.raw(preflight("/cors").replace("OPTIONS", "PUT"))), 401);
});

test("PX-01 a body in one piece arrives byte for byte, below and above the size that leaves as text", async () => {
  const bodies = [1, 256, 8191, 8192, 8193, 20_000].map((size) =>
    Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + size) & 0xff)),
  );
  await using harness = await startHarness((message, response) => {
    const body = bodies[Number(message.url?.slice(1))] ?? Buffer.alloc(0);
    response.setHeader("content-length", body.length);
    response.end(body);
  });
  for (const [index, body] of bodies.entries()) {
    const received = await new Promise<Buffer>((resolve, reject) => {
      const asked = request({ port: harness.port, path: `/${index}`, headers: { host: PUBLIC, ...ALICE } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve(Buffer.concat(chunks)));
      });
      asked.on("error", reject).end();
    });
    assert.ok(received.equals(body), `${body.length} bytes`);
  }
});
