import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { readSecrets } from "../crypto/secrets.ts";

function command(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });
}

test("F-54 coatcheck secret prints a secret that is taken, another one each time", () => {
  const [one, two] = [command("secret"), command("secret")];
  assert.deepEqual([one.status, one.stderr, two.status], [0, "", 0]);
  assert.equal(readSecrets(`${one.stdout},${two.stdout}`).length, 2);
});

test("F-54 what is no command of the library is said to be the gateway's, exit status 2", () => {
  const { status, stderr, stdout } = command("serve");
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /serve is no command of the library\n {2}Is it one of the gateway\? {2}npx coatcheck-gateway serve/);
  assert.equal(command("secret", "please").status, 2);
  assert.match(command("--help").stdout, /coatcheck secret/);
});

test("F-54 base64 of 32 random bytes is taken as other tools print it, in lines too", () => {
  for (let round = 0; round < 500; round++) {
    const bytes = randomBytes(32);
    assert.deepEqual(readSecrets(`${bytes.toString("base64")}\n`), [bytes]);
  }
  const long = randomBytes(64);
  const lines = long.toString("base64").replace(/(.{64})/g, "$1\n");
  assert.deepEqual(readSecrets(`${lines}\n`), [long]);
});
