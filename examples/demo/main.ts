/**
 * The demo: a development OpenID provider with two people, an Express app, and the gateway in front. `--check` signs in
 * by itself, proves that signing out kills a copied cookie, and stops. `--folder FOLDER` keeps keys, sessions and log
 * elsewhere than in `.demo`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { ANY_PORTS, startDemo, USUAL_PORTS } from "./demo.ts";

const USUAL_FOLDER = join(import.meta.dirname, "../../.demo");

const PARENT = process.ppid;

/** Runs until it is stopped, or the gateway dies. */
async function run(folder: string): Promise<void> {
  const stop = Promise.withResolvers<void>();
  const watch = setInterval(() => {
    // A signal to the process of `npm start` ends npm alone; the demo is then another's child.
    if (process.ppid !== PARENT) stop.resolve();
  }, 500);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.resolve());
  const demo = await startDemo(folder, USUAL_PORTS);
  console.log(`Open ${demo.url} and sign in as alice or bob. Log: ${relative(".", demo.gateway.log)}. Ctrl-C stops it all.`);
  const words = await Promise.race([stop.promise, demo.gateway.died]);
  if (words !== undefined) {
    console.error(`the gateway stopped by itself:\n${words}`);
    process.exitCode = 1;
  }
  clearInterval(watch);
  await demo.close();
}

async function proveAndStop(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-demo-"));
  try {
    const demo = await startDemo(folder, ANY_PORTS);
    console.log("ok    provider, app and gateway started");
    const well = await check(demo, (line) => console.log(line));
    if (!well) console.log(`the gateway said last:\n${demo.gateway.lastWords()}`);
    await demo.close();
    console.log(well ? "ok    everything stopped" : "the demo does not do what it should");
    if (!well) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, folder: { type: "string", default: USUAL_FOLDER } },
  });
  await (values.check ? proveAndStop() : run(resolve(values.folder)));
} catch (error) {
  console.error(`the demo could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
