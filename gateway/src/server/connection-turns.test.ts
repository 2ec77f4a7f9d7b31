import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { Harness, HarnessOptions } from "../../test-support/harness.ts";
import { echo, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";
import type { RawUpstream } from "../../test-support/raw-upstream.ts";
import { rawUpstream } from "../../test-support/raw-upstream.ts";

const HOST = `Host: ${PUBLIC}\r\n`;
const get = (path: string, more = "", version = "1.1"): string => `GET ${path} HTTP/${version}\r\n${HOST}${more}\r\n`;
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const handshake = (path: string, more = ""): string => get(path, `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}${more}`);
const OWN = `Origin: https://${PUBLIC}\r\n`;
const ALICE = "Cookie: __Host-Http-coatcheck=alice\r\n";
/** Whose session is looked up as a promise. */
const SLOW = "Cookie: __Host-Http-coatcheck=slow\r\n";

/** A connection, and all that came back on it. */
interface Talk {
  readonly socket: Socket;
  readonly said: () => string;
  until(what: RegExp): Promise<void>;
  closed(): Promise<void>;
}

/** Those of the test that runs: one that fails leaves them open, and the gateway would wait for them. */
const dialled = new Set<Socket>();

function dial(port: number): Talk {
  const socket = connect(port, "127.0.0.1");
  dialled.add(socket.once("close", () => dialled.delete(socket)));
  let said = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    said += text;
  });
  socket.on("error", () => {});
  const gone = once(socket, "close");
  return {
    socket,
    said: () => said,
    async until(what) {
      while (!what.test(said)) await Promise.race([once(socket, "data"), gone.then(() => Promise.reject(new Error(said)))]);
    },
    closed: async () => void (await gone),
  };
}

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
  const harness = await startHarness(echo, { ...options, ...(upstreams === undefined ? { upstream: url } : { upstreams }) });
  const arrived = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await use(harness, () => void arrived().then(() => waiting.shift()?.()), upstream);
  } finally {
    for (const socket of dialled) socket.destroy();
    await harness.close();
  }
}

/** Fails in words where something does not come. */
async function soon(what: Promise<void>, words: string): Promise<void> {
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
  ["without the group", handshake("/groups", `${OWN}${SLOW.replace("slow", "bob")}`), 403],
  ["for a token route without an Origin", handshake("/token", ALICE), 403],
  ["for a token route by a stranger, looked up later", handshake("/token", SLOW), 403],
  ["that asks about a handshake", handshake("/auth/check/nginx", ""), 400],
  ["for nobody there", handshake("/auth/none", OWN), 404],
];

for (const [name, bytes, status] of REFUSED) {
  test(`F-01 a handshake ${name}, behind an unanswered request, ends nothing: ${status} in its turn`, async () => {
    await withSlow(async (harness, answer) => {
      const talk = dial(harness.port);
      talk.socket.write(get("/slow") + bytes);
      answer();
      await talk.closed();
      const [first = "", second = ""] = talk.said().split(/(?=HTTP\/1\.1 )/);
      assert.match(first, /^HTTP\/1\.1 200 .*\/slow$/s);
      assert.equal(statusOf(second), status, talk.said());
      assert.equal(statusOf(await harness.get("/after")), 200);
    }, bearer);
  });
}

test("F-01 a handshake that succeeds waits for the answers before it, large ones too; its socket is whole", async () => {
  const large = "x".repeat(3_000_000);
  const server = new WebSocketServer({ noServer: true });
  const harness = await startHarness((message, response) => void response.end(message.url === "/large" ? large : "small"), {
    prepare: (http) =>
      http.on("upgrade", (message, socket, head) =>
        server.handleUpgrade(message, socket, head, (web) => web.on("message", (data) => web.send(data, { binary: false }))),
      ),
  });
  try {
    const talk = dial(harness.port);
    talk.socket.pause();
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    talk.socket.write(Buffer.concat([Buffer.from(get("/large") + get("/b") + handshake("/", OWN)), frame]));
    while (!/outcome="proxied"|coatcheck_upstream_seconds_count\{[^}]*\} 1/.test(await harness.metrics()))
      await new Promise(setImmediate);
    talk.socket.resume();
    await talk.until(/\x81\x02hi$/);
    assert.deepEqual(
      [...talk.said().matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
      ["200", "200", "101"],
    );
    talk.socket.destroy();
  } finally {
    for (const client of server.clients) client.terminate();
    await harness.close();
  }
});

