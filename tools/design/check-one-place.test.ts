import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "./check-one-place.ts";
import { checkOnePlace, TASKS } from "./check-one-place.ts";

const task: Task = {
  what: "races",
  pattern: /\bPromise\.race\b/,
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

/** What is told of a file of the library, without the exceptions that it does not have. */
const toldOf = (text: string): readonly string[] =>
  checkOnePlace([{ path: "library/src/core/x.ts", text }], TASKS)
    .filter(({ path }) => path.endsWith("/x.ts"))
    .map(({ message }) => message.replace(/, which.*/, ""));

const SPELLINGS: readonly (readonly [text: string, what: string])[] = [
  ['report({ "name": `session.ended` });', "reports that a session ended"],
  ["const ENDED = 'session.ended';", "reports that a session ended"],
  ['await store["end"]({ id }, reason, now);', "ends sessions in the store"],
  ["await this.#options.store?.end?.(x);", "ends sessions in the store"],
  ["await store\n  // at last\n  .end({ id }, reason, now);", "ends sessions in the store"],
  ["const { get, end } = options.store;", "ends sessions in the store"],
  ["const stop = store.end;", "ends sessions in the store"],
  ["headers.set('Retry-After', x);", "writes a problem document or Retry-After"],
  ['const headers = { "retry-after": x };', "writes a problem document or Retry-After"],
  ["const type = 'application/problem+json';", "writes a problem document or Retry-After"],
  ["await Promise[`race`]([a]);", "waits for the first of several promises"],
  ["await Promise['race']([a]);", "waits for the first of several promises"],
  ["await Promise /* x */ . any([a]);", "waits for the first of several promises"],
  ["const race = Promise.race.bind(Promise);", "waits for the first of several promises"],
  ["const P = Promise;", "takes Promise by another name"],
  ["const { race } = globalThis.Promise;", "takes Promise by another name"],
  ["f(Promise);", "takes Promise by another name"],
  ["if (x instanceof\n  Promise) f();", "tells a promise from a value"],
  ["if (x instanceof globalThis.Promise) f();", "tells a promise from a value"],
  ['if ("then" in x) f();', "tells a promise from a value"],
  ["if (typeof x.value?.then === 'function') f();", "tells a promise from a value"],
  ["if (types.isPromise(x)) f();", "tells a promise from a value"],
];

for (const [text, what] of SPELLINGS) {
  test(`what is done in one place is seen in: ${text.replaceAll("\n", " ")}`, () => assert.ok(toldOf(text).includes(what), text));
}

test("what only looks like something that is done in one place", () => {
  const text = `// Promise.race(x), "session.ended"
    type Answer = MaybePromise<Promise<void>>; const p = Promise.withResolvers<void>(); new Promise<void>(f);
    const wait = headers.get("retry-after"); restore.end(1); socket.end();`;
  assert.deepEqual(toldOf(text), []);
});
