/** The event loop, in turns: what waits for promises alone has happened after some, however busy the machine is. */

/** Lets so many turns of the event loop pass. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
