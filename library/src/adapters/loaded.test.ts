import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Loads an entry in a process of its own, and says which modules of Node that took. */
const PROGRAM = `
  import { registerHooks } from "node:module";
  const loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.startsWith("node:")) loaded.add(found.url);
      return found;
    },
  });
  await import(process.argv[1]);
  console.log(JSON.stringify([...loaded].sort()));
`;

function modulesOf(entry: string): unknown {
  const options = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const { stdout, stderr } = spawnSync(process.execPath, [...options, "-e", PROGRAM, import.meta.resolve(entry)], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

test("the adapters for Fetch and Hono load no module of Node's, as workers have few of them", () => {
  assert.deepEqual(modulesOf("coatcheck/fetch"), []);
  assert.deepEqual(modulesOf("coatcheck/hono"), []);
});

test("what is loaded is seen: the adapter for node:http loads that", () => {
  const modules = modulesOf("coatcheck/node");
  assert.ok(Array.isArray(modules) && modules.includes("node:http"), String(modules));
});

test("the library itself loads what workers offer too, and no server of Node's but for calls to providers", () => {
  const offered = ["async_hooks", "buffer", "crypto", "diagnostics_channel", "timers/promises", "url", "zlib"];
  const calls = ["http", "https"];
  assert.deepEqual(
    modulesOf("coatcheck"),
    [...offered, ...calls].sort().map((name) => `node:${name}`),
  );
});
