import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import type { Ended, Environment } from "../../test-support/command.ts";
import { COMMAND, Command, OFFLINE, runCommand } from "../../test-support/command.ts";
import { NAMED_SETTINGS } from "../config/config.ts";

const folder = temporaryFolder("command");
after(() => folder[Symbol.dispose]());

const SETTINGS = { ...OFFLINE, COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}` };

const run = (args: readonly string[], environment: Environment = {}): Promise<Ended> =>
  runCommand(args, { cwd: folder.path, environment });
const start = (args: readonly string[], environment: Environment): Command =>
  new Command(args, { cwd: folder.path, environment });

test("CR-01 secret prints 32 fresh random bytes in base64url", async () => {
  const [one, two] = await Promise.all([run(["secret"]), run(["secret"])]);
  assert.match(one.out, /^[A-Za-z0-9_-]{43}\n$/);
  assert.notEqual(one.out, two.out);
  assert.equal(one.code, 0);
});

test("help names every setting, version the version, an unknown command what was meant", async () => {
  const help = await run(["--help"]);
  for (const { variable } of NAMED_SETTINGS) assert.ok(help.out.includes(variable), variable);
  assert.equal((await run(["--version"])).out, "coatcheck 0.1.0\n");
  const unknown = await run(["chekc-config"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /"chekc-config" is no command\n {2}Did you mean check-config\?/);
  assert.equal((await run(["bogus"])).err, 'coatcheck: "bogus" is no command\n  All of them:  coatcheck --help\n');
});

test("S-38 CR-07 check-config says all that is wrong at once, what would be right, and never the secret", async () => {
  const found = await run(["check-config", "--listen", "nowhere"], {
    ...SETTINGS,
    COATCHECK_SECRET: "hunter2",
    COATCHECK_IDLE: "soon",
  });
  assert.equal(found.code, 2);
  assert.match(found.err, /coatcheck: the secret is too short\n {2}COATCHECK_SECRET \(secrets\[0\]\) has \d+ bytes; it needs 32/);
  assert.match(found.err, /Make one: {2}npx coatcheck secret/);
  assert.match(found.err, /session\.idle/);
  assert.match(found.err, /listen/);
  assert.equal(found.err.includes("hunter2"), false);
});

test("S-40 check-config explains a configuration in order, names keys and no secret, and writes nothing", async () => {
  const store = folder.file("untouched.db");
  const found = await run(["check-config"], {
    ...SETTINGS,
    COATCHECK_STORE: `sqlite:${store}`,
    COATCHECK_TRUSTED_PROXIES: "10.0.0.0/8",
  });
  assert.equal(found.code, 0, found.err);
  assert.match(found.out, /keys +[A-Za-z0-9_-]{4} \(seals\), none retiring/);
  assert.match(found.out, /trusted +10\.0\.0\.0\/8/);
  for (const canary of [SETTINGS.COATCHECK_SECRET, "client-canary"]) assert.equal(found.out.includes(canary), false);
  assert.equal(existsSync(store), false);
});

test("F-32 check-config says which provider this is and what it is asked for; an unknown preset is refused", async () => {
  const found = await run(["check-config"], { ...SETTINGS, COATCHECK_ISSUER: "https://id.example.com/realms/main" });
  assert.equal(found.code, 0, found.err);
  assert.match(
    found.out,
    /provider +default: https:\/\/id\.example\.com\/realms\/main as \S+\n +Keycloak, scope openid profile email\n/,
  );
  const named = await run(["check-config", "--preset", "google"], SETTINGS);
  assert.match(named.out, /Google, scope openid profile email\n/);
  const unknown = await run(["check-config", "--preset", "keyclock"], SETTINGS);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /providers\[0\]\.preset is keyclock[\s\S]*Did you mean keycloak\?/);
});

test("A-09 TP-01 a proxy range that contains all addresses is refused", async () => {
  for (const range of ["0.0.0.0/0", "::/0"]) {
    const found = await run(["check-config"], { ...SETTINGS, COATCHECK_TRUSTED_PROXIES: range });
    assert.equal(found.code, 2);
    assert.match(found.err, /trusts everyone/);
  }
});

test("a store that is a foreign file stops the start with what is wrong", async () => {
  const file = folder.write("notes.txt", "these are my notes, and no database at all\n".repeat(50));
  const found = await run(["serve"], { ...SETTINGS, COATCHECK_STORE: `sqlite:${file}` });
  assert.equal(found.code, 2);
  assert.match(found.err, /^coatcheck: .*notes\.txt[\s\S]*COATCHECK_STORE \(store\)/);
});

test("a port that is taken is named", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const found = await run(["serve"], { ...SETTINGS, COATCHECK_LISTEN: `127.0.0.1:${port}` });
  other.close();
  assert.equal(found.code, 1);
  assert.match(found.err, new RegExp(`port ${port} is in use`));
});

test("a port that is taken ends the start with several workers too, and is named once", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const taken = [{ COATCHECK_LISTEN: `127.0.0.1:${port}` }, { COATCHECK_ADMIN_LISTEN: `127.0.0.1:${port}` }];
  for (const setting of taken) {
    const found = await run(["serve", "--workers", "2"], { ...SETTINGS, ...setting });
    assert.equal(found.code, 1, found.err);
    assert.equal(found.err.split(`port ${port} is in use`).length, 2, found.err);
    assert.doesNotMatch(found.err, /^ {4}at /m);
  }
  other.close();
});

test("a host that is nowhere is named, without a stack", async () => {
  const found = await run(["serve"], { ...SETTINGS, COATCHECK_LISTEN: "nowhere.invalid:4180" });
  assert.equal(found.code, 1);
  assert.match(found.err, /^coatcheck: .*nowhere\.invalid/);
  assert.doesNotMatch(found.err, /^ {4}at /m);
});

test("DK-04 serve starts with the provider down, says so, and ends with one signal", async () => {
  await using gateway = start([], SETTINGS);
  const { port, admin } = await gateway.introduced();
  assert.match(gateway.err, /not ready, retrying/);
  assert.match(gateway.err, /provider +recognised by its metadata, scope openid profile email/, "F-32");
  assert.equal((await fetch(`http://127.0.0.1:${admin}/health/live`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${admin}/health/ready`)).status, 503);
  assert.equal((await fetch(`http://127.0.0.1:${port}/auth/session`)).status, 421);
  assert.equal((await gateway.stop()).code, 0);
});

