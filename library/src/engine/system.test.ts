/** The machine's own clock. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "./system.ts";

test("F-46 the time is the machine's, the steady one is Node's, and the processor's is in milliseconds", () => {
  const used = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  for (const [told, known] of [
    [systemClock.now, Date.now],
    [systemClock.monotonic, () => performance.now()],
    [() => systemClock.cpu?.() ?? Number.NaN, used],
  ] as const) {
    const times = [known(), told(), known()];
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  }
});

test("F-46 who waits is told why no longer, at once also if that was over before", async () => {
  const why = new Error("no longer");
  const over = new AbortController();
  over.abort(why);
  await assert.rejects(systemClock.sleep(60_000, over.signal), why);
  const later = new AbortController();
  const waiting = systemClock.sleep(60_000, later.signal);
  later.abort(why);
  await assert.rejects(waiting, why);
  await systemClock.sleep(1);
});

test("F-46 a wait that is done leaves nothing behind at its signal", async () => {
  const { signal } = new AbortController();
  await Promise.all([systemClock.sleep(1, signal), systemClock.sleep(2, signal)]);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("F-46 a wait that is called off leaves no timer behind", async (context) => {
  const cleared = context.mock.method(globalThis, "clearTimeout");
  const leaving = new AbortController();
  const waiting = systemClock.sleep(60_000, leaving.signal);
  leaving.abort(new Error("no longer"));
  await assert.rejects(waiting);
  assert.equal(cleared.mock.callCount(), 1);
});

test("F-46 waiting keeps no process alive", async () => {
  const script = `import { systemClock } from ${JSON.stringify(new URL("system.ts", import.meta.url).href)}; systemClock.sleep(60_000);`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 30_000 });
});

test("S-50 a script that only waits for a sweep lives until it is done", async () => {
  const module = JSON.stringify(new URL("../index.ts", import.meta.url));
  const script = `
    import { coatcheck } from ${module};
    let left = 3;
    const store = {
      name: "few", capabilities: { shared: false, durable: false, watch: false },
      sweep: (limit) => (left-- > 0 ? limit : 0),
    };
    const secrets = "${randomBytes(32).toString("base64url")}";
    const { deleted } = await coatcheck({ publicUrl: "https://app.example.com", secrets, store }).sweep();
    console.log(deleted > 250);
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=coatcheck-source", "--input-type=module", "--eval", script],
    { timeout: 30_000 },
  );
  assert.equal(stdout, "true\n");
});
