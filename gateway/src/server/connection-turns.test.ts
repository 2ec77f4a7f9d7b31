import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { dial, handshakeText, OWN_ORIGIN, requestText, statusesIn, until } from "../../test-support/connection.ts";
import type { Harness, HarnessOptions } from "../../test-support/harness.ts";
import { echo, startHarness, statusOf } from "../../test-support/harness.ts";
import type { RawUpstream } from "../../test-support/raw-upstream.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

const get = (path: string, ...lines: readonly string[]): string => requestText(`GET ${path}`, ...lines);
const ALICE = "Cookie: __Host-Http-coatcheck=alice";
/** Whose session is looked up as a promise. */
const SLOW = "Cookie: __Host-Http-coatcheck=slow";

/** A gateway before an upstream that answers `/slow` when it is told; other paths at once. */
async function withSlow(
  use: (harness: Harness, answer: () => void, upstream: RawUpstream) => Promise<void>,
  options: HarnessOptions = {},
) {
  const waiting: (() => void)[] = [];
  const said = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  await using upstream = await rawUpstream((head, socket) => {
    const path = head.split(" ")[1] ?? "";
    if (!path.startsWith("/slow")) return said(path);
    waiting.push(() => socket.write(said(path)));
    return undefined;
  });
  const url = { url: upstream.url };
  const upstreams = options.upstreams?.map((one) => ({ ...url, ...one }));
  await using harness = await startHarness(echo, {
    ...options,
    ...(upstreams === undefined ? { upstream: url } : { upstreams }),
  });
  const arrived = (): Promise<void> => until(() => waiting.length > 0);
  await use(harness, () => void arrived().then(() => waiting.shift()?.()), upstream);
}

/** Fails in words where something does not come. */
async function soon(what: Promise<unknown>, words: string): Promise<void> {
  const waiting = new AbortController();
  const late = sleep(60_000, undefined, { signal: waiting.signal }).then(() => assert.fail(words));
  try {
    await Promise.race([what, late]);
  } finally {
    waiting.abort();
    await late.catch(() => {});
  }
}

const bearer = {
  upstreams: [
    { access: "optional" },
    { access: "groups", groups: ["admins"], paths: ["/groups"] },
    { access: "user", token: "header", paths: ["/token"] },
  ],
};

/** Handshakes that are refused once something was waited for. */
const REFUSED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ["without the group", handshakeText("/groups", OWN_ORIGIN, SLOW.replace("slow", "bob")), 403],
  ["for a token route without an Origin", handshakeText("/token", ALICE), 403],
  ["for a token route by a caller looked up later", handshakeText("/token", SLOW), 403],
  ["that asks about a handshake", handshakeText("/auth/check/nginx"), 400],
  ["for an address that is not there", handshakeText("/auth/none", OWN_ORIGIN), 404],
];

for (const [name, bytes, status] of REFUSED) {
  test(`F-01 a handshake ${name}, behind an unanswered request, ends nothing: ${status} in its turn`, async () => {
    await withSlow(async (harness, answer) => {
      using talk = dial(harness.port, get("/slow") + bytes);
      answer();
      await talk.closed();
      const [first = "", second = ""] = talk.said.split(/(?=HTTP\/1\.1 )/);
      assert.match(first, /^HTTP\/1\.1 200 .*\/slow$/s);
      assert.equal(statusOf(second), status, talk.said);
      assert.equal(statusOf(await harness.get("/after")), 200);
    }, bearer);
  });
}

test("F-01 a handshake that succeeds waits for the answers before it, large ones too; its socket is whole", async () => {
  const large = "x".repeat(3_000_000);
  const server = new WebSocketServer({ noServer: true });
  await using harness = await startHarness((message, response) => void response.end(message.url === "/large" ? large : "small"), {
    prepare: (http) =>
      http.on("upgrade", (message, socket, head) =>
        server.handleUpgrade(message, socket, head, (web) => web.on("message", (data) => web.send(data, { binary: false }))),
      ),
  });
  try {
    using talk = dial(harness.port);
    talk.socket.pause();
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    talk.socket.write(Buffer.concat([Buffer.from(get("/large") + get("/b") + handshakeText("/", OWN_ORIGIN)), frame]));
    const isAnswered = /outcome="proxied"|coatcheck_upstream_seconds_count\{[^}]*\} 1/;
    await until(async () => isAnswered.test(await harness.metrics()));
    talk.socket.resume();
    await talk.until(/\x81\x02hi$/);
    assert.deepEqual(statusesIn(talk.said), [200, 200, 101]);
  } finally {
    for (const client of server.clients) client.terminate();
  }
});

