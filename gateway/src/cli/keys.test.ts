import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { type Ended, type Environment, OFFLINE, runCommand } from "../../test-support/command.ts";
import { listenOn } from "../../test-support/talk.ts";

const [FIRST = "", SECOND = ""] = [0, 1].map(() => randomBytes(32).toString("base64url"));
const run = (args: readonly string[], more: Environment = {}): Promise<Ended> =>
  runCommand(["keys", ...args], { environment: { ...OFFLINE, COATCHECK_SECRET: `${FIRST},${SECOND}`, ...more } });

test("S-37 S-40 keys prints fingerprints of what is accepted and used, in words and as JSON, and no secret", async () => {
  const [said, json, reversed] = await Promise.all([
    run([]),
    run(["--json"]),
    run(["--json"], { COATCHECK_SECRET: `${SECOND},${FIRST}` }),
  ]);
  const names = JSON.parse(json.out);
  assert.deepEqual(Object.keys(names), ["seals", "opens", "signs", "verifies"]);
  const [one, two] = names.opens;
  const [signs, other] = names.verifies;
  assert.deepEqual([names.seals, names.signs], [one, signs]);
  const rows = [`secret +${one} +seals and opens`, `secret +${two} +opens`, `signing +${signs} +signs and verifies`];
  for (const row of [...rows, `signing +${other} +verifies`]) assert.match(said.out, new RegExp(`^ {2}${row}$`, "m"));
  assert.deepEqual(JSON.parse(reversed.out), { seals: two, opens: [two, one], signs: other, verifies: [other, signs] });
  for (const secret of [FIRST, SECOND]) assert.equal((said.out + json.out).includes(secret), false);
  assert.deepEqual([said.code, said.err], [0, ""]);
});

test("S-37 keys --online says whether the gateway uses them; another answer, and none, is status 1", async () => {
  const { out } = await run(["--json"]);
  let keys: object = JSON.parse(out);
  await using gateway = await listenOn((_, response) => response.writeHead(503).end(JSON.stringify({ ready: false, keys })));
  const at = { COATCHECK_ADMIN_LISTEN: `127.0.0.1:${gateway.port}` };
  const same = await run(["--online"], at);
  assert.deepEqual([same.code, same.err], [0, ""]);
  assert.match(same.out, /uses them\n$/);
  keys = { seals: "abcd", opens: ["abcd"], signs: "x", verifies: ["x"] };
  const other = await run(["--online"], at);
  assert.equal(other.code, 1);
  assert.match(other.err, /uses other keys\n {2}secret +abcd +seals and opens\n[\s\S]*SIGHUP/);
  const none = await run(["--online"], { COATCHECK_ADMIN_LISTEN: "127.0.0.1:9" });
  assert.deepEqual([none.code, none.err.includes("no gateway answers at 127.0.0.1:9")], [1, true]);
});

test("S-37 a secret with a date is among those that open until then, from a file or a variable", async () => {
  const { out } = await run(["--json"]);
  const { seals, signs } = JSON.parse(out);
  const on = async (date: string) =>
    JSON.parse((await run(["--json"], { COATCHECK_SECRET: `${FIRST},${SECOND} until ${date}` })).out);
  assert.deepEqual(await on("2999-01-01T00:00:00Z"), JSON.parse(out));
  assert.deepEqual(await on("2020-01-01T00:00:00Z"), { seals, opens: [seals], signs, verifies: [signs] });
  using folder = temporaryFolder("keys");
  const file = folder.write("secret", `${FIRST}\n${SECOND} until 2020-01-01\n`);
  const { out: fromFile } = await run(["--json"], { COATCHECK_SECRET: "", COATCHECK_SECRET_FILE: file });
  assert.deepEqual(JSON.parse(fromFile).opens, [seals]);
  const local = await run([], { COATCHECK_SECRET: `${FIRST},${SECOND} until 2027-01-01T00:00:00` });
  assert.deepEqual([local.code, local.err.includes(SECOND)], [2, false]);
  assert.match(local.err, /a secret's date cannot be read/);
});

test("S-37 keys tells how it is used, and what is wrong with the configuration", async () => {
  assert.match((await run(["--help"])).out, /^coatcheck keys: .*never a secret\n/);
  const wrong = await run([], { COATCHECK_SIGNING_KEY: "no-key-canary" });
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /signing\.keys\[0\] is neither PEM nor JSON/);
  assert.equal(wrong.err.includes("canary"), false);
  assert.equal((await run(["extra"])).code, 2);
  assert.equal((await run([], { COATCHECK_SECRET: "changeme" })).code, 2);
});
