import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "./anchors.ts";
import { broken } from "./break.ts";
import type { Mutant } from "./mutant.ts";
import { dropped, never, oneAt, to } from "./mutant.ts";
import { strangeNames } from "./names.ts";
import type { Part } from "./parts.ts";
import {
  argument,
  body,
  condition,
  consequence,
  element,
  literal,
  method,
  operand,
  otherwise,
  property,
  receiver,
  target,
  value,
} from "./parts.ts";

const URL = "file:///engine/a.ts";

/** What becomes of a statement that is anchored. */
function becomes(statement: string, at: readonly Part[], becomes = to("X")): string {
  const source = sourceOf(URL, `before();\n// mutant: here\n${statement}\nafter();\n`);
  const text = broken(oneAt("m", "here", "", at, becomes), [source]).get(URL) ?? "";
  return text.slice("before();\n// mutant: here\n".length, -"\nafter();\n".length);
}

const cases: readonly (readonly [statement: string, at: readonly Part[], then: string])[] = [
  ["go({ a: 1 }, [2]);", [], "X"],
  ["if (a) b(); else if (c) { d(); }", [], "X"],
  ["for (const a of b) { c(); }", [], "X"],
  ["if (a > `)${b}`.length) c();", [condition], "if (X) c();"],
  ["if (a) b(); else if (c) d();", [otherwise, condition], "if (a) b(); else if (X) d();"],
  ["if (a && f(b && c) && d) e();", [condition, operand(1)], "if (a && X && d) e();"],
  ["if (a || b && c) e();", [condition, operand(1)], "if (a || X) e();"],
  ["return a - b >= c.d ? e : f;", [condition, operand(1)], "return a - b >=X ? e : f;"],
  ["const a = (await b(c)) ? d : e;", [condition], "const a = X ? d : e;"],
  ["const a = (b: C): D => b ? d : e;", [value, body, consequence], "const a = (b: C): D => b ? X : e;"],
  ["const a = b.find(({ c }) => c === d);", [body], "const a = b.find(({ c }) => X);"],
  ["const a = b(c).d(e).finally(() => f());", [value, receiver], "const a = X.finally(() => f());"],
  ["a.b = c;", [target], "X = c;"],
  ["a.b = c;", [value], "a.b = X;"],
  ["return !(await a.b(c, d(e, f)));", [argument(1)], "return !(await a.b(c, X));"],
  ["a({ b: true });", [literal("true")], "a({ b: X });"],
  ["const a = b.c();", [method], "const a = b.X();"],
  ["a({ b: [c, d], e: f });", [property(1), value], "a({ b: [c, d], e:X });"],
  ["a({ b: [c, d], e: f });", [element(1)], "a({ b: [c, X], e: f });"],
];

for (const [statement, at, then] of cases) {
  test(`a mutant of a part of: ${statement}`, () => {
    const tidy = (text: string): string => text.replaceAll(" ", "");
    assert.equal(tidy(becomes(statement, at)), tidy(then));
  });
}

test("the anchored property of an object is changed without its comma, and a case at its label", () => {
  const property = sourceOf(URL, "const a = {\n  // mutant: here\n  b: c(d, e),\n  f,\n};");
  assert.equal(
    broken(oneAt("m", "here", "", [], to("X")), [property])
      .get(URL)
      ?.includes("\n  X,\n  f,"),
    true,
  );
  const label = sourceOf(URL, 'switch (a) {\n  // mutant: here\n  case "b":\n  case "c":\n    d();\n}');
  assert.equal(
    broken(oneAt("m", "here", "", [], to("X")), [label])
      .get(URL)
      ?.includes('\n  X\n  case "c"'),
    true,
  );
});

const exchange = (first: string, second: string): string | undefined => {
  const mutant: Mutant = { name: "m", broken: "", edits: [{ first: "a", second: "b" }] };
  return broken(mutant, [sourceOf(URL, `// mutant: a\n${first}\n// mutant: b\n${second}\n`)]).get(URL);
};

test("two statements change places, and what is returned is made first", () => {
  assert.equal(exchange("a();", "b();"), "// mutant: a\nb();\n// mutant: b\na();\n");
  assert.equal(
    exchange("await a();", "return b();"),
    "// mutant: a\n;\n// mutant: b\nconst madeFirst = await b();\nawait a();\nreturn madeFirst;\n",
  );
});

test("an anchor that is missing or stands twice fails by its name, and so does a part that is not there", () => {
  const mutant = oneAt("m", "here", "", [condition], never);
  const source = sourceOf(URL, "// mutant: here\nif (a) b();\n");
  assert.throws(() => broken(mutant, [sourceOf(URL, "")]), /mutant m: no source holds the anchor "\/\/ mutant: here"/);
  assert.throws(() => broken(mutant, [source, source]), /mutant m: the anchor "\/\/ mutant: here" stands 2 times/);
  assert.throws(() => broken(mutant, [sourceOf(URL, "// mutant: here\nb();\n")]), /mutant m: there is no condition/);
});

test("an anchor stands alone on its line, is spelt in one way, and has something below it", () => {
  assert.throws(() => sourceOf(URL, "a(); // mutant: here\nb();\n"), /here is not on a line of its own/);
  assert.throws(() => sourceOf(URL, "//mutant: here\nb();\n"), /an anchor is/);
  assert.throws(() => sourceOf(URL, "/* mutant: here */\nb();\n"), /an anchor is/);
  assert.throws(() => sourceOf(URL, "// Theirs. mutant: here\nb();\n"), /an anchor is .*, not \/\/ Theirs. mutant: here/);
  assert.throws(() => sourceOf(URL, "a();\n// mutant: here\n"), /nothing stands below here/);
});

test("a name that the file no longer has is told; what is picked, declared or a contract's is none", () => {
  const source = sourceOf(URL, "const a = 1;\n// mutant: here\nb(a);\n");
  const strange = (text: string): readonly string[] =>
    strangeNames(oneAt("m", "here", "", [], to(text)), [source], new Set(["seen"]));
  assert.deepEqual(strange("b(a.seen, { seen: a });"), []);
  assert.deepEqual(strange("const c = (d) => d; Promise.resolve(c).catch(() => undefined);"), []);
  assert.deepEqual(strange("b(renamed);"), ["renamed"]);
  assert.deepEqual(strange("b(seen, a.gone);"), ["seen", "gone"]);
  assert.deepEqual(strangeNames(oneAt("m", "here", "", [], dropped), [source], new Set()), []);
});
