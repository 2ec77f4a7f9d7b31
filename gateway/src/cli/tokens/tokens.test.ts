import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { sqlite } from "coatcheck/sqlite";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { sessionIdOf } from "../../../test-support/browser.ts";
import { type Ended, OFFLINE, runCommand } from "../../../test-support/command.ts";
import { type FullGateway, SCRIPT, startFullGateway } from "../../../test-support/full-gateway.ts";
import { tokens } from "./tokens.ts";

const SECRET = randomBytes(32).toString("base64url");
const TOKENS = {
  audiences: [{ name: "api", scope: "jobs:read" }],
  accept: "api",
  personal: {},
  allow: [{ groups: ["staff"], kinds: ["personal"] }, { kinds: ["agent"] }],
};
const folder = temporaryFolder("tokens");
const file = folder.file("sessions.db");
let gateway: FullGateway;

before(async () => {
  gateway = await startFullGateway({ store: sqlite(file), config: { secrets: [SECRET], tokens: TOKENS } });
  folder.write("coatcheck.config.json", JSON.stringify({ publicUrl: gateway.settings.publicUrl, tokens: TOKENS }));
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const { COATCHECK_PUBLIC_URL: _, ...REST } = OFFLINE;
const run = (...args: readonly string[]): Promise<Ended> =>
  runCommand(["tokens", ...args], {
    cwd: folder.path,
    environment: { ...REST, COATCHECK_SECRET: SECRET, COATCHECK_STORE: `sqlite:${file}` },
  });
const statusWith = async (token: string): Promise<number> =>
  (await gateway.ask("/a", { headers: { ...SCRIPT, authorization: `Bearer ${token.trim()}` } })).status;

test("S-58 tokens issue prints a token that the running gateway takes, until tokens revoke ends it", async () => {
  const issued = await run("issue", "--subject", "runner-7", "--audience", "api", "--scope", "jobs:read", "--lifetime", "30m");
  assert.deepEqual([issued.code, issued.err], [0, ""]);
  assert.match(issued.out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  assert.equal(await statusWith(issued.out), 200);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "runner-7");
  const owner = `${gateway.settings.publicUrl[0]} runner-7`;
  const [table, data] = await Promise.all([run("list", "--owner", owner), run("list", "--owner", owner, "--json")]);
  const [{ id, expiresAt, createdAt }] = JSON.parse(data.out).tokens;
  assert.equal(expiresAt - createdAt, 1_800_000);
  assert.match(table.out, /^TOKEN +KIND +ISSUED +ENDS +AUDIENCE +SCOPE +SUBJECT +CLIENT +NAME\n/);
  assert.match(table.out, new RegExp(`^${id}  access  .* api +jobs:read +runner-7 `, "m"));
  assert.ok(!(table.out + data.out).includes(issued.out.trim().slice(-40)));
  const revoked = await run("revoke", id);
  assert.deepEqual([revoked.code, revoked.out, await statusWith(issued.out)], [0, "revoked 1 token\n", 401]);
  const [again, none] = await Promise.all([run("revoke", id, "--json"), run("list", "--owner", owner)]);
  assert.deepEqual([again.code, again.out], [1, '{"revoked":0}\n']);
  assert.deepEqual([none.code, none.err], [1, `${owner} has no tokens\n`]);
});

test("S-58 a person's token is theirs, and ends with all that they have", async () => {
  const { out } = await run("issue", "--issuer", "test", "--subject", "ada", "--audience", "api", "--json");
  const { accessToken } = JSON.parse(out);
  assert.equal(await statusWith(accessToken), 200);
  await gateway.store.end({ owner: "test ada" }, "admin", Date.now());
  assert.equal(await statusWith(accessToken), 401);
});

test("S-58 tokens issue makes agents' tokens of a session, and personal ones of a person", async () => {
  const cookie = await gateway.signIn("bea");
  const agent = ["issue", "--subject", "agent-7", "--audience", "api", "--parent", sessionIdOf(cookie)];
  const made = await run(...agent, "--scope", "jobs:read");
  assert.deepEqual([made.err, await statusWith(made.out)], ["", 200]);
  assert.equal(gateway.seen.at(-1)?.headers["x-auth-request-user"], "bea");
  const laptop = ["issue", "--personal", "laptop", "--issuer", "test", "--subject", "bea"];
  const [personal, refused] = [await run(...laptop, "--groups", "ops, staff"), await run(...laptop)];
  assert.match(personal.out, /^coatcheck_[\w-]{71}\n$/);
  assert.deepEqual([await statusWith(personal.out), refused.code], [200, 2]);
  const { out } = await run("list", "--owner", "test bea");
  assert.match(out, / personal .* laptop$/m);
  assert.match(out, / agent .* agent-7$/m);
  await gateway.store.end({ id: sessionIdOf(cookie) }, "logout", Date.now());
  assert.equal(await statusWith(made.out), 401);
  assert.deepEqual([(await run(...agent)).code, await statusWith(personal.out)], [2, 200]);
});

const WRONG: readonly (readonly [args: string, said: RegExp])[] = [
  ["", /^coatcheck: tokens needs a command: issue, list or revoke/],
  ["isue", /^coatcheck: "isue" is no command of tokens\n {2}Did you mean issue\?/],
  ["issue --audience api", /^coatcheck: --subject is missing/],
  ["issue --subject a", /^coatcheck: --audience is missing/],
  ["issue --subject a --audience api --lifetime soon", /^coatcheck: --lifetime is no duration/],
  ["issue --subject a --audience api --parent eyJ.canary.x", /^coatcheck: that is no session's id/],
  ["issue --personal laptop --subject a", /^coatcheck: --issuer is missing/],
  ["issue --personal laptop --subject a --issuer i --audience api", /^coatcheck: --audience is given beside --personal/],
  ["list", /^coatcheck: --owner is missing/],
  ["revoke", /^coatcheck: the token's id is missing/],
  ["revoke eyJ.canary.x", /^coatcheck: that is no token's id/],
];

test("S-58 what was asked wrongly is said in words, with exit status 2, and a token is not repeated", async () => {
  for (const [args, said] of WRONG) {
    let [out, err] = ["", ""];
    const terminal = { print: (text: string) => (out += text), complain: (text: string) => (err += text) };
    const code = await tokens(args === "" ? [] : args.split(" "), terminal);
    assert.match(err, said);
    assert.deepEqual([code, out, err.includes("canary")], [2, "", false], args);
  }
  const wide = await run("issue", "--subject", "a", "--audience", "api", "--scope", "jobs:all");
  assert.deepEqual([wide.code, wide.err], [2, "coatcheck: scope is no part of tokens.audiences.api.scope\n"]);
});

test("each of the token commands has a help of its own", async () => {
  for (const args of [["--help"], ["issue", "--help"], ["list", "-h"], ["revoke", "--help"]]) {
    const { code, out } = await run(...args);
    assert.deepEqual([code, out.startsWith(`coatcheck tokens${args[0] === "--help" ? "" : ` ${args[0]}`}:`)], [0, true]);
  }
});
