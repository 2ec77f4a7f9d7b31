/** The event loop, in turns: what waits for promises alone has happened after some, however busy the machine is. */
import assert from "node:assert/strict";

/** Longer than anything takes on a busy machine, milliseconds. */
const LONGEST = 60_000;

/** Lets so many turns of the event loop pass. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns of the event loop until this holds, for what comes over sockets. Fails after a minute. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `it never came to that: ${holds}`);
    await turns();
  }
}
