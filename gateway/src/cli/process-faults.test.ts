import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";

const MAIN = join(import.meta.dirname, "../main.ts");
/** A mistake in the gateway, on demand: a promise that nobody waits for, or something thrown out of nowhere. */
const MISTAKES = `process.on("SIGUSR2", () => void Promise.reject(new TypeError("a-canary")));
process.on("SIGHUP", () => { throw new TypeError("a-canary"); });`;
const folder = temporaryFolder("faults");
folder.write("mistakes.mjs", MISTAKES);
after(() => folder[Symbol.dispose]());

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly admin: string;
  /** What it said until now. */
  readonly out: () => string;
  until(what: RegExp): Promise<void>;
}

async function serve(more: { readonly [name: string]: string } = {}): Promise<Running> {
  const child = spawn(
    process.execPath,
    ["--import", folder.file("mistakes.mjs"), "--conditions=coatcheck-source", MAIN, "serve"],
    {
      env: {
        ...process.env,
        COATCHECK_SECRET: randomBytes(32).toString("base64url"),
        COATCHECK_PUBLIC_URL: "http://localhost:4180",
        COATCHECK_ISSUER: "http://127.0.0.1:9",
        COATCHECK_CLIENT_ID: "app",
        COATCHECK_CLIENT_SECRET: "secret",
        COATCHECK_LISTEN: "127.0.0.1:0",
        COATCHECK_ADMIN_LISTEN: "127.0.0.1:0",
        COATCHECK_STORE: "memory:",
        ...more,
      },
    },
  );
  const { stdout, stderr } = child;
  let said = "";
  for (const stream of [stdout, stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const until = async (what: RegExp): Promise<void> => {
    for (let tries = 0; !what.test(said); tries++) {
      if (child.exitCode !== null || tries > 2_500) throw new Error(said.slice(-2_000));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until(/admin\s+http:\/\/127/);
  return {
    child,
    admin: /admin\s+(http:\/\/[^\s]+)/.exec(said)?.[1] ?? "",
    out: () => said,
    until,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "close");
      }
    },
  };
}

test("F-01 an unhandled rejection is a line at error and a count, and the process goes on", async () => {
  await using gateway = await serve();
  for (const _ of [1, 2]) gateway.child.kill("SIGUSR2");
  await gateway.until(/"level":"error"[^\n]*"event":"process.unhandled-rejection"/);
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  assert.match(metrics, /coatcheck_notices_total\{notice="process.unhandled-rejection"\} [12]/);
  assert.equal((await fetch(`${gateway.admin}/health/live`)).status, 200);
  assert.doesNotMatch(gateway.out(), /a-canary/, "what strangers' errors say is never logged");
  gateway.child.kill("SIGTERM");
  assert.deepEqual(await once(gateway.child, "close"), [0, null]);
});

test("F-01 an uncaught exception stops the process in good order, with 1", async () => {
  await using gateway = await serve();
  gateway.child.kill("SIGHUP");
  assert.deepEqual(await once(gateway.child, "close"), [1, null]);
  assert.match(gateway.out(), /"level":"error"[^\n]*"event":"process.uncaught-exception"/);
});

test("F-01 a worker that ends so is started again", async () => {
  await using gateway = await serve({ COATCHECK_WORKERS: "2", COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}` });
  const { pid = 0 } = gateway.child;
  const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  process.kill(Number(worker), "SIGHUP");
  await gateway.until(/"event":"worker.exited","reason":"exit [01]"/);
  gateway.child.kill("SIGTERM");
  assert.deepEqual(await once(gateway.child, "close"), [0, null]);
});
