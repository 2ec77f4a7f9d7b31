import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../../tools/suite/free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { ask, type Listening, listenOn } from "../../test-support/talk.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

let folder: TemporaryFolder;
/** A provider that takes connections and never answers. */
let silent: Listening;
const children: ChildProcess[] = [];
before(async () => {
  folder = temporaryFolder("signals");
  silent = await listenOn(() => {});
});
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await silent[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Started {
  readonly child: ChildProcess;
  readonly adminPort: number;
  /** All that it wrote so far. */
  written(): string;
}

/** Starts the command, and answers as soon as its admin listener does. */
async function serve(more: { readonly [name: string]: string } = {}): Promise<Started> {
  const adminPort = await freePort();
  const env = {
    ...process.env,
    COATCHECK_SECRET: randomBytes(32).toString("base64url"),
    COATCHECK_PUBLIC_URL: "http://localhost:4180",
    COATCHECK_LISTEN: "127.0.0.1:0",
    COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    COATCHECK_STORE: "memory:",
    COATCHECK_ISSUER: `http://127.0.0.1:${silent.port}`,
    COATCHECK_CLIENT_ID: "app",
    COATCHECK_CLIENT_SECRET: "s",
    ...more,
  };
  const child = spawn(process.execPath, [MAIN, "serve"], { cwd: folder.path, env, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += String(chunk)));
  const started = { child, adminPort, written: () => text };
  await until(() => isLive(started));
  return started;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never came");
}

const isLive = ({ adminPort }: { adminPort: number }): Promise<boolean> =>
  ask(adminPort, "/health/live", { headers: { host: "localhost" } }).then(
    ({ status }) => status === 200,
    () => false,
  );

async function exitOf(child: ChildProcess, signal: NodeJS.Signals): Promise<{ readonly code: unknown; readonly took: number }> {
  const began = performance.now();
  const exit = once(child, "exit");
  child.kill(signal);
  const [code] = await exit;
  return { code, took: performance.now() - began };
}

/** Stops one that waits to introduce itself, which it does for a second and a half: how long the stop took. */
async function stopEarly(): Promise<number> {
  const { child, written } = await serve();
  if (/listening/.test(written())) return Number.POSITIVE_INFINITY;
  const { code, took } = await exitOf(child, "SIGTERM");
  assert.equal(code, 0);
  return took;
}

test("F-10 SIGTERM while the provider is still looked for stops at once", async () => {
  // One that waits all the same waits each time. A machine that lets it stand still, or this process, does not do so
  // each time.
  const took: number[] = [];
  while (took.length < 20 && !took.some((time) => time < 1_000)) took.push(await stopEarly());
  assert.ok(
    took.some((time) => time < 1_000),
    `${took.join(", ")} ms`,
  );
});

const SHARED = { COATCHECK_WORKERS: "2", COATCHECK_STORE: "sqlite:signals.db" };
for (const [name, more, heard] of [
  ["one process", {}, 1],
  ["workers", SHARED, 3],
] as const) {
  test(`F-09 SIGHUP is ignored and said so: ${name}`, async () => {
    const started = await serve(more);
    const said = (): number => started.written().split("SIGHUP is ignored").length - 1;
    started.child.kill("SIGHUP");
    await until(() => said() === 1);
    for (const pid of workersOf(started.child)) process.kill(pid, "SIGHUP");
    await until(() => said() === heard);
    assert.ok(await isLive(started));
    assert.equal((await exitOf(started.child, "SIGTERM")).code, 0);
  });
}

/** The processes that it started. */
function workersOf({ pid }: ChildProcess): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
