/** `hold` on a response of Node's own server, without a session: what a handler may see of it, before and after. */
import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse as NativeResponse, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { turns } from "../../test-support/event-loop.ts";
import { type Heard, listen, say } from "../../test-support/talk.ts";
import type { Settlement } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { UNCHANGED } from "../engine/request/settlement.ts";
import { hasEnded, hold } from "./response-hold.ts";

const COOKIE: Settlement = { cookies: ["ours=1"], refusal: null };
const REFUSED: Settlement = { cookies: ["ours="], refusal: new CoatcheckError("ERR_STORE_UNAVAILABLE", { retryAfter: 5 }) };

interface Acted {
  readonly response: ServerResponse;
  /** Puts on the hold, which lasts until `letGo`. */
  readonly hold: () => void;
  readonly letGo: (settlement: Settlement) => Promise<void>;
}

/** One request, answered by what acts on the response; what is asserted there fails the test. */
async function answered(act: (acted: Acted) => Promise<void> | void, method = "GET"): Promise<Heard> {
  const settled = Promise.withResolvers<Settlement>();
  const acted = Promise.withResolvers<void>();
  await using server = await listen((_request, response) => {
    const letGo = async (settlement: Settlement): Promise<void> => {
      settled.resolve(settlement);
      await turns();
    };
    new Promise<void>((resolve) => resolve(act({ response, hold: () => hold(response, () => settled.promise), letGo }))).then(
      acted.resolve,
      (error: unknown) => {
        acted.reject(error);
        response.destroy();
      },
    );
  });
  const [heard] = await Promise.all([say(server.port, "/", { method }), acted.promise]);
  return heard;
}

test("F-46 an answer without cookies leaves as the handler made it, and may be cached", async () => {
  const { headers, cookies } = await answered(async ({ response, hold, letGo }) => {
    hold();
    response.end("done");
    await letGo(UNCHANGED);
  });
  assert.deepEqual([headers["cache-control"], cookies], [undefined, []]);
});

test("F-46 the end was said as soon as the handler said it, and not before", async () => {
  await answered(async ({ response, hold, letGo }) => {
    hold();
    assert.equal(hasEnded(response), false);
    assert.equal(response.write("do"), false);
    assert.equal(hasEnded(response), false);
    assert.equal(response.end("ne"), response);
    assert.deepEqual([hasEnded(response), response.writableEnded], [true, false]);
    await letGo(COOKIE);
    assert.deepEqual([hasEnded(response), response.writableEnded], [true, true]);
  });
});

test("F-46 calls that wait answer what Node answers, and a write asks the app to wait", async () => {
  await answered(async ({ response, hold, letGo }) => {
    hold();
    assert.equal(response.writeHead(200), response);
    assert.equal(response.flushHeaders(), undefined);
    assert.equal(response.write("a"), false);
    assert.equal(response.end(), response);
    await letGo(COOKIE);
  });
});

test("F-46 no writer is told to go on that was not told to wait", async () => {
  let told = 0;
  await answered(async ({ response, hold, letGo }) => {
    hold();
    response.on("drain", () => told++);
    response.writeHead(200);
    response.end("done");
    await letGo(COOKIE);
  });
  assert.equal(told, 0);
});

test("F-46 who was told to wait is told once to go on, not before there is room again", async () => {
  for (const size of [1, 4 * 1024 * 1024]) {
    const room: boolean[] = [];
    const { bytes } = await answered(async ({ response, hold, letGo }) => {
      hold();
      const drained = Promise.withResolvers<void>();
      response.on("drain", () => {
        room.push(!response.writableNeedDrain);
        drained.resolve();
      });
      response.writeHead(200);
      response.write(Buffer.alloc(size, "x"));
      await letGo(COOKIE);
      await drained.promise;
      response.end();
    });
    assert.deepEqual([room, bytes.length], [[true], size]);
  }
});

