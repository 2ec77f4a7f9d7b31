import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { turns, until } from "../../test-support/event-loop.ts";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { type GatedStore, gatedStore } from "../../test-support/stores/gated-store.ts";
import { dial, everything, type Listening, listen, type Said, say, sentBack } from "../../test-support/talk.ts";
import { coatcheckNode, type NodeHandler } from "../adapters/node.ts";
import type { AuditEvent, JsonObject, Session, SessionStore } from "../contracts.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";

type Handler = NodeHandler<JsonObject>;

function make(store: SessionStore, events: AuditEvent[] = []) {
  return coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store, on: (event) => events.push(event) });
}

async function serve(store: SessionStore, handler: Handler, events: AuditEvent[] = []): Promise<Listening> {
  return listen(coatcheckNode(make(store, events)).handler(handler));
}

/**
 * The same on a store that answers at once, and on one that the test keeps waiting while the answer must not have
 * begun.
 */
function onBoth(name: string, handler: Handler, said: Said, check: (heard: Awaited<ReturnType<typeof say>>) => void): void {
  test(`${name}, on a store that answers at once`, async () => {
    await using server = await serve(memory(), handler);
    check(await say(server.port, "/", said));
  });
  test(`${name}, on a store that takes its time`, async () => {
    const store = gatedStore();
    await using server = await serve(store, handler);
    check(await whileWaiting(store, () => say(server.port, "/", said)));
  });
}

/** Sends, sees the write wait without a byte of the answer, and opens the gate. */
async function whileWaiting<T>(store: GatedStore, send: () => Promise<T>): Promise<T> {
  const waits = store.hold();
  let answered = false;
  const sent = send().finally(() => {
    answered = true;
  });
  await waits;
  await turns();
  assert.equal(answered, false, "the answer left before the store had it");
  store.release();
  return sent;
}

const OURS = /^coatcheck-3000=[\w-]{22}\.[\w-]{43}; /;
const hasOurs = (cookies: readonly string[]): void => assert.equal(cookies.filter((cookie) => OURS.test(cookie)).length, 1);

const WRITERS: { readonly [name: string]: (response: ServerResponse) => void } = {
  "setHeader and appendHeader": (response) => {
    response.setHeader("set-cookie", "a=1");
    response.appendHeader("set-cookie", "b=2");
    response.end("done");
  },
  "writeHead with an object": (response) => {
    response.writeHead(201, { "set-cookie": ["a=1", "b=2"], "x-kind": "object" }).end("done");
  },
  "writeHead with a message": (response) => {
    response.setHeader("set-cookie", "gone=1");
    response.writeHead(201, "Made", { "Set-Cookie": ["a=1", "b=2"] }).end("done");
  },
  "writeHead with a flat list": (response) => {
    response.writeHead(201, ["Set-Cookie", "a=1", "Set-Cookie", "b=2"]).end("done");
  },
  "writeHead with a flat list in the place of what was set": (response) => {
    response.setHeader("set-cookie", ["gone=1", "gone=2"]);
    response.writeHead(201, ["Set-Cookie", "a=1", "X-Between", "1", "set-cookie", "b=2"]).end("done");
  },
  "writeHead with pairs": (response) => {
    const pairs: [string, string][] = [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ];
    Reflect.apply(response.writeHead, response, [201, pairs]);
    response.end("done");
  },
};

for (const [name, write] of Object.entries(WRITERS)) {
  onBoth(
    `F-46 the cookie joins those of ${name}`,
    (_request, response, session) => {
      session.set({ n: 1 });
      write(response);
    },
    {},
    ({ text, cookies, headers }) => {
      assert.equal(text, "done");
      assert.deepEqual(cookies.slice(0, 2), ["a=1", "b=2"]);
      assert.equal(cookies.length, 3);
      hasOurs(cookies);
      assert.equal(headers["cache-control"], "no-store");
    },
  );
}

onBoth(
  "HEAD has the head of GET and no body",
  (_request, response, session) => {
    session.set({ n: 1 });
    response.setHeader("content-length", 4);
    response.end("done");
  },
  { method: "HEAD" },
  ({ status, headers, bytes, cookies }) => {
    assert.deepEqual([status, headers["content-length"], bytes.length], [200, "4", 0]);
    hasOurs(cookies);
  },
);

