import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "./calls.ts";
import type { Commander, RedisCommand } from "./clients/commander.ts";
import { byDisks, byReplicas, ConfirmedWrites } from "./confirmed-writes.ts";
import { MARK } from "./scripts.ts";

type Answer = (command: RedisCommand) => unknown;

/** A cluster that answers as the test says, by master, and notes what was sent over which connection. */
function played(answer: (master: string) => Answer, masterOf: (key: string) => string = () => "a") {
  const sent: string[] = [];
  const batches: number[] = [];
  let opened = 0;
  const commander: Commander = {
    kind: "cluster",
    masterOf,
    masters: () => ["a", "b"],
    ask: () => Promise.reject(new Error("nothing is asked")),
    async send(_, [name]) {
      sent.push(`client ${name}`);
    },
    open(master) {
      const connection = `${master}${++opened}`;
      return {
        async pipeline(commands) {
          batches.push(commands.length);
          sent.push(
            ...commands.map(([name, ...args]) => `${connection} ${name} ${name.startsWith("EVAL") ? "" : args.join(" ")}`.trim()),
          );
          return commands.map((command) => answer(master)(command));
        },
        subscribe: () => Promise.reject(new Error("nobody listens")),
        close: () => sent.push(`${connection} closed`),
      };
    },
  };
  return { commander, sent, batches };
}

const set = (key: string): Call => ({ run: "SET", key, args: ["v"] });
const TWO: Answer = ([name]) => (name === "WAIT" ? 2 : "OK");
const UNAVAILABLE = { code: "ERR_STORE_UNAVAILABLE" };

test("SE-12 writes of one turn share a confirmation behind them, on one connection of their master", async () => {
  const { commander, sent } = played(
    () => TWO,
    (key) => (key === "z" ? "b" : "a"),
  );
  const writes = new ConfirmedWrites(commander, byReplicas(2, 100));
  assert.deepEqual(await Promise.all(["x", "y", "z"].map((key) => writes.write(set(key)))), ["OK", "OK", "OK"]);
  assert.deepEqual(sent, ["a1 SET x v", "a1 SET y v", "a1 WAIT 2 100", "b2 SET z v", "b2 WAIT 2 100"]);
});

test("SE-12 fewer replicas than asked for are an outage, for each write of the batch", async () => {
  const { commander } = played(() => TWO);
  const writes = new ConfirmedWrites(commander, byReplicas(3, 100));
  for (const one of [writes.write(set("x")), writes.write(set("y"))]) await assert.rejects(one, UNAVAILABLE);
});

test("SE-12 what comes while a confirmation is awaited goes out together with the next", async () => {
  const { commander, batches } = played(() => TWO);
  const writes = new ConfirmedWrites(commander, byReplicas(1, 100));
  const first = writes.write(set("0"));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([first, ...Array.from({ length: 300 }, (_, n) => writes.write(set(`${n + 1}`)))]);
  assert.deepEqual(batches, [2, 257, 45]);
});

test("SE-12 MOVED and ASK lead write and confirmation to the other master, together", async () => {
  for (const [error, expected] of [
    ["MOVED 1 b", ["b2 SET x v", "b2 WAIT 1 100"]],
    ["ASK 1 b", ["b2 ASKING", "b2 SET x v", "b2 WAIT 1 100"]],
  ] as const) {
    const { commander, sent } = played(
      (master) => (command) => (master === "a" && command[0] === "SET" ? new Error(error) : TWO(command)),
    );
    assert.equal(await new ConfirmedWrites(commander, byReplicas(1, 100)).write(set("x")), "OK");
    assert.deepEqual(sent, ["a1 SET x v", "a1 WAIT 1 100", "client EXISTS", ...expected]);
  }
});

test("a redirection that never ends is an outage", async () => {
  const { commander, sent } = played(
    (master) =>
      ([name]) =>
        name === "WAIT" ? 1 : new Error(`MOVED 1 ${master === "a" ? "b" : "a"}`),
  );
  await assert.rejects(new ConfirmedWrites(commander, byReplicas(1, 100)).write(set("x")), UNAVAILABLE);
  assert.equal(sent.filter((one) => one.includes("SET")).length, 6);
});

test("a script that the master does not know is sent whole, and confirmed then", async () => {
  const { commander, sent } = played(
    () =>
      ([name]) =>
        name === "WAIT" ? 1 : name === "EVALSHA" ? new Error("NOSCRIPT none") : 1,
  );
  const writes = new ConfirmedWrites(commander, byReplicas(1, 100));
  assert.equal(await writes.write({ run: MARK, key: "x", args: [] }), 1);
  assert.deepEqual(sent, ["a1 EVALSHA", "a1 WAIT 1 100", "a1 EVAL", "a1 WAIT 1 100"]);
});

test("SE-16 a lost connection fails its batch, and the next write makes another one", async () => {
  let lost = true;
  const { commander, sent } = played(() => (command) => {
    if (!lost) return TWO(command);
    throw new Error("Socket closed");
  });
  const writes = new ConfirmedWrites(commander, byReplicas(1, 100));
  await assert.rejects(writes.write(set("x")), /Socket closed/);
  lost = false;
  assert.equal(await writes.write(set("x")), "OK");
  assert.deepEqual(sent.filter((one) => one.includes("closed") || one.includes("WAIT")).slice(-2), [
    "a1 closed",
    "a2 WAIT 1 100",
  ]);
  writes.close();
  await assert.rejects(writes.write(set("x")), /The store is closed/);
});

test("SE-12 durability in full counts a write when it is on the server's disk and on those of replicas", async () => {
  for (const [disks, isDone] of [
    [[1, 1], true],
    [[1, 2], true],
    [[0, 1], false],
    [[1, 0], false],
  ] as const) {
    const { commander, sent } = played(
      () =>
        ([name]) =>
          name === "WAITAOF" ? disks : "OK",
    );
    const written = new ConfirmedWrites(commander, byDisks(1, 100)).write(set("x"));
    if (isDone) assert.equal(await written, "OK");
    else await assert.rejects(written, UNAVAILABLE);
    assert.equal(sent[1], "a1 WAITAOF 1 1 100");
  }
});

test("SE-16 a master that never answers holds up one batch, and the next one goes over another connection", async () => {
  const { commander, sent } = played(() => TWO);
  const { open } = commander;
  let silent = true;
  const { promise: never } = Promise.withResolvers<readonly unknown[]>();
  commander.open = (master) => ({ ...open(master), ...(silent && { pipeline: () => never }) });
  const writes = new ConfirmedWrites(commander, byReplicas(1, 100), 1);
  await assert.rejects(writes.write(set("x")), { ...UNAVAILABLE, message: "Redis did not answer a write within 1 ms." });
  silent = false;
  assert.equal(await writes.write(set("y")), "OK");
  assert.deepEqual(sent, ["a1 closed", "a2 SET y v", "a2 WAIT 1 100"]);
});