test("F-46 an `on` of the app's own that keeps listeners of drain lets them hear of it, once", async () => {
  for (const keeps of [true, false]) {
    const heard: string[] = [];
    await answered(async ({ response, hold, letGo }) => {
      const original = response.on;
      const own = (...args: readonly unknown[]): unknown =>
        keeps && args[0] === "drain" ? response : Reflect.apply(original, response, args);
      Reflect.set(response, "on", own);
      hold();
      assert.equal(
        response.on("drain", () => heard.push("before")),
        response,
      );
      response.write("a");
      response.on("drain", () => heard.push("drain"));
      response.on("no-event", () => heard.push("no-event"));
      await letGo(COOKIE);
      assert.equal(response.on, own, "it is there again");
      response.end();
    });
    assert.deepEqual(heard, keeps ? ["drain"] : ["before", "drain"]);
  }
});

test("F-46 what covered the response before is there again, and what covered it since stays", async () => {
  const { text } = await answered(async ({ response, hold, letGo }) => {
    const { write, end } = response;
    const before: typeof response.write = (...args: unknown[]) => Reflect.apply(write, response, args);
    response.write = before;
    hold();
    const held = response.end;
    assert.notEqual(held, end);
    const since: typeof response.end = (...args: unknown[]) => Reflect.apply(held, response, args);
    response.end = since;
    response.write("do");
    await letGo(COOKIE);
    assert.equal(response.write, before);
    assert.equal(response.end, since);
    assert.deepEqual([Object.hasOwn(response, "writeHead"), Object.hasOwn(response, "flushHeaders")], [false, false]);
    response.end("ne");
  });
  assert.equal(text, "done");
});

/** A response that is not read, held for as long as the test lasts. */
function heldForEver(): ServerResponse {
  const response = new NativeResponse(new IncomingMessage(new Socket()));
  hold(response, () => new Promise(() => {}));
  return response;
}

const CODES: readonly (readonly [given: unknown, code: number | null])[] = [
  [99, null],
  [100, 100],
  [200.9, 200],
  ["201", 201],
  [999, 999],
  [1000, null],
  ["none", null],
];

for (const [given, code] of CODES) {
  test(`F-46 writeHead(${JSON.stringify(given)}) is ${code ?? "refused at once, as Node refuses it"}`, () => {
    const response = heldForEver();
    const write = (): unknown => Reflect.apply(response.writeHead, response, [given]);
    if (code === null) {
      assert.throws(write, {
        name: "RangeError",
        message: `Invalid status code: ${String(given)}`,
        code: "ERR_HTTP_INVALID_STATUS_CODE",
      });
    } else write();
    assert.deepEqual([response.statusCode, response.headersSent], [code ?? 200, code !== null]);
  });
}

const MESSAGES: readonly (readonly [args: readonly unknown[], own: string | undefined, message: string])[] = [
  [[201], undefined, "Created"],
  [[201, "Made"], undefined, "Made"],
  [[201, "Made", { "x-kind": "1" }], "Own", "Made"],
  [[201, { "x-kind": "1" }], undefined, "Created"],
  [[201, { "x-kind": "1" }], "Own", "Own"],
  [[201, undefined, { "x-kind": "1" }], "Own", "Own"],
  [[201, null], undefined, "Created"],
];

for (const [args, own, message] of MESSAGES) {
  test(`F-46 writeHead(${JSON.stringify(args).slice(1, -1)}), ${own ?? "nothing"} before: message ${message}`, async () => {
    const heard = await answered(async ({ response, hold, letGo }) => {
      hold();
      if (own !== undefined) response.statusMessage = own;
      Reflect.apply(response.writeHead, response, args);
      if (args[1] === "Made") assert.equal(response.statusMessage, "Made", "it is there at once");
      response.end();
      await letGo(COOKIE);
    });
    assert.deepEqual([heard.status, heard.message], [201, message]);
    assert.equal(heard.headers["x-kind"], JSON.stringify(args).includes("x-kind") ? "1" : undefined);
  });
}

