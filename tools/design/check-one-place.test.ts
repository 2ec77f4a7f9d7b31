import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "./check-one-place.ts";
import { checkOnePlace, TASKS } from "./check-one-place.ts";

const task: Task = {
  what: "races",
  pattern: /Promise\.race\(/,
  under: ["library/src/"],
  by: "library/src/within.ts",
  also: { "library/src/both.ts": "has to" },
};
const own = { path: "library/src/within.ts", text: "Promise.race([a]);" };
const other = { path: "library/src/both.ts", text: "return Promise.race([a]);" };
const messages = (files: readonly { readonly path: string; readonly text: string }[]) =>
  checkOnePlace([own, other, ...files], [task]).map(({ path, line, message }) => `${path}:${line} ${message}`);

test("what another module is there for is told where it stands", () => {
  const text = "// Promise.race( is not ours\nconst a = 1;\nawait Promise.race([b]);\n";
  assert.deepEqual(messages([{ path: "library/src/x.ts", text }]), [
    "library/src/x.ts:3 races, which library/src/within.ts is there for",
  ]);
  assert.deepEqual(messages([{ path: "gateway/src/x.ts", text }]), []);
});

test("an exception that is none any more is told", () => {
  const [violation, ...more] = checkOnePlace([own], [task]);
  assert.equal(violation?.path, "library/src/both.ts");
  assert.deepEqual(more, []);
});

test("F-24 a second place that reports the end of a session is told", () => {
  const text = 'report({\n  name: "session.ended",\n  level: "info" });\nawait store.end({ id }, reason, now);\n';
  const found = checkOnePlace([{ path: "library/src/engine/x.ts", text }], TASKS).filter(({ path }) => path.endsWith("/x.ts"));
  assert.deepEqual(
    found.map(({ line }) => line),
    [2, 4],
  );
});
