import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type TemporaryFolder, temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { readKind } from "../../../test-support/read-kind.ts";
import { loadConfig, NAMED_SETTINGS } from "../config.ts";
import { SETTINGS } from "../definition.ts";
import type { Kind, Shape } from "../kinds/kind.ts";
import { sealingSecret, secretText } from "../kinds/kinds.ts";
import { formatProblems } from "./place.ts";
import { secretFileName } from "./secret-file.ts";

const [ONE, TWO] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
const BASE = { publicUrl: "http://localhost:4180", providers: [{ issuer: "https://id.example.com", clientId: "app" }] };

let directory: TemporaryFolder;
before(() => {
  directory = temporaryFolder("secrets");
  directory.write("seals", `${ONE}\n${TWO}\n`);
  directory.write("client", "  canary-of-the-client\n");
  directory.write("channel", `${ONE},${TWO}`);
  directory.write("empty", "\n");
  directory.write("short", "canary");
  directory.write("large", "canary".repeat(20_000));
  directory.write("largest", ONE.padEnd(65_536, "\n"));
  directory.write("larger", ONE.padEnd(65_537, "\n"));
  writeFileSync(directory.file("hidden"), ONE, { mode: 0o000 });
  symlinkSync("loop", directory.file("loop"));
  mkdirSync(directory.file("folder"));
});
after(() => directory[Symbol.dispose]());

function load(file: object, environment: { readonly [name: string]: string } = {}, args: readonly string[] = []) {
  const loaded = loadConfig({ args, environment, directory: directory.path, file: { ...BASE, ...file } });
  const said = loaded.ok ? "" : formatProblems(loaded.problems);
  assert.ok(!said.includes("canary") && !said.includes(ONE), said);
  return { settings: loaded.ok ? loaded.settings : undefined, said };
}

function kindsOf(shape: Shape): readonly (readonly [key: string, kind: Kind<unknown>, secret: boolean])[] {
  return Object.entries(shape).flatMap(([key, { kind, secret }]) => [
    [key, kind.item ?? kind, secret === true] as const,
    ...kindsOf(kind.fields ?? kind.item?.fields ?? {}),
  ]);
}

test("S-64 every setting that is a secret has its file", () => {
  const secrets = kindsOf(SETTINGS).filter(([, kind]) => kind === secretText || kind === sealingSecret);
  assert.ok(secrets.length >= 5);
  for (const [key, , secret] of secrets) assert.ok(secret, key);
  const names = NAMED_SETTINGS.map(({ variable }) => variable);
  for (const { variable, field } of NAMED_SETTINGS)
    if (field.secret === true) assert.ok(names.includes(`${variable}_FILE`), variable);
});

test("S-64 secrets come from files by key, variable and flag; the stronger source wins", () => {
  const environment = { COATCHECK_SECRET_FILE: "seals", COATCHECK_CLIENT_SECRET_FILE: directory.file("client") };
  const { settings, said } = load({ admin: { tokenFile: "client" } }, environment);
  assert.equal(said, "");
  assert.deepEqual(settings?.secrets, [ONE, TWO]);
  assert.equal(settings?.providers[0]?.clientSecret, "canary-of-the-client");
  assert.equal(settings?.admin.token, "canary-of-the-client");
  const proxyIdentity = { preset: "generic", trusted: ["10.0.0.1"], secret: { header: "X-Proxy", valueFile: "channel" } };
  const introspection = { issuer: "https://id.example.com", clientId: "a", clientSecretFile: "client" };
  const others = load({ secretsFile: "seals", proxyIdentity, bearer: { introspection } }, { COATCHECK_CLIENT_SECRET: "plain" });
  assert.equal(others.said, "");
  assert.deepEqual(others.settings?.proxyIdentity?.secret?.value, [ONE, TWO]);
  assert.equal(others.settings?.bearer?.introspection?.clientSecret, "canary-of-the-client");
  const stronger = [
    load({ secrets: [TWO] }, { ...environment, OAUTH2_PROXY_CLIENT_SECRET: "weak" }),
    load({ secretsFile: "missing" }, { COATCHECK_SECRET: `${ONE},${TWO}`, COATCHECK_CLIENT_SECRET: "canary-of-the-client" }),
    load({}, { COATCHECK_SECRET: TWO, COATCHECK_CLIENT_SECRET: "no" }, ["--secret-file", "seals", "--client-secret-file=client"]),
    load({ secretsFile: "seals" }, { OAUTH2_PROXY_CLIENT_SECRET_FILE: "client" }),
  ];
  for (const { settings: found, said: why } of stronger) {
    assert.deepEqual([found?.secrets, found?.providers[0]?.clientSecret], [[ONE, TWO], "canary-of-the-client"], why);
  }
});

const WRONG: readonly (readonly [name: string, words: RegExp])[] = [
  ["missing", /secretsFile is missing, which cannot be read\n {2}There is no such file\./],
  ["folder", /cannot be read\n {2}It is a directory\./],
  ["empty", /secretsFile is empty, which is empty/],
  ["loop", /cannot be read\n {2}Reading it failed \(ELOOP\)\./],
  ["larger", /too large for a secret/],
  ["large", /too large for a secret/],
  ["short", /the secret is too short\n {2}COATCHECK_SECRET_FILE \(secretsFile\[0\]\) has 6 bytes/],
];
for (const [name, words] of WRONG) {
  test(`S-64 a file that is no secret is told by its name: ${name}`, () => {
    const { said } = load({}, { COATCHECK_SECRET_FILE: name, COATCHECK_CLIENT_SECRET: "x" });
    assert.match(said, words);
    assert.match(said, /COATCHECK_SECRET_FILE/);
  });
}

test("F-46 a file may be so large, and its name may have white space around it", () => {
  const { settings, said } = load({}, { COATCHECK_SECRET_FILE: " largest ", COATCHECK_CLIENT_SECRET: "x" });
  assert.deepEqual(settings?.secrets, [ONE], said);
});

test("F-46 a file that this user may not read is told as that", () => {
  const isRoot = process.geteuid?.() === 0;
  // Nothing is hidden from root.
  if (isRoot) process.seteuid?.(65_534);
  try {
    const { said } = load({}, { COATCHECK_SECRET_FILE: "hidden", COATCHECK_CLIENT_SECRET: "x" });
    assert.match(said, /cannot be read\n {2}This user may not read it\./);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("F-46 what is no name of a file is said once", () => {
  for (const raw of [7, "", "  "])
    assert.match(String(readKind(secretFileName, raw)), /^! .*which is no file's name [^!]*$/, String(raw));
  const said = load({ secretsFile: 7 }, { COATCHECK_CLIENT_SECRET: "x" }).said;
  assert.equal(said.match(/secretsFile/g)?.length, 1, said);
  assert.match(said, /secretsFile is 7, which is no file's name/);
});

test("S-64 a secret and its file at once are an error", () => {
  const both = { COATCHECK_SECRET: ONE, COATCHECK_SECRET_FILE: "seals", COATCHECK_CLIENT_SECRET: "x" };
  assert.match(load({}, both).said, /COATCHECK_SECRET and COATCHECK_SECRET_FILE are both set/);
  const file = { secretsFile: "seals", providers: [{ ...BASE.providers[0], clientSecret: "x", clientSecretFile: "client" }] };
  assert.match(load(file).said, /providers\[0\]\.clientSecret is given, and so is clientSecretFile/);
});
