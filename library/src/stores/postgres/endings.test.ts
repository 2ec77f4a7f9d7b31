import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { type TestContext, test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { Endings } from "./endings.ts";

/** A connection that does as the test says. */
class Connection extends EventEmitter {
  readonly asked: string[] = [];
  ended = 0;
  silent = false;
  readonly connects: boolean;

  constructor(connects: boolean) {
    super();
    this.connects = connects;
  }

  async connect(): Promise<void> {
    if (!this.connects) throw new Error("ECONNREFUSED");
  }

  async query(text: string): Promise<void> {
    this.asked.push(text);
    if (this.silent) await new Promise(() => undefined);
  }

  async end(): Promise<void> {
    this.ended += 1;
    this.emit("end");
  }
}

/** What listens on connections that connect or not, one after the other; timers go when the test says so. */
async function listening(context: TestContext, connects: readonly boolean[]) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 1);
  const made: Connection[] = [];
  const endings = new Endings({
    channel: "c",
    timeout: 1_000,
    listen() {
      const connection = new Connection(connects[made.length] ?? true);
      made.push(connection);
      return connection;
    },
  });
  const told: string[] = [];
  const stop = endings.watch(
    ({ id, reason }) => told.push(`${id}=${reason}`),
    () => told.push("gap"),
  );
  await endings.open();
  const passes = async (time: number): Promise<void> => {
    context.mock.timers.tick(time);
    await turns(2);
  };
  return { endings, made, told, stop, passes };
}

test("endings are told by id and reason; reasons of a newer release are not, nor what is no ending", async (context) => {
  const { made, told, stop, endings } = await listening(context, []);
  const [connection] = made;
  assert.deepEqual(connection?.asked, ['LISTEN "c"']);
  for (const payload of ["a logout", "b c admin", "d bored", "", "e", "f  idle"]) connection?.emit("notification", { payload });
  connection?.emit("notification", {});
  assert.deepEqual(told, ["gap", "a=logout", "b c=admin", "f =idle"]);
  stop();
  connection?.emit("notification", { payload: "g logout" });
  assert.equal(told.length, 4);
  await endings.close();
  assert.equal(connection?.ended, 1);
});

test("a connection that is not there or lost is opened again after growing pauses; a gap is told", async (context) => {
  const { made, told, passes } = await listening(context, [false, false, true]);
  assert.deepEqual([made.length, told], [1, []]);
  await passes(99);
  assert.equal(made.length, 1);
  await passes(1);
  assert.equal(made.length, 2);
  await passes(199);
  assert.equal(made.length, 2);
  await passes(1);
  assert.deepEqual([made.length, told], [3, ["gap"]]);
  made[2]?.emit("error", new Error("cut"));
  made[2]?.emit("end");
  await passes(100);
  assert.deepEqual([made.length, told], [4, ["gap", "gap"]]);
  made[2]?.emit("notification", { payload: "a logout" });
  assert.deepEqual(
    made.slice(0, 3).map(({ ended }) => ended),
    [1, 1, 1],
  );
});

test("a connection that cannot be made, by a function that throws, is tried again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const listen = (): Connection => {
    asked += 1;
    if (asked < 3) throw new Error("no such file");
    return new Connection(true);
  };
  const endings = new Endings({ channel: "c", timeout: 1_000, listen });
  const told: string[] = [];
  endings.watch(
    () => undefined,
    () => told.push("gap"),
  );
  await endings.open();
  for (const pause of [100, 200]) {
    context.mock.timers.tick(pause);
    await turns(2);
  }
  assert.deepEqual([asked, told], [3, ["gap"]]);
  await endings.close();
});

test("a connection that grew silent is noticed, and one that answers is left alone", async (context) => {
  const { made, told, passes, endings } = await listening(context, []);
  await passes(10_000);
  await passes(10_000);
  assert.deepEqual([made.length, made[0]?.asked], [1, ['LISTEN "c"', "SELECT 1", "SELECT 1"]]);
  Object.assign(made[0] ?? {}, { silent: true });
  await passes(10_000);
  await passes(1_000);
  await passes(100);
  assert.deepEqual([made.length, told], [2, ["gap", "gap"]]);
  await endings.close();
  await passes(60_000);
  assert.equal(made.length, 2);
});

test("a closed one opens nothing again, also if its connection is lost at that moment", async (context) => {
  const { made, passes, endings } = await listening(context, [false]);
  await endings.close();
  await passes(60_000);
  assert.equal(made.length, 1);
  await endings.open();
  assert.equal(made.length, 1);
});
