import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import type { Environment } from "../../../test-support/command.ts";
import { Command, OFFLINE } from "../../../test-support/command.ts";

/** A mistake in the gateway, on demand: a promise that is never awaited, or something thrown out of nowhere. */
const MISTAKES = `process.on("SIGUSR2", () => void Promise.reject(new TypeError("a-canary")));
process.on("SIGHUP", () => { throw new TypeError("a-canary"); });`;
const folder = temporaryFolder("faults");
const imports = [folder.write("mistakes.mjs", MISTAKES)];
after(() => folder[Symbol.dispose]());

const start = (more: Environment = {}): Command => new Command(["serve"], { environment: { ...OFFLINE, ...more }, imports });

test("F-01 an unhandled rejection is a line at error and a count, and the process goes on", async () => {
  await using gateway = start();
  const url = `http://127.0.0.1:${(await gateway.introduced()).admin}`;
  for (const _ of [1, 2]) gateway.child.kill("SIGUSR2");
  await gateway.until(/"level":"error"[^\n]*"event":"process.unhandled-rejection"/);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /coatcheck_notices_total\{notice="process.unhandled-rejection"\} [12]/);
  assert.equal((await fetch(`${url}/health/live`)).status, 200);
  assert.doesNotMatch(gateway.out, /a-canary/, "what strangers' errors say is never logged");
  assert.equal((await gateway.stop()).code, 0);
});

test("F-01 an uncaught exception stops the process in good order, with 1", async () => {
  await using gateway = start();
  await gateway.introduced();
  assert.equal((await gateway.stop("SIGHUP")).code, 1);
  assert.match(gateway.out, /"level":"error"[^\n]*"event":"process.uncaught-exception"/);
});

test("F-01 a worker that ends so is started again", async () => {
  await using gateway = start({ COATCHECK_WORKERS: "2", COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}` });
  await gateway.introduced();
  const { pid } = gateway;
  const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  process.kill(Number(worker), "SIGHUP");
  await gateway.until(/"event":"worker.exited","reason":"exit [01]"/);
  assert.equal((await gateway.stop()).code, 0);
});