test("F-01 a client that goes away while its handshake waits ends nothing", async () => {
  await withSlow(async (harness, answer) => {
    using talk = dial(harness.port, get("/slow") + handshakeText("/token", OWN_ORIGIN, ALICE));
    await until(() => harness.control.asked > 0);
    talk.socket.resetAndDestroy();
    answer();
    assert.equal(statusOf(await harness.get("/after")), 200);
  }, bearer);
});

test("F-03 requests of one connection are sent on one at a time, and all are answered in their order", async () => {
  let most = 0;
  let now = 0;
  await using harness = await startHarness((message, response) => {
    most = Math.max(most, ++now);
    setImmediate(() => {
      now--;
      response.end(`<${message.url}>`);
    });
  });
  const paths = Array.from({ length: 300 }, (_, index) => `/${index}`);
  const said = await harness.raw(paths.map((path, index) => get(path, ...(index === 299 ? ["Connection: close"] : []))).join(""));
  assert.deepEqual(
    [...said.matchAll(/<([^>]+)>/g)].map((match) => match[1]),
    paths,
  );
  assert.equal(most, 1);
  assert.match(await harness.metrics(), /coatcheck_notices_total\{notice="client.held-back"\} 1/);
});

test("F-03 bodies, and what a client sends behind them, pass a connection that is held back byte for byte", async () => {
  await using harness = await startHarness((message, response) => {
    const parts: Buffer[] = [];
    message.on("data", (part: Buffer) => parts.push(part)).on("end", () => response.end(`<${Buffer.concat(parts)}>`));
  });
  const body = (index: number): string => `${index}:${"y".repeat((index * 977) % 9_000)}`;
  const post = (index: number): string =>
    requestText("POST /", ...(index === 99 ? ["Connection: close"] : []), `Content-Length: ${body(index).length}`) + body(index);
  const said = await harness.raw(Array.from({ length: 100 }, (_, index) => post(index)).join(""));
  assert.deepEqual(
    [...said.matchAll(/<([^>]+)>/g)].map((match) => match[1]),
    Array.from({ length: 100 }, (_, index) => body(index)),
  );
});

test("F-03 requests without end to an upstream that does not answer cost one read, not what is sent", async () => {
  await withSlow(async (harness, _answer, upstream) => {
    using talk = dial(harness.port);
    const many = Buffer.from(get("/slow").repeat(1_000));
    let taken = 0;
    const full = new Promise<void>((resolve) => {
      const more = (): void => {
        // What neither side's kernel takes any more, the gateway has not read.
        if (talk.socket.write(many, () => (taken += many.length)) || taken < 60_000_000) setImmediate(more);
      };
      more();
      // It stands for six looks at once: one alone may come late, and find that there was no turn since the one before.
      const look = (before: number, still: number): void => {
        if (still === 6 && upstream.heads.length > 0) resolve();
        else setTimeout(look, 50, taken, before === taken && taken > 0 ? still + 1 : 0);
      };
      look(-1, 0);
    });
    await full;
    assert.ok(taken < 16_000_000, `the gateway took ${taken} bytes`);
    assert.equal(upstream.heads.length, 1);
  });
});