test("F-01 a client that goes away while its handshake waits ends nothing", async () => {
  await withSlow(async (harness, answer) => {
    const talk = dial(harness.port);
    talk.socket.write(get("/slow") + handshake("/token", OWN + ALICE));
    while (harness.control.asked === 0) await new Promise(setImmediate);
    talk.socket.resetAndDestroy();
    answer();
    assert.equal(statusOf(await harness.get("/after")), 200);
  }, bearer);
});

test("F-03 requests of one connection are sent on one at a time, and all are answered in their order", async () => {
  let most = 0;
  let now = 0;
  const harness = await startHarness((message, response) => {
    most = Math.max(most, ++now);
    setImmediate(() => {
      now--;
      response.end(`<${message.url}>`);
    });
  });
  try {
    const paths = Array.from({ length: 300 }, (_, index) => `/${index}`);
    const said = await harness.raw(paths.map((path, index) => get(path, index === 299 ? "Connection: close\r\n" : "")).join(""));
    assert.deepEqual(
      [...said.matchAll(/<([^>]+)>/g)].map((match) => match[1]),
      paths,
    );
    assert.equal(most, 1);
    assert.match(await harness.metrics(), /coatcheck_notices_total\{notice="client.held-back"\} 1/);
  } finally {
    await harness.close();
  }
});

test("F-03 bodies, and what a client sends behind them, pass a connection that is held back byte for byte", async () => {
  const harness = await startHarness((message, response) => {
    const parts: Buffer[] = [];
    message.on("data", (part: Buffer) => parts.push(part)).on("end", () => response.end(`<${Buffer.concat(parts)}>`));
  });
  try {
    const body = (index: number): string => `${index}:${"y".repeat((index * 977) % 9_000)}`;
    const post = (index: number): string =>
      `POST / HTTP/1.1\r\n${HOST}${index === 99 ? "Connection: close\r\n" : ""}Content-Length: ${body(index).length}\r\n\r\n${body(index)}`;
    const said = await harness.raw(Array.from({ length: 100 }, (_, index) => post(index)).join(""));
    assert.deepEqual(
      [...said.matchAll(/<([^>]+)>/g)].map((match) => match[1]),
      Array.from({ length: 100 }, (_, index) => body(index)),
    );
  } finally {
    await harness.close();
  }
});

test("F-03 requests without end to an upstream that does not answer cost one read, not what is sent", async () => {
  await withSlow(async (harness, _answer, upstream) => {
    const talk = dial(harness.port);
    const many = Buffer.from(get("/slow").repeat(1_000));
    let taken = 0;
    const full = new Promise<void>((resolve) => {
      const more = (): void => {
        // What neither side's kernel takes any more, the gateway has not read.
        if (talk.socket.write(many, () => (taken += many.length)) || taken < 60_000_000) setImmediate(more);
      };
      more();
      // It stands for six looks at once: one alone may come late, and find that nobody had a turn since the one before.
      const look = (before: number, still: number): void => {
        if (still === 6 && upstream.heads.length > 0) resolve();
        else setTimeout(look, 50, taken, before === taken && taken > 0 ? still + 1 : 0);
      };
      look(-1, 0);
    });
    await full;
    assert.ok(taken < 16_000_000, `the gateway took ${taken} bytes`);
    assert.equal(upstream.heads.length, 1);
    talk.socket.destroy();
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
      const first = dial(harness.port);
      first.socket.write(ahead(15));
      while ((await heldBack()) < 1) await new Promise((resolve) => setImmediate(resolve));
      const second = dial(harness.port);
      second.socket.write(ahead(15));
      await soon(second.closed(), "a connection that sends ahead past limits.pipelinedInAll is not closed");
      assert.equal(await cutOff(), 1);
      const modest = dial(harness.port);
      modest.socket.write(ahead(2));
      for (const talk of [first, modest]) {
        answer();
        await talk.until(/\/1$/);
      }
      await first.until(/\/14$/);
      const third = dial(harness.port);
      third.socket.write(ahead(15));
      answer();
      await third.until(/\/14$/);
      assert.equal(await cutOff(), 1, "what was answered makes room, and so does what was closed");
      for (const { socket } of [first, modest, third]) socket.destroy();
    },
    { config: { limits } },
  );
});