onBoth(
  "a flushed head leaves with the cookie, and what follows joins it; trailers too",
  (_request, response, session) => {
    session.set({ n: 1 });
    response.setHeader("trailer", "x-sum");
    response.flushHeaders();
    assert.equal(response.headersSent, true);
    assert.throws(() => response.setHeader("x-late", "1"), { code: "ERR_HTTP_HEADERS_SENT" });
    response.write("do");
    response.addTrailers({ "x-sum": "4" });
    response.end("ne");
  },
  {},
  ({ text, trailers, cookies }) => {
    assert.equal(text, "done");
    assert.equal(trailers["x-sum"], "4");
    hasOurs(cookies);
  },
);

onBoth(
  "early hints go ahead, without a cookie",
  (_request, response, session) => {
    session.set({ n: 1 });
    response.writeEarlyHints({ link: "</app.css>; rel=preload; as=style" });
    response.end("done");
  },
  {},
  ({ hints, text, cookies }) => {
    assert.deepEqual([hints, text], [[103], "done"]);
    hasOurs(cookies);
  },
);

onBoth(
  "a status or a message assigned after the head comes too late",
  (_request, response, session) => {
    session.set({ n: 1 });
    response.end("done");
    response.statusCode = 418;
  },
  {},
  ({ status }) => assert.equal(status, 200),
);

test("a handler that misuses the response while it is held hears of it at once, and the answer is whole", async () => {
  const store = gatedStore();
  const heard: unknown[] = [];
  const attempt = (act: () => unknown): void => {
    try {
      act();
      heard.push("nothing");
    } catch (error) {
      heard.push(error instanceof Error ? Reflect.get(error, "code") : error);
    }
  };
  await using server = await serve(store, (_request, response, session) => {
    session.set({ n: 1 });
    attempt(() => Reflect.apply(response.writeHead, response, [99]));
    attempt(() => Reflect.apply(response.writeHead, response, [200, { "x-bad": "a\nb" }]));
    attempt(() => Reflect.apply(response.write, response, [7]));
    attempt(() => Reflect.apply(response.write, response, ["a", "no-such-encoding"]));
    response.writeHead(200);
    attempt(() => response.writeHead(204));
    attempt(() => session.set({ n: 2 }));
    response.end("done");
  });
  const answer = await whileWaiting(store, () => say(server.port, "/"));
  assert.deepEqual(heard, [
    "ERR_HTTP_INVALID_STATUS_CODE",
    "ERR_INVALID_CHAR",
    "ERR_INVALID_ARG_TYPE",
    "ERR_UNKNOWN_ENCODING",
    "ERR_HTTP_HEADERS_SENT",
    undefined,
  ]);
  assert.deepEqual([answer.status, answer.text], [200, "done"]);
});

test("later intent is a TypeError, whether the response was held or not", async () => {
  const late: unknown[] = [];
  await using server = await serve(memory(), (request, response, session) => {
    if (request.url === "/held") session.set({ n: 1 });
    response.write("a");
    for (const act of [() => session.set({ n: 2 }), () => session.logout(), () => session.rotate()]) {
      try {
        act();
      } catch (error) {
        late.push(error instanceof TypeError);
      }
    }
    response.end("b");
  });
  const held = await say(server.port, "/held");
  const free = await say(server.port, "/free");
  assert.deepEqual(late, Array(6).fill(true));
  assert.deepEqual([held.text, held.cookies.length], ["ab", 1]);
  assert.deepEqual([free.text, free.cookies.length], ["ab", 0]);
});

