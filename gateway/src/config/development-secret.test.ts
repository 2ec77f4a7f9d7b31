import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { runCommand, ServedGateway } from "../../test-support/command.ts";
import { ask } from "../../test-support/talk.ts";
import { loadConfig } from "./config.ts";
import type { DevelopmentSecret } from "./development-secret.ts";
import { formatProblems } from "./sources/place.ts";

const NAME = "coatcheck.db.development-secret";
const BASE = {
  publicUrl: "http://localhost:4180",
  providers: [{ issuer: "https://id.example.com", clientId: "app", clientSecret: "s" }],
};

function load(folder: TemporaryFolder, more: object = {}, development?: DevelopmentSecret) {
  const file = { ...BASE, ...more };
  const loaded = loadConfig({ args: [], environment: {}, directory: folder.path, file, ...(development && { development }) });
  return loaded.ok
    ? { secrets: loaded.settings.secrets, said: loaded.warnings.join("\n") }
    : { secrets: undefined, said: formatProblems(loaded.problems) };
}

test("S-67 on loopback a secret is made once, kept beside the store with mode 0600, and said aloud", () => {
  using folder = temporaryFolder("development");
  const first = load(folder, {}, "make");
  assert.match(String(first.secrets), /^[\w-]{43}$/);
  assert.equal(statSync(folder.file(NAME)).mode & 0o777, 0o600);
  assert.equal(readFileSync(folder.file(NAME), "utf8"), `${first.secrets}\n`);
  assert.ok(first.said.includes(`a development secret is used: it is kept in ${folder.file(NAME)}`), first.said);
  assert.equal(first.said.includes(String(first.secrets)), false);
  for (const may of ["make", "read"] as const) assert.deepEqual(load(folder, {}, may), first);
  assert.deepEqual(readdirSync(folder.path), [NAME]);
});

test("S-67 a command that only reads makes no file, and a given secret is the one that counts", () => {
  using folder = temporaryFolder("development");
  const { secrets, said } = load(folder, {}, "read");
  assert.match(String(secrets), /^[\w-]{43}$/);
  assert.ok(said.includes(`a development secret is used: the start makes it, in ${folder.file(NAME)}`), said);
  const given = String(load(folder, { store: "memory:" }, "make").secrets);
  assert.deepEqual(load(folder, { secrets: [given] }, "make").secrets, [given]);
  folder.write("mine", given);
  assert.deepEqual(load(folder, { secretsFile: "mine" }, "make").secrets, [given]);
  assert.deepEqual(readdirSync(folder.path), ["mine"]);
  assert.equal(load(folder, { store: "memory:" }, "make").said.includes("gone at the next start"), true);
});

const ELSEWHERE: readonly (readonly [name: string, more: object])[] = [
  ["https to a name", { publicUrl: "https://app.example.com" }],
  ["one of several origins", { publicUrl: ["http://localhost:4180", "http://127.0.0.1:4180", "https://10.0.0.1"] }],
  ["every address is listened on", { listen: ":4180" }],
  ["another address is listened on", { listen: "10.0.0.1:4180" }],
  ["a name that only looks like it", { publicUrl: "https://localhost.example.com" }],
];
for (const [name, more] of ELSEWHERE) {
  test(`S-67 S-38 anywhere else a start without a secret is refused: ${name}`, () => {
    using folder = temporaryFolder("development");
    load(folder, {}, "make");
    for (const may of ["make", "read"] as const) {
      const { secrets, said } = load(folder, more, may);
      assert.equal(secrets, undefined);
      assert.match(said, /^coatcheck: secrets is missing\n {2}Make one: {2}npx coatcheck secret/);
    }
  });
}

test("S-67 one that others can read, or that is no secret, is not used", () => {
  using folder = temporaryFolder("development");
  load(folder, {}, "make");
  chmodSync(folder.file(NAME), 0o640);
  assert.match(load(folder, {}, "make").said, /can be read by others\n {2}chmod 600 /);
  chmodSync(folder.file(NAME), 0o600);
  folder.write(NAME, "changeme");
  assert.match(load(folder, {}, "make").said, /the secret is too short/);
  using other = temporaryFolder("development");
  mkdirSync(other.file(NAME), { mode: 0o700 });
  assert.match(load(other, {}, "make").said, /cannot be used \(EISDIR\)/);
  assert.match(load(other, { store: "sqlite:missing/x.db" }, "make").said, /cannot be used \(ENOENT\)/);
});

test("S-67 programs that load a configuration by themselves have to give a secret", () => {
  using folder = temporaryFolder("development");
  assert.match(load(folder).said, /secrets is missing/);
});

test("S-67 the gateway starts without a secret, with workers too; the next start has the same one", async () => {
  using folder = temporaryFolder("development");
  const environment = { COATCHECK_SECRET: "", COATCHECK_STORE: "sqlite:sessions.db", COATCHECK_WORKERS: "2" };
  const options = { environment, cwd: folder.path };
  const early = await runCommand(["keys", "--json"], { ...options, environment: { ...environment, ...LOCAL } });
  assert.equal(early.code, 0, early.err);
  assert.equal(existsSync(folder.file("sessions.db.development-secret")), false);
  const published: string[] = [];
  for (let round = 0; round < 2; round++) {
    await using gateway = await ServedGateway.start(options);
    await gateway.until(/a development secret is used: it is kept in \S+sessions\.db\.development-secret/);
    const keys = await Promise.all(
      Array.from({ length: 8 }, () =>
        ask(gateway.port, "/auth/keys", { headers: { host: "localhost:4180", connection: "close" } }),
      ),
    );
    published.push(...keys.map(({ text }) => text));
    assert.equal((await gateway.stop()).code, 0);
  }
  assert.equal(new Set(published).size, 1);
  assert.match(published[0] ?? "", /"kid"/);
});

const LOCAL = {
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_ISSUER: "http://127.0.0.1:9",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "s",
};
