import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { soakFuzz } from "./fuzz.ts";

/** A few calm connections against a gateway with something planted in its process. */
async function runWith(planted: string): Promise<{ readonly holds: boolean; readonly text: string }> {
  using folder = temporaryFolder("planted");
  const plant = folder.write("plant.mjs", planted);
  const lines: string[] = [];
  const print = (text: string): void => void lines.push(text);
  const holds = await soakFuzz({
    requests: 30,
    seed: 3,
    from: 0,
    connections: 10,
    signal: new AbortController().signal,
    print,
    plants: [plant],
    keepIn: folder.path,
  });
  return { holds, text: lines.join("\n") };
}

/** Does something when the first request for the app comes in. */
const atFirst = (what: string): string => `
  import { Server } from "node:http";
  const { emit } = Server.prototype;
  let planted = false;
  Server.prototype.emit = function (name, ...given) {
    if (!planted && name === "request" && given[0].url.startsWith("/calm")) { planted = true; ${what} }
    return emit.call(this, name, ...given);
  };
`;

test("a planted crash is caught, and the gateway is started again", async () => {
  const { holds, text } = await runWith(atFirst("process.exit(1);"));
  assert.equal(holds, false);
  assert.match(text, /the gateway ended by itself/);
  assert.match(text, /soak fuzz: requests \d+, connections \d+, ended [1-9]/);
});

test("a planted rejection without a handler is caught, though the process lives", async () => {
  const { holds, text } = await runWith(
    `process.on("unhandledRejection", () => {});${atFirst('Promise.reject(new Error("planted"));')}`,
  );
  assert.equal(holds, false);
  assert.match(text, /unhandledRejection: Error: planted/);
  assert.match(text, /unhandled [1-9]/);
});

test("planted answers of other requests are caught", async () => {
  const { holds, text } = await runWith(`
    import net from "node:net";
    const { write } = net.Socket.prototype;
    net.Socket.prototype.write = function (chunk, ...rest) {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
      if (!text.startsWith("HTTP/1.1") || !text.includes("x-fuzz-id: ")) return write.call(this, chunk, ...rest);
      return write.call(this, Buffer.from(text.replace(/x-fuzz-id: \\S+/, "x-fuzz-id: evil"), "latin1"), ...rest.filter((one) => typeof one === "function"));
    };
  `);
  assert.equal(holds, false);
  assert.match(text, /foreign: \S+ the answer is that of evil/);
  assert.match(text, /again: npm run soak -- fuzz --seed 3 --from \d+ --connections 1/);
  const kept = /kept: (\S+foreign-\d+\.txt)/.exec(text)?.[1] ?? "";
  assert.ok(kept !== "", text);
});
