/** The machine's own clock. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "./system.ts";

test("F-46 the time is the machine's, the steady one is Node's, and the processor's is in milliseconds", () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1_000);
  assert.ok(Math.abs(systemClock.monotonic() - performance.now()) < 1_000);
  const { user, system } = process.cpuUsage();
  const told = systemClock.cpu?.() ?? Number.NaN;
  assert.ok(told >= (user + system) / 1_000 && told < (user + system) / 1_000 + 1_000, `${told}`);
});

test("F-46 who waits is told why no longer, at once also where that was over before", async () => {
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

test("F-46 waiting keeps no process alive", async () => {
  const script = `import { systemClock } from ${JSON.stringify(new URL("system.ts", import.meta.url).href)}; systemClock.sleep(60_000);`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 30_000 });
});