test("a response without intent is not touched", async () => {
  let seen: { readonly before: string[]; readonly after: string[]; readonly listeners: number } | undefined;
  const auth = make(memory());
  const web = coatcheckNode(auth);
  await using server = await listen((request, response) => {
    const before = Reflect.ownKeys(response).map(String);
    const listeners = response.listenerCount("close");
    web.handler((_request, same, session) => {
      assert.equal(session.identity, null);
      assert.equal(same, response);
      const after = Reflect.ownKeys(response).map(String);
      seen = { before, after, listeners: response.listenerCount("close") - listeners };
      same.end("done");
    })(request, response);
  });
  const { text } = await say(server.port, "/");
  assert.equal(text, "done");
  assert.deepEqual(seen?.after, seen?.before);
  assert.equal(seen?.listeners, 0);
});

test("after the hold the response is as it was", async () => {
  let own: boolean | undefined;
  const store = gatedStore();
  await using server = await serve(store, (_request, response, session) => {
    session.set({ n: 1 });
    response.end("done", () => {
      own = ["writeHead", "write", "end", "flushHeaders", "on"].some((name) => Object.hasOwn(response, name));
    });
  });
  await whileWaiting(store, () => say(server.port, "/"));
  assert.equal(own, false);
});

test("S-05 SE-16 a refused write drops the handler's answer: 503, no cookie, and the handler goes on", async () => {
  const store = gatedStore();
  const done = Promise.withResolvers<string>();
  await using server = await serve(store, async (_request, response, session) => {
    session.set({ n: 1 });
    response.writeHead(201, { "x-secret": "1", "set-cookie": "theirs=1", "content-type": "text/plain", "content-length": 6 });
    if (!response.write("one")) await once(response, "drain");
    response.write("two");
    response.end(() => done.resolve("told"));
  });
  const waits = store.hold();
  const sent = say(server.port, "/");
  await waits;
  store.release(new Error("the disk is gone"));
  const { status, headers, text, cookies } = await sent;
  assert.equal(status, 503);
  assert.equal(headers["content-type"], "application/problem+json");
  assert.ok(Number(headers["retry-after"]) > 0);
  assert.deepEqual([headers["x-secret"], cookies], [undefined, []]);
  assert.equal(JSON.parse(text).code, "ERR_STORE_UNAVAILABLE");
  assert.doesNotMatch(text, /disk/);
  assert.equal(await done.promise, "told");
});