test("F-05 interim answers stay out of the answers before them, and away from HTTP/1.0", async () => {
  await withSlow(
    async (harness, answer) => {
      const talk = dial(harness.port);
      const expects = `Expect: 100-continue\r\nContent-Length: 2\r\n`;
      talk.socket.write(`${get("/slow")}POST /b HTTP/1.1\r\n${HOST}${expects}\r\n`);

      answer();
      await talk.until(/HTTP\/1\.1 200 .*\/slowHTTP\/1\.1 100 Continue\r\n\r\n/s);
      talk.socket.write("hi");
      await talk.until(/\/b$/);
      talk.socket.destroy();
      const old = await harness.raw(`POST /b HTTP/1.0\r\n${HOST}${expects}\r\nhi`);
      assert.equal(statusOf(old), 200, old);
      const own = await harness.raw(`POST /auth/echo HTTP/1.0\r\n${HOST}${expects}\r\nhi`);
      assert.match(own, /^HTTP\/1\.1 200 .*POST hi$/s);
    },
    { upstream: {} },
  );
});

test("F-05 early hints of a later answer come behind the earlier one", async () => {
  const harness = await startHarness((message, response) => {
    if (message.url === "/slow") {
      response.write("fi");
      setTimeout(() => response.end("rst"), 300);
    } else {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.end("second"));
    }
  });
  try {
    const said = await harness.raw(get("/slow") + get("/b", "Connection: close\r\n"));
    assert.match(said, /^HTTP\/1\.1 200 .*fi.*rst.*0\r\n\r\nHTTP\/1\.1 103 .*HTTP\/1\.1 200 .*second/s);
  } finally {
    await harness.close();
  }
});

test("F-06 an answer that breaks off, queued or not, closes its connection", async () => {
  await using upstream = await rawUpstream((head, socket) => {
    if (head.startsWith("GET /a")) return "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbroken");
    return undefined;
  });
  const harness = await startHarness(echo, { upstream: { url: upstream.url } });
  try {
    const said = await harness.raw(get("/a") + get("/b") + get("/a"));
    assert.deepEqual(
      [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
      ["200", "200"],
    );
    assert.ok(said.endsWith("broken"));
  } finally {
    await harness.close();
  }
});

/** What ends a connection's requests, and how it is answered. */
const ENDS: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ["garbage", "nonsense\r\n\r\n", 400],
  ["CONNECT", `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`, 405],
  ["a malformed length", `POST /b HTTP/1.1\r\n${HOST}Content-Length: 1, 2\r\n\r\n`, 400],
  ["a head that is too large", get("/b", `X-A: ${"a".repeat(40_000)}\r\n`), 431],
  ["a body in broken chunks", `POST /b HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
];

for (const [name, bytes, status] of ENDS) {
  for (const ahead of [1, 2, 60]) {
    test(`F-06 ${name} behind ${ahead} is ${status} when what came first is answered`, async () => {
      await withSlow(async (harness, answer) => {
        const talk = dial(harness.port);
        talk.socket.write(get("/slow") + get("/a").repeat(ahead - 1) + bytes);
        answer();
        await talk.closed();
        const statuses = [...talk.said().matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
        assert.deepEqual(statuses, [...Array.from({ length: ahead }, () => 200), status]);
        assert.match(talk.said(), /^HTTP\/1\.1 200 .*?\/slow/s);
      });
    });
  }
}
