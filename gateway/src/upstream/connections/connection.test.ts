import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import type { buildConnector } from "undici";
import { Pool } from "undici";
import { connectWithin, UpstreamConnection } from "./connection.ts";

interface Peer extends AsyncDisposable {
  readonly port: number;
  /** The upstream's end of the next connection. */
  accept(): Promise<Socket>;
}

async function peer(): Promise<Peer> {
  const server: Server = createServer();
  const accepted: Socket[] = [];
  server.on("connection", (socket) => accepted.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async accept() {
      while (accepted.length === 0) await once(server, "connection");
      const socket = accepted.shift();
      assert.ok(socket !== undefined);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      server.close();
    },
  };
}

async function joined({ port, accept }: Peer): Promise<{ readonly ours: UpstreamConnection; readonly theirs: Socket }> {
  const ours = new UpstreamConnection();
  ours.on("error", () => {});
  ours.connect(port, "127.0.0.1");
  await once(ours, "connect");
  return { ours, theirs: await accept() };
}

/** Comes back when whatever was written to this machine's sockets before has had its turn. */
async function turn(at: Peer): Promise<void> {
  const client = connect(at.port, "127.0.0.1");
  const other = await at.accept();
  for (let round = 0; round < 20; round++) {
    other.write("x");
    await once(client, "data");
  }
  client.destroy();
}

function all(ours: UpstreamConnection): string {
  let text = "";
  for (let chunk = ours.read(); chunk !== null; chunk = ours.read()) text += chunk.toString("latin1");
  return text;
}

test("what is not read yet is followed by nothing more, until it was read", async () => {
  await using upstream = await peer();
  const { ours, theirs } = await joined(upstream);
  let told = 0;
  ours.on("readable", () => told++);
  theirs.write("a".repeat(1_000_000));
  await once(ours, "readable");
  await turn(upstream);
  assert.equal(told, 1);
  assert.ok(ours.bytesRead <= 262_144, `one read, not ${ours.bytesRead} bytes`);
  let read = all(ours).length;
  while (read < 1_000_000) {
    await once(ours, "readable");
    read += all(ours).length;
  }
  assert.equal(ours.bytesRead, 1_000_000);
  ours.destroy();
});

test("what is given back comes first, and the end comes last", async () => {
  await using upstream = await peer();
  const { ours, theirs } = await joined(upstream);
  let ended = false;
  ours.on("end", () => {
    ended = true;
  });
  const come = once(ours, "readable");
  theirs.write("abcdef");
  await come;
  assert.equal(String(ours.read()), "abcdef");
  assert.equal(ours.read(), null);
  // undici gives back what it has not parsed when its reader wants no more.
  ours.unshift(Buffer.from("def"));
  ours.unshift(Buffer.alloc(0));
  const more = once(ours, "readable");
  theirs.end("ghi");
  await more;
  await turn(upstream);
  assert.equal(ended, false);
  ours.unshift(Buffer.from("c"));
  assert.equal(all(ours), "cdefghi");
  await once(ours, "end");
});

test("an end that comes while something given back waits is told when that was read", async () => {
  await using upstream = await peer();
  const { ours, theirs } = await joined(upstream);
  let ended = false;
  ours.on("end", () => {
    ended = true;
  });
  ours.unshift(Buffer.from("rest"));
  theirs.end();
  await turn(upstream);
  assert.equal(ended, false);
  assert.equal(all(ours), "rest");
  await once(ours, "end");
});

test("undici reads answers whole through it, also where readers stop and go on, and uses it again", async () => {
  const body = randomBytes(3_000_000);
  await using upstream = await peer();
  const pool = new Pool(`http://127.0.0.1:${upstream.port}`, { connections: 1, connect: connectWithin(5_000) });
  const asked = pool.request({ path: "/", method: "GET" });
  const theirs = await upstream.accept();
  for (const answer of [asked, pool.request({ path: "/", method: "GET" }), pool.request({ path: "/", method: "GET" })]) {
    await once(theirs, "data");
    theirs.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    theirs.write(body);
    const hash = createHash("sha256");
    for await (const chunk of (await answer).body) {
      hash.update(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(hash.digest("hex"), createHash("sha256").update(body).digest("hex"));
  }
  await pool.destroy();
});

/** What became of a connection, in one word: an assertion that fails would write down a whole socket, for minutes. */
const outcomeOf = (connector: buildConnector.connector, port: number): Promise<unknown> =>
  new Promise((resolve) => {
    const options = { hostname: "127.0.0.1", protocol: "http:", port: String(port) };
    connector(options, (error, socket) => {
      socket?.destroy();
      resolve(error !== null && "code" in error ? error.code : "connected");
    });
  });

test("a refused connection is reported as Node reports it", async () => {
  assert.equal(await outcomeOf(connectWithin(5_000), 1), "ECONNREFUSED");
});

// Accepts no connection: its queue is short, and it stands still before its port can be known.
const DEAF = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

test("a connection that is not accepted ends after its time, with undici's own code", async () => {
  const deaf = spawn(process.execPath, ["-e", DEAF], { stdio: ["ignore", "pipe", "ignore"] });
  const [port] = await once(deaf.stdout, "data");
  const waiting: Socket[] = [];
  try {
    for (let one = 0; one < 3; one++) waiting.push(connect(Number(String(port)), "127.0.0.1").on("error", () => {}));
    await once(waiting[0] ?? deaf, "connect");
    assert.equal(await outcomeOf(connectWithin(100), Number(String(port))), "UND_ERR_CONNECT_TIMEOUT");
  } finally {
    for (const socket of waiting) socket.destroy();
    deaf.kill("SIGKILL");
  }
});
