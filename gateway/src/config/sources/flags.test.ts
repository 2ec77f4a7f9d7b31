/** What is read of a command line, and that a mistake takes nothing but itself and its value along. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMED_SETTINGS } from "../config.ts";
import { readFlags } from "./flags.ts";

interface Read {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly wrong?: readonly string[];
}

const TABLE: readonly (readonly [line: string, read: Read])[] = [
  ["", { values: {} }],
  ["--prefix /a --workers=2", { values: { "--prefix": ["/a"], "--workers": ["2"] } }],
  ["--upstream=http://a/?b=c=d", { values: { "--upstream": ["http://a/?b=c=d"] } }],
  ["--scope=", { values: { "--scope": [""] } }],
  ["--scope -x", { values: { "--scope": ["-x"] } }],
  ["--upstream a --prefix /a --upstream=b", { values: { "--upstream": ["a", "b"], "--prefix": ["/a"] } }],
  ["--config a --config", { values: { "--config": ["a"] }, wrong: ["--config has no value"] }],
  ["--prefix --workers 2", { values: { "--workers": ["2"] }, wrong: ["--prefix has no value"] }],
  ["--access-log --persistent", { values: { "--access-log": ["true"], "--persistent": ["true"] } }],
  ["--access-log false --persistent=0", { values: { "--access-log": ["false"], "--persistent": ["0"] } }],
  ["--client-secret canary --prefix /a", { values: { "--prefix": ["/a"] }, wrong: [secret("--client-secret")] }],
  ["--client-secret=canary --prefix /a", { values: { "--prefix": ["/a"] }, wrong: [secret("--client-secret")] }],
  ["--client-secret --prefix /a", { values: { "--prefix": ["/a"] }, wrong: [secret("--client-secret")] }],
  ["--secret=canary a", { values: {}, wrong: [secret("--secret"), "A word without -- is no flag"] }],
  ["--prefix /a --client-secret", { values: { "--prefix": ["/a"] }, wrong: [secret("--client-secret")] }],
  ["--xyzzy 1 --prefix /a", { values: { "--prefix": ["/a"] }, wrong: ["--xyzzy is no flag"] }],
  ["--xyzzy --prefix /a", { values: { "--prefix": ["/a"] }, wrong: ["--xyzzy is no flag"] }],
  ["--xyzzy=1 canary", { values: {}, wrong: ["--xyzzy is no flag", "A word without -- is no flag"] }],
  ["--prefix /a --xyzzy", { values: { "--prefix": ["/a"] }, wrong: ["--xyzzy is no flag"] }],
  ["-x canary", { values: {}, wrong: ["-x is no flag", "A word without -- is no flag"] }],
  ["canary-- --prefix /a", { values: { "--prefix": ["/a"] }, wrong: ["A word without -- is no flag"] }],
  [`--${"x".repeat(50)}`, { values: {}, wrong: [`--${"x".repeat(38)} is no flag`] }],
];

function secret(flag: string): string {
  return `${flag} is no flag, because it is a secret`;
}

for (const [line, { values, wrong = [] }] of TABLE)
  test(`F-46 flags are read one by one: ${line}`, () => {
    const found = readFlags(line === "" ? [] : line.split(" "), NAMED_SETTINGS, ["--config"]);
    assert.deepEqual(Object.fromEntries(found.values), values);
    assert.deepEqual(
      found.problems.map(({ headline }) => headline),
      wrong,
    );
    assert.doesNotMatch(JSON.stringify(found.problems), /canary/);
  });

test("F-46 a flag that was meant is named, and where none is like it, where all of them are", () => {
  const lines = (flag: string) => readFlags([flag], NAMED_SETTINGS, ["--config"]).problems[0]?.lines;
  assert.deepEqual(lines("--upstrem"), ["Did you mean --upstream?", "All of them:  coatcheck --help"]);
  assert.deepEqual(lines("--confg"), ["Did you mean --config?", "All of them:  coatcheck --help"]);
  assert.deepEqual(lines("--xyzzyxyzzy"), ["All of them:  coatcheck --help"]);
});