test("a refused HEAD has no body, and the connection goes on", async () => {
  const store = gatedStore();
  store.release(new Error("down"));
  await using server = await serve(store, (request, response, session) => {
    if (request.url === "/write") session.set({ n: 1 });
    response.end("done");
  });
  const socket = await dial(server.port);
  socket.write("HEAD /write HTTP/1.1\r\nHost: x\r\n\r\nGET /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const text = await everything(socket);
  assert.match(text, /^HTTP\/1\.1 503 .*\r\n\r\nHTTP\/1\.1 200 OK\r\n.*\r\n\r\ndone$/s);
});

test("pipelined requests are answered in their order, each with its own cookie", async () => {
  const store = gatedStore();
  await using server = await serve(store, (request, response, session) => {
    if (request.url !== "/plain") session.set({ path: request.url ?? "" });
    response.end(`<${request.url}>`);
  });
  const socket = await dial(server.port);
  const waits = store.hold();
  const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  socket.write(get("/one") + get("/plain") + get("/two", "Connection: close\r\n"));
  await waits;
  store.release();
  const text = await everything(socket);
  assert.deepEqual(text.match(/<[^>]+>/g), ["</one>", "</plain>", "</two>"]);
  const [one = "", plain = "", two = ""] = text.split("HTTP/1.1 200 OK").slice(1);
  assert.doesNotMatch(plain, /set-cookie/i);
  for (const [answer, path] of [
    [one, "/one"],
    [two, "/two"],
  ] as const) {
    const cookie = /set-cookie: ([^;]+)/i.exec(answer)?.[1] ?? "";
    const id = cookie.slice("coatcheck-3000=".length, cookie.indexOf("."));
    const row = await store.get(id);
    assert.equal(JSON.parse(row?.body ?? "{}").data.path, path);
  }
});

test("S-06 a client that hangs up does not stop the write, and is no error", async () => {
  const store = gatedStore();
  const events: AuditEvent[] = [];
  const closed = Promise.withResolvers<void>();
  await using server = await serve(
    store,
    (_request, response, session) => {
      session.set({ n: 1 });
      response.once("close", () => closed.resolve());
      response.end("done");
    },
    events,
  );
  const waits = store.hold();
  const socket = await dial(server.port);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await waits;
  socket.destroy();
  await closed.promise;
  assert.equal(store.written, 0);
  store.release();
  await until(() => events.length > 0);
  assert.equal(store.written, 1);
  assert.deepEqual(
    events.map(({ name }) => name),
    ["session.created"],
  );
});

const CHUNK = Buffer.alloc(64 * 1024, "x");

test("a large pipe is told to wait, no more than a chunk is kept meanwhile, and it ends whole", async () => {
  const store = gatedStore();
  let made = 0;
  await using server = await serve(store, (_request, response, session) => {
    session.set({ n: 1 });
    const source = Readable.from(
      (function* () {
        for (; made < 512; made++) yield CHUNK;
      })(),
      { objectMode: false, highWaterMark: CHUNK.length },
    );
    source.pipe(response);
  });
  const waits = store.hold();
  const sent = say(server.port, "/");
  await waits;
  await turns(20);
  assert.ok(made <= 4, `${made} chunks were made while the store was asked`);
  store.release();
  assert.equal((await sent).bytes.length, 512 * CHUNK.length);
});

test("pipeline and a writer that waits for drain get through", async () => {
  const store = gatedStore();
  await using server = await serve(store, async (request, response, session) => {
    session.set({ n: 1 });
    if (request.url === "/pipeline") {
      await pipeline(async function* () {
        for (let n = 0; n < 64; n++) yield CHUNK;
      }, response);
      return;
    }
    for (let n = 0; n < 64; n++) if (!response.write(CHUNK)) await once(response, "drain");
    response.end();
  });
  for (const path of ["/pipeline", "/writer"]) {
    const { bytes } = await whileWaiting(store, () => say(server.port, path));
    assert.equal(bytes.length, 64 * CHUNK.length);
  }
});

test("design §1.5: a throw or a 5xx keeps only logout", async () => {
  const store = memory();
  const act: { [path: string]: (session: Session, response: ServerResponse) => void } = {
    "/set": (session) => session.set({ n: 1 }),
    "/throw": (session) => {
      session.set({ n: 2 });
      throw new Error("boom");
    },
    "/5xx": (session, response) => {
      session.set({ n: 3 });
      response.statusCode = 502;
    },
    "/token": (session) => {
      session.set({ n: 4 });
      throw Object.assign(new Error("no such page"), { status: 404 });
    },
    "/logout": (session) => {
      session.logout();
      throw new Error("boom");
    },
  };
  await using server = await serve(store, (request, response, session) => {
    act[request.url ?? ""]?.(session, response);
    response.end(JSON.stringify(session.data));
  });
  const cookie = sentBack(await say(server.port, "/set"));
  const headers = { cookie };
  assert.deepEqual(
    [(await say(server.port, "/throw", { headers })).status, (await say(server.port, "/5xx", { headers })).status],
    [500, 502],
  );
  assert.equal((await say(server.port, "/token", { headers })).status, 500);
  assert.equal((await say(server.port, "/read", { headers })).text, '{"n":1}');
  const logout = await say(server.port, "/logout", { headers });
  assert.equal(logout.status, 500);
  assert.match(logout.cookies[0] ?? "", /^coatcheck-3000=; .*Max-Age=0/);
  assert.equal((await say(server.port, "/read", { headers })).text, "{}");
});

test("what is thrown after a whole answer does not take it back; after half of one the connection is cut", async () => {
  const store = gatedStore();
  const events: AuditEvent[] = [];
  await using server = await serve(
    store,
    (request: IncomingMessage, response, session) => {
      session.set({ n: 1 });
      if (request.url === "/whole") response.end("done");
      else response.write("do");
      throw new Error("too late");
    },
    events,
  );
  const whole = await whileWaiting(store, () => say(server.port, "/whole"));
  assert.equal(whole.text, "done");
  hasOurs(whole.cookies);
  await assert.rejects(say(server.port, "/half"));
  assert.equal(events.filter(({ reason }) => reason === "handler").length, 2);
});
