import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPurity } from "./check-purity.ts";

const names = (text: string) =>
  checkPurity([{ path: "library/src/core/x.ts", text }]).map(({ message }) => message.replace(/.*uses /, ""));

const planted: readonly (readonly [text: string, name: string])[] = [
  ["export async function f() {}", "async"],
  ["let p: Promise<void>;", "Promise"],
  ["const now = Date.now();", "Date"],
  ["const r = Math.random();", "Math.random"],
  ["const { random } = Math;", "Math as a value"],
  ["const r = Math[key]();", "Math as a value"],
  ["crypto.getRandomValues(x);", "crypto"],
  ["void fetch(url);", "fetch"],
  ["if (process.env.X) f();", "process"],
  ["console.log(1);", "console"],
  ["globalThis.fetch(1);", "globalThis"],
  ["const t = `${performance.now()}`;", "performance"],
  ["setTimeout(f, 1);", "setTimeout"],
  ["global.fetch(1);", "global"],
  ["const clock = self;", "self"],
  ["let p: PromiseLike<void>;", "PromiseLike"],
  ["store.get(id).then(f);", "then"],
  ['store.get(id)["then"](f);', "then"],
  ['f.constructor("return 1")();', "constructor"],
  ['new Function("return 1")();', "Function"],
  ["Temporal.Now.instant();", "Temporal"],
  ["new Intl.DateTimeFormat().format();", "Intl"],
  ["a.localeCompare(b);", "localeCompare"],
  ["AbortSignal.timeout(1);", "AbortSignal"],
  ["new WeakRef(x).deref();", "WeakRef"],
  ["import.meta.url;", "import.meta"],
];

for (const [text, name] of planted) {
  test(`purity: ${name} is seen in: ${text}`, () => assert.deepEqual(names(text), [name]));
}

test("purity: comments, strings, members and other words are no use of anything", () => {
  assert.deepEqual(names("// a Promise of a Date\n/* console */ const a = 'fetch'; const b = x.process; Math.max(1, 2);"), []);
  assert.deepEqual(names("const asynchronous = `Date`; type MaybePromise = 1; const dates = 2;"), []);
});
