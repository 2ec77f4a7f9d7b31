import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { processesOf, shares } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-processes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("test runner: a file that touches what its process shares has a process of its own", () => {
  const file = "library/src/core/plan.test.ts";
  assert.equal(shares(file, 'test("a", () => assert.equal(process.platform, "linux"))'), true);
  for (const text of [
    'process.env["A"] = "b"',
    "process.exitCode = 1",
    'process.once("warning", () => {})',
    "globalThis.fetch = undefined",
    'mock.timers.enable({ apis: ["Date"] })',
    'import { spawn } from "node:child_process"',
    'import { runCommand } from "../../test-support/command.ts"',
    "// Own process: it fills the cache of all verdicts.",
  ]) {
    assert.equal(shares(file, text), false, text);
  }
  assert.equal(shares("library/src/client/client.chromium.test.ts", ""), false);
  assert.equal(shares("soak/judge.test.ts", ""), false);
});

test("test runner: each file is in one process, browsers come first, and no process has more than 16 files", () => {
  const small = Array.from({ length: 40 }, (_, index) => `library/src/engine/request/number-${index}.test.ts`);
  const browser = "examples/demo/demo.long.chromium.test.ts";
  const processes = processesOf([...small, "tools/a.test.ts", browser], () => "x".repeat(100));
  assert.deepEqual(processes[0], [browser]);
  assert.deepEqual(processes.flat().toSorted(), [...small, "tools/a.test.ts", browser].toSorted());
  assert.ok(processes.every(({ length }) => length <= 16));
  assert.equal(processes.length, 5);
});

test("test runner: what plays a suite or waits for a cluster starts ahead of what has its size", () => {
  const files = {
    "gateway/src/a.redis-server.test.ts": "x".repeat(100),
    "library/src/b.redis-server.test.ts": `storeSuite("redis", {})${"x".repeat(76)}`,
    "simulation/c.test.ts": `await search(1, 50)${"x".repeat(90)}`,
    "soak/d.test.ts": "x".repeat(100),
  } as const;
  const order = processesOf(Object.keys(files), (path) => Object.entries(files).find(([name]) => name === path)?.[1] ?? "");
  assert.deepEqual(
    order.map(([path]) => path?.split("/").at(-1)?.[0]),
    ["c", "b", "a", "d"],
  );
});

interface Said {
  readonly status: number | null;
  readonly said: string;
}

/** What a run says of these files in one process, or of each in its own. */
function runTogether(texts: { readonly [name: string]: string }, alone = false): Said {
  const files = Object.entries(texts).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, `import { after, before, test } from "node:test";\n${text}`);
    return file;
  });
  const program = join(folder, "program.mjs");
  const runner = JSON.stringify(join(import.meta.dirname, "run-files.ts"));
  writeFileSync(
    program,
    `import { runProcesses } from ${runner};\nawait runProcesses(${JSON.stringify(alone ? files.map((file) => [file]) : [files])});\n`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [program], { env, encoding: "utf8" });
  return { status, said: stdout };
}

test("test runner: files of one process are counted and told one by one", () => {
  const { status, said } = runTogether({ "a.mjs": 'test("one", () => {});', "b.mjs": 'test("two", () => {});' });
  assert.equal(status, 0, said);
  assert.match(said, /^ℹ tests 2$/m);
  assert.match(said, /✔ one .*[\s\S]*✔ two /);
});

test("test runner: a file that changes its process fails by name, and the others are told", () => {
  const { status, said } = runTogether({
    "env.mjs": 'test("one", () => { process.env.LEFT = "behind"; });',
    "other.mjs": 'test("two", () => { throw new Error("a failure of its own"); });',
    "last.mjs": 'test("three", () => {});',
  });
  assert.equal(status, 1);
  assert.match(said, /env\.mjs changes its process/);
  assert.doesNotMatch(said, /last\.mjs changes its process/);
  assert.match(said, /a failure of its own/);
  assert.match(said, /✔ three /);
});

test("test runner: what a file's own hooks change counts, and what they put back does not", () => {
  const { status, said } = runTogether({
    "hook.mjs": 'import { env } from "node:process"; before(() => { env.LEFT = "behind"; }); test("one", () => {});',
    "tidy.mjs": `import { env } from "node:process"; before(() => { env.OWN = "for now"; }); after(() => { delete env.OWN; });
      test("two", () => {});`,
  });
  assert.equal(status, 1);
  assert.match(said, /hook\.mjs changes its process/);
  assert.doesNotMatch(said, /tidy\.mjs changes its process/);
});

test("test runner: a file that ends its process fails the run, and hides no other's tests", () => {
  for (const code of [0, 3]) {
    const { status, said } = runTogether({
      "ends.mjs": `test("one", () => {}); test("two", () => process.exit(${code}));`,
      "hidden.mjs": 'test("three", () => { throw new Error("a failure that was hidden"); });',
    });
    assert.equal(status, 1, said);
    assert.match(said, /2 files shared a process that ended before them/);
    assert.match(said, /a failure that was hidden/);
  }
});

const ENDINGS: readonly (readonly [text: string, why: RegExp])[] = [
  ['test("one", () => {}); process.exit(0);', /ended its process before its tests were over/],
  ['test("one", () => {}); test("two", () => process.exit(0));', /ended its process before its tests were over/],
  ['test("one", () => new Promise(() => {})); setImmediate(() => process.exit(0));', /ended its process before/],
  ['console.log("no test at all");', /told of no test/],
];

for (const [text, why] of ENDINGS) {
  test(`test runner: a file in a process of its own that ends so is noticed: ${text.slice(0, 60)}`, () => {
    const { status, said } = runTogether({ "alone.test.mjs": text, "other.test.mjs": 'test("other", () => {});' }, true);
    assert.match(said, why);
    assert.equal(status, 1, said);
    assert.match(said, /✔ other/);
  });
}

test("test runner: tests of a file in a process of its own may be written in another, or within suites", () => {
  writeFileSync(
    join(folder, "suite.mjs"),
    'import { test } from "node:test"; export const all = () => test("shared", () => {});',
  );
  const { status, said } = runTogether(
    {
      "of-another.test.mjs": 'import { all } from "./suite.mjs"; all();',
      "nested.test.mjs": 'import { suite } from "node:test"; suite("outer", () => { test("inner", () => {}); });',
    },
    true,
  );
  assert.equal(status, 0, said);
  assert.match(said, /✔ shared[\s\S]*✔ inner|✔ inner[\s\S]*✔ shared/);
});

test("test runner: what a test starts by itself may end as it likes", () => {
  const forked = `import { fork } from "node:child_process"; import { once } from "node:events"; import { writeFileSync } from "node:fs";
    const child = import.meta.filename.replace("forks", "forked"); writeFileSync(child, "process.exit(0);");
    test("one", async () => { const [code] = await once(fork(child), "exit"); if (code !== 0) throw new Error("noticed"); });`;
  const { status, said } = runTogether({ "forks.test.mjs": forked }, true);
  assert.equal(status, 0, said);
});

test("test runner: a file that cannot be imported fails at once, whatever it left open", () => {
  const { status, said } = runTogether({
    "broken.mjs": 'import { createServer } from "node:http"; createServer().listen(0); throw new Error("no module");',
    "whole.mjs": 'test("two", () => {});',
  });
  assert.equal(status, 1);
  assert.match(said, /✖ .*broken\.mjs/);
  assert.match(said, /✔ two /);
});