test("F-41 serve says in its first words that others may open the file of the sessions", async () => {
  const file = folder.write("open-to-all.db", "");
  chmodSync(file, 0o644);
  await using gateway = start([], { ...SETTINGS, COATCHECK_STORE: `sqlite:${file}` });
  await gateway.introduced();
  await gateway.until(/chmod 600/);
  assert.match(gateway.err, /^ {2}! The session store .*open-to-all\.db has mode 0644/m);
  assert.equal((await gateway.stop()).code, 0);
});

// By `node:http`, for `fetch` asks once more where the answer is 421.
async function askTenTimes(port: number): Promise<void> {
  for (let count = 0; count < 10; count++) {
    const [response]: IncomingMessage[] = await once(get({ port, host: "127.0.0.1", agent: false }), "response");
    response?.resume();
  }
}

test("workers share the listener, are replaced when they die, are counted together and end with one signal", async () => {
  await using gateway = start(["serve", "--workers", "2"], SETTINGS);
  const { port, admin } = await gateway.introduced();
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  await askTenTimes(port);
  const counted = [...(await metrics()).matchAll(/^coatcheck_requests_total\{[^}]*outcome="misdirected"[^}]*\} (\d+)$/gm)];
  assert.equal(
    counted.reduce((sum, [, count]) => sum + Number(count), 0),
    10,
  );
  const { pid } = gateway;
  const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  process.kill(Number(worker), "SIGKILL");
  await gateway.until(/"worker.exited"/);
  await askTenTimes(port);
  assert.equal((await gateway.stop("SIGINT")).code, 0);
});

test("F-51 a user without a home starts the command all the same, without a cache of compiled code", async () => {
  // Only root can become a user whom this machine does not know; all others are at home here.
  const unknown = process.getuid?.() === 0 ? { uid: 54_321, gid: 54_321 } : {};
  const child = spawn(process.execPath, [...COMMAND, "--version"], {
    ...unknown,
    env: {},
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [status] = await once(child, "close");
  assert.equal(status, 0, said);
});