const REFUSED_HEADS: readonly (readonly [args: readonly unknown[], error: object])[] = [
  [[200, "a\nb"], { code: "ERR_INVALID_CHAR", message: /statusMessage/ }],
  [[200, ["x-one", "1", "x-two"]], { name: "TypeError", message: /flat list/ }],
];

for (const [args, error] of REFUSED_HEADS) {
  test(`F-46 writeHead(${JSON.stringify(args).slice(1, -1)}) is refused at once; the response is as it was`, () => {
    const response = heldForEver();
    assert.throws(() => Reflect.apply(response.writeHead, response, args), error);
    assert.deepEqual([response.headersSent, response.getHeaderNames(), response.statusMessage], [false, [], undefined]);
  });
}

const CHUNKS: readonly (readonly [method: "write" | "end", args: readonly unknown[], code: string | null])[] = [
  ["write", ["a"], null],
  ["write", [Buffer.from("a")], null],
  ["write", [new Uint8Array(1), "no encoding"], null],
  ["write", ["a", "latin1"], null],
  ["write", ["a", () => {}], null],
  ["write", ["a", "none"], "ERR_UNKNOWN_ENCODING"],
  ["write", [], "ERR_INVALID_ARG_TYPE"],
  ["write", [() => {}], "ERR_INVALID_ARG_TYPE"],
  ["end", [], null],
  ["end", [null], null],
  ["end", [() => {}], null],
  ["end", ["a", "none"], "ERR_UNKNOWN_ENCODING"],
  ["end", [7], "ERR_INVALID_ARG_TYPE"],
];

for (const [method, args, code] of CHUNKS) {
  test(`F-46 ${method}(${args.map(String).join(", ")}) ${code === null ? "waits" : `throws ${code} at once`}`, () => {
    const response = heldForEver();
    const call = (): unknown => Reflect.apply(response[method], response, args);
    if (code === null) call();
    else assert.throws(call, { name: "TypeError", code });
    assert.equal(response.headersSent, code === null);
  });
}

test("F-46 of a refused answer nothing leaves, and the handler goes on as if it did", async () => {
  const called: string[] = [];
  const heard = await answered(async ({ response, hold, letGo }) => {
    hold();
    response.setHeader("x-secret", "1");
    response.statusMessage = "Secret";
    response.writeHead(201);
    response.write("a", () => called.push("write"));
    await letGo(REFUSED);
    assert.deepEqual(called, ["write"]);
    assert.equal(
      response.write("b", "latin1", () => called.push("again")),
      true,
    );
    assert.equal(
      response.end("c", () => called.push("end")),
      response,
    );
    assert.deepEqual(called, ["write"], "a callback is never called at once");
    await turns();
  });
  assert.deepEqual(called, ["write", "again", "end"]);
  assert.deepEqual([heard.status, heard.message], [503, "Service Unavailable"]);
  assert.deepEqual([heard.headers["x-secret"], heard.cookies], [undefined, ["ours="]]);
  assert.equal(Number(heard.headers["content-length"]), heard.bytes.length);
  assert.equal(JSON.parse(heard.text).code, "ERR_STORE_UNAVAILABLE");
});

test("F-46 who waits for room after a refusal is told to go on", async () => {
  let told = 0;
  await answered(async ({ response, hold, letGo }) => {
    hold();
    response.on("drain", () => told++);
    response.write("a");
    await letGo(REFUSED);
  });
  assert.equal(told, 1);
});

test("F-46 if settling itself fails the connection is cut, and Node knows by what error", async () => {
  const failure = new Error("lost");
  for (const thrown of [failure, "no error"]) {
    const response = new NativeResponse(new IncomingMessage(new Socket()));
    hold(response, () => {
      throw thrown;
    });
    response.end("done");
    await turns();
    assert.equal(response.destroyed, true);
    assert.equal(response.errored, thrown === failure ? failure : undefined);
  }
});
