import assert from "node:assert/strict";
import { Session } from "node:inspector/promises";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { ran } from "./coverage.ts";
import { applied, mutantsOf, reachedAt } from "./mutants.ts";
import { drawn, type Found, report } from "./score.ts";

/** The changed programs, without the types and with single spaces. */
const changed = (source: string): readonly string[] =>
  mutantsOf(source).map((mutant) => (applied(source, mutant) ?? "invalid").replace(/\s+/g, " ").trim());

test("each operator makes the change that it is named for", () => {
  assert.deepEqual(changed("f(a === b);"), [";", "f(a !== b);"]);
  assert.deepEqual(changed("const x = a && !b;"), ["const x = a || !b;", "const x = a && b;"]);
  assert.deepEqual(changed("const x = n < 1;"), ["const x = n <= 1;", "const x = n < 2;"]);
  assert.deepEqual(changed("if (a) b();"), ["if (true) b();", "if (false) b();", "if (a) ;"]);
  assert.deepEqual(changed("throw e;"), [";"]);
  assert.deepEqual(changed("this.#x = y;"), [";"]);
  assert.deepEqual(changed("class A { f() { x = y; } }"), ["class A { f() { ; } }"]);
  assert.deepEqual(changed("const x = list.some(y);"), ["const x = list.every(y);"]);
  assert.deepEqual(changed("const PAUSE = 200; const x = 200;"), [
    "const PAUSE = 400; const x = 200;",
    "const PAUSE = 200; const x = 201;",
  ]);
  assert.deepEqual(changed('const x = "";'), ['const x = "mutant";']);
});

test("types, names, signs and prose are left alone", () => {
  for (const source of [
    'type A = "a" | "b"; let x: Map<string, 1>;',
    'import { a } from "b";',
    "interface A { readonly true: boolean }",
    "const x = { true: y };",
    "const x = a.some;",
    "const x = -y;",
    'const x = "This is said to people.";',
    "class A { readonly #x = y; }",
    "class A extends B.C { get a() { return [{}]; } x = y; }",
    "const x = (a: string): boolean => y;",
  ])
    assert.deepEqual(changed(source), [], source);
});

test("what is no program is told from one", () => {
  assert.equal(applied("const a = b ?? (c || d);", { start: 12, end: 14, replacement: "|| ??" }), null);
});

test("a place ran if its narrowest range did, in any process", () => {
  const module = [[0, 100, true]] as const;
  const dead = [[10, 50, false]] as const;
  const branch = [
    [60, 90, true],
    [70, 80, false],
  ] as const;
  const functions = [module, dead, branch];
  assert.deepEqual(
    [5, 20, 65, 75, 85].map((place) => ran(functions, place)),
    [true, false, true, false, true],
  );
  assert.equal(ran([...functions, [[10, 50, true]]], 20), true);
  assert.equal(ran([], 5), false);
});

test("whoever comes to the left side of && || ?? is asked about it, though V8 counts it to the right side", async () => {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    for (const source of ["const f = (a) => a ?? 1; f(2);", "const f = (a) => a || 1; f(2);", "const f = (a) => a && 1; f(0);"]) {
      runInNewContext(source, {}, { filename: "operator.js" });
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const { functions } = result.findLast(({ url }) => url === "operator.js") ?? assert.fail("not covered");
      const ranges = functions.map((one) =>
        one.ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count > 0] as const),
      );
      const [mutant = assert.fail("no mutant")] = mutantsOf(source).filter(({ operator }) => operator === "logic");
      assert.deepEqual([ran(ranges, mutant.start), ran(ranges, reachedAt(mutant))], [false, true], source);
    }
  } finally {
    session.disconnect();
  }
});

test("a seed draws the same mutants, from everywhere", () => {
  const items = Array.from({ length: 100 }, (_, index) => index);
  assert.deepEqual(drawn(items, 10, 1), drawn(items, 10, 1));
  assert.notDeepEqual(drawn(items, 10, 1), drawn(items, 10, 2));
  assert.equal(new Set(drawn(items, 10, 1)).size, 10);
  assert.deepEqual(drawn(items, 10, 1).slice(0, 5), drawn(items, 5, 1));
});

test("the score counts what nobody noticed, and names it", () => {
  const area = { name: "core", folder: "a/", goal: 0.5, isTest: () => true };
  const found: Found = {
    path: "a/b.ts",
    start: 0,
    end: 3,
    line: 7,
    operator: "equality",
    replacement: "!==",
    was: "===",
    text: "a === b",
    fate: "survived",
  };
  const { text, holds } = report(area, [found, { ...found, fate: "killed" }, { ...found, fate: "uncovered" }]);
  assert.equal(holds, false);
  assert.match(text, /a\/b\.ts:7 {2}equality "===" → "!=="/);
  assert.match(text, /no test comes here/);
  assert.match(text, /mutants 3, killed 1 \(0 that did not end\), lived 2, score 33\.3 %, goal 50\.0 %$/);
});
