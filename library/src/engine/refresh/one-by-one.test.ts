import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import { systemClock } from "../system.ts";
import { OneByOne } from "./one-by-one.ts";

/** Rounds of an event loop that come when the test says so. */
function rounds() {
  const asked: PromiseWithResolvers<void>[] = [];
  const clock = {
    yield: (): Promise<void> => {
      const round = Promise.withResolvers<void>();
      asked.push(round);
      return round.promise;
    },
  };
  return { asked, line: new OneByOne(clock) };
}

test("F-71 work that comes together goes on one a round, in order; none asks for a round before its turn", async () => {
  const { asked, line } = rounds();
  const gone: number[] = [];
  for (const work of [0, 1, 2]) void line.next().then(() => gone.push(work));
  for (const round of [0, 1, 2]) {
    await turns();
    assert.deepEqual([asked.length, gone.length], [round + 1, round]);
    asked[round]?.resolve();
  }
  await turns();
  assert.deepEqual(gone, [0, 1, 2]);
});

test("F-71 a round that fails, or a clock that throws, delays no later caller and loses no turn", async () => {
  const { asked, line } = rounds();
  const first = line.next();
  await turns();
  asked[0]?.reject(new Error("no round"));
  await first;
  const second = line.next();
  await turns();
  asked[1]?.resolve();
  await second;
  const broken = new OneByOne({
    yield: () => {
      throw new Error("no rounds at all");
    },
  });
  await broken.next();
  await broken.next();
});

test("F-71 without a clock that yields all work goes on at once", async () => {
  const line = new OneByOne({});
  let gone = false;
  void line.next().then(() => {
    gone = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(gone, true);
});

test("F-71 between two works the machine's own clock looks after what else waits", async () => {
  const line = new OneByOne(systemClock);
  const order: string[] = [];
  const works = ["first", "second", "third"].map((work) => line.next().then(() => order.push(work)));
  const others = new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      order.push("a message");
      port1.close();
      resolve();
    };
    port2.postMessage("");
  });
  await Promise.all([...works, others]);
  assert.ok(order.indexOf("a message") < order.indexOf("third"), order.join(", "));
});