test("F-03 what waits on all connections together is bounded: one that sends too much is closed alone", async () => {
  const limits = { pipelined: 2, pipelinedInAll: 20 };
  await withSlow(
    async (harness, answer) => {
      const ahead = (count: number): string =>
        get("/slow") + Array.from({ length: count }, (_, index) => get(`/${index}`)).join("");
      const cutOff = async (): Promise<number> => Number(/notice="client.cut-off"\} (\d+)/.exec(await harness.metrics())?.[1]);
      const heldBack = async (): Promise<number> =>
        Number(/notice="client.held-back"\} (\d+)/.exec(await harness.metrics())?.[1]);
      using first = dial(harness.port, ahead(15));
      await until(async () => (await heldBack()) >= 1);
      using second = dial(harness.port, ahead(15));
      await soon(second.closed(), "a connection that sends ahead past limits.pipelinedInAll is not closed");
      assert.equal(await cutOff(), 1);
      using modest = dial(harness.port, ahead(2));
      for (const talk of [first, modest]) {
        answer();
        await talk.until(/\/1$/);
      }
      await first.until(/\/14$/);
      using third = dial(harness.port, ahead(15));
      answer();
      await third.until(/\/14$/);
      assert.equal(await cutOff(), 1, "what was answered makes room, and so does what was closed");
    },
    { config: { limits } },
  );
});

test("F-05 interim answers stay out of the answers before them, and away from HTTP/1.0", async () => {
  await withSlow(
    async (harness, answer) => {
      using talk = dial(harness.port);
      const expects = ["Expect: 100-continue", "Content-Length: 2"];
      talk.socket.write(get("/slow") + requestText("POST /b", ...expects));

      answer();
      await talk.until(/HTTP\/1\.1 200 .*\/slowHTTP\/1\.1 100 Continue\r\n\r\n/s);
      talk.socket.write("hi");
      await talk.until(/\/b$/);
      const old = await harness.raw(`${requestText("POST /b HTTP/1.0", ...expects)}hi`);
      assert.equal(statusOf(old), 200, old);
      const own = await harness.raw(`${requestText("POST /auth/echo HTTP/1.0", ...expects)}hi`);
      assert.match(own, /^HTTP\/1\.1 200 .*POST hi$/s);
    },
    { upstream: {} },
  );
});

test("F-05 early hints of a later answer come behind the earlier one", async () => {
  await using harness = await startHarness((message, response) => {
    if (message.url === "/slow") {
      response.write("fi");
      setTimeout(() => response.end("rst"), 300);
    } else {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.end("second"));
    }
  });
  const said = await harness.raw(get("/slow") + get("/b", "Connection: close"));
  assert.match(said, /^HTTP\/1\.1 200 .*fi.*rst.*0\r\n\r\nHTTP\/1\.1 103 .*HTTP\/1\.1 200 .*second/s);
});

test("F-06 an answer that breaks off, queued or not, closes its connection", async () => {
  await using upstream = await rawUpstream((head, socket) => {
    if (head.startsWith("GET /a")) return "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbroken");
    return undefined;
  });
  await using harness = await startHarness(echo, { upstream: { url: upstream.url } });
  const said = await harness.raw(get("/a") + get("/b") + get("/a"));
  assert.deepEqual(statusesIn(said), [200, 200]);
  assert.ok(said.endsWith("broken"));
});

/** What ends a connection's requests, and how it is answered. */
const ENDS: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ["garbage", "nonsense\r\n\r\n", 400],
  ["CONNECT", requestText("CONNECT a:1"), 405],
  ["a malformed length", requestText("POST /b", "Content-Length: 1, 2"), 400],
  ["a head that is too large", get("/b", `X-A: ${"a".repeat(40_000)}`), 431],
  ["a body in broken chunks", `${requestText("POST /b", "Transfer-Encoding: chunked")}zz\r\n`, 400],
];

for (const [name, bytes, status] of ENDS) {
  for (const ahead of [1, 2, 60]) {
    test(`F-06 ${name} behind ${ahead} is ${status} when what came first is answered`, async () => {
      await withSlow(async (harness, answer) => {
        using talk = dial(harness.port, get("/slow") + get("/a").repeat(ahead - 1) + bytes);
        answer();
        await talk.closed();
        assert.deepEqual(statusesIn(talk.said), [...Array.from({ length: ahead }, () => 200), status]);
        assert.match(talk.said, /^HTTP\/1\.1 200 .*?\/slow/s);
      });
    });
  }
}
