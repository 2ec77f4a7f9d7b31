import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SessionStore } from "coatcheck";
import { postgresSchema } from "coatcheck/postgres";
import pg from "pg";
import { certificateOf } from "../../../tools/suite/certificate.ts";
import { freePort } from "../../../tools/suite/free-port.ts";
import { type PostgresProcess, startPostgresProcess, TEST_USER } from "../../../tools/suite/postgres-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { Browser } from "../../test-support/browser.ts";
import { Command, type Ended, OFFLINE, runCommand } from "../../test-support/command.ts";
import { SCRIPT } from "../../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../../test-support/provider/gateways-at-provider.ts";
import { readKind } from "../../test-support/read-kind.ts";
import { store as kind } from "../config/kinds/store-kind.ts";
import { openStore } from "./open-store.ts";

const PASSWORD = "store-canary";
/** By TCP it takes TLS and a password alone. */
const WHO = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("open-postgres"));
let server: PostgresProcess;
let port: number;
let certificate: string;

before(async () => {
  port = await freePort();
  const { key, cert } = certificateOf("127.0.0.1");
  certificate = folder.write("ca.pem", cert);
  const settings = { listen_addresses: "127.0.0.1", port: String(port), ssl: "on" };
  server = open.use(await startPostgresProcess(settings, { "server.crt": cert, "server.key": key, "pg_hba.conf": WHO }));
  await sql(`ALTER ROLE ${TEST_USER.user} PASSWORD '${PASSWORD}'`);
});
after(() => open.disposeAsync());

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ host: server.folder, port, ...TEST_USER });
  await client.connect();
  await client.query(text);
  await client.end();
}

const ADDRESS = (parameters: string): string =>
  `postgres://${TEST_USER.user}@127.0.0.1:${port}/${TEST_USER.database}?${parameters}`;
const verified = (): string => ADDRESS(`sslmode=verify-full&sslrootcert=${certificate}`);

/** What the command says, which is never the password. */
async function said(command: string, environment: { readonly [variable: string]: string }): Promise<Ended> {
  const ended = await runCommand([command, "--online"], { environment: { ...OFFLINE, ...environment }, cwd: folder.path });
  assert.doesNotMatch(ended.out + ended.err, /canary(?!-)/);
  assert.doesNotMatch(ended.out + ended.err, new RegExp(PASSWORD));
  return ended;
}

test("S-64 check-config --online tries PostgreSQL by TLS, with a password from a file", async () => {
  const file = folder.write("password", `${PASSWORD}\n`);
  const { out } = await said("check-config", { COATCHECK_STORE: verified(), COATCHECK_STORE_PASSWORD_FILE: file });
  assert.match(out, / sessions +127\.0\.0\.1\/postgres \(PostgreSQL\)\n/);
  assert.match(out, /^ {4}store: can be written$/m);
});

test("check-config --online says why PostgreSQL cannot be used", async () => {
  const table: readonly (readonly [address: string, password: string, words: RegExp])[] = [
    [verified(), "wrong-canary", /password authentication failed for user "coatcheck"/],
    [ADDRESS("sslmode=verify-full"), PASSWORD, /self-signed certificate/],
    [ADDRESS("sslmode=disable"), PASSWORD, /no pg_hba\.conf entry for host "127\.0\.0\.1".*no encryption/],
    [
      ADDRESS("sslmode=verify-full&sslrootcert=nowhere.pem"),
      PASSWORD,
      /nowhere\.pem, which sslrootcert of the store names, cannot be/,
    ],
    [`postgres://a@127.0.0.1:9/a`, PASSWORD, /ECONNREFUSED/],
  ];
  const tries = table.map(async ([address, password, words]) => {
    const { out, code } = await said("check-config", { COATCHECK_STORE: address, COATCHECK_STORE_PASSWORD: password });
    assert.match(out, /^ {2}! store: cannot be used: /m);
    assert.match(out, words);
    assert.equal(code, 1);
  });
  await Promise.all(tries);
});

test("verify-ca wants an authority that is named, no-verify none", async () => {
  const other = certificateOf("elsewhere.example.com").cert;
  const wrong = folder.write("other.pem", other);
  const opened = async (parameters: string): Promise<unknown> => {
    const setting = readKind(kind, ADDRESS(parameters));
    assert.ok(isPostgres(setting));
    const told: string[] = [];
    const store = await openStore(setting, { password: () => PASSWORD, onWarning: (message) => told.push(message) });
    await store.close();
    return told.filter((message) => /does not answer/.test(message)).length === 0;
  };
  assert.equal(await opened(`sslmode=verify-ca&sslrootcert=${certificate}`), true);
  assert.equal(await opened(`sslmode=verify-ca&sslrootcert=${wrong}`), false);
  assert.equal(await opened("sslmode=no-verify"), true);
});

type Postgres = Extract<Parameters<typeof openStore>[0], { readonly kind: "postgres" }>;
const isPostgres = (setting: unknown): setting is Postgres => Object(setting).kind === "postgres";

async function opened(schema: string): Promise<SessionStore> {
  const setting = readKind(kind, `${verified()}&schema=${schema}`);
  assert.ok(isPostgres(setting), String(setting));
  return openStore(setting, { password: () => PASSWORD, onWarning: () => undefined });
}

test("S-39, S-42 a login on one replica is good on another, and a logout there ends it here", async () => {
  await using at = await gatewaysAtProvider();
  const config = { secrets: [OFFLINE.COATCHECK_SECRET] };
  const start = async () => at.start({ config, store: await opened("two") });
  const [a, b] = [await start(), await start()];
  const browser = new Browser();
  await browser.login(a.port);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [200, 200]);
  assert.equal((await browser.send(b.port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);
  assert.deepEqual([await a.statusWith(browser.ticket), await b.statusWith(browser.ticket)], [401, 401]);
});

test("SE-16 a gateway starts while PostgreSQL is away, says so, and serves when it is there", async () => {
  await server.stop();
  const environment = { ...OFFLINE, COATCHECK_STORE: verified(), COATCHECK_STORE_PASSWORD: PASSWORD };
  await using gateway = new Command(["serve"], { environment, cwd: folder.path });
  const { admin } = await gateway.introduced();
  assert.match(
    gateway.err,
    /! PostgreSQL does not answer yet: .*ECONNREFUSED.*\. Requests that look users up are 503 until it does\./,
  );
  const isReady = async (): Promise<unknown> =>
    Object(await (await fetch(`http://127.0.0.1:${admin}/health/ready`)).json()).store;
  assert.equal(await isReady(), false);
  await server.start();
  let ready = await isReady();
  while (ready !== true) ready = await isReady();
  assert.equal((await gateway.stop()).code, 0);
});

test("a gateway refuses tables of a newer release, and says what migrate=false wants", async () => {
  await sql(postgresSchema("newer"));
  await sql("UPDATE newer.meta SET version = 9, oldest = 9");
  const run = (rest: string) =>
    runCommand(["serve"], {
      environment: { ...OFFLINE, COATCHECK_STORE: `${verified()}&${rest}`, COATCHECK_STORE_PASSWORD: PASSWORD },
      cwd: folder.path,
    });
  const [newer, none] = await Promise.all([run("schema=newer"), run("schema=none&migrate=false")]);
  assert.equal(newer.code, 2);
  assert.match(newer.err, /The schema newer of the session store is of version 9, written by a newer release/);
  assert.equal(none.code, 2);
  assert.match(none.err, /is not up to date, and migrate is false\..*coatcheck-gateway migrate --print/);
});

test("migrate --print prints the SQL of the schema, and connects to nothing", async () => {
  const run = (...args: readonly string[]) => runCommand(["migrate", ...args], { cwd: folder.path });
  const [plain, named, wrong, none, help] = await Promise.all([
    run("--print"),
    run("--print", "--schema", "s1"),
    run("--print", "--schema", "S"),
    run(),
    run("--help"),
  ]);
  assert.equal(plain.out, `${postgresSchema()}\n`);
  assert.equal(named.out, `${postgresSchema("s1")}\n`);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /^coatcheck: .*small letters/);
  assert.deepEqual([none.code, none.err.split("\n")[0]], [2, "coatcheck: migrate takes --print, and after it --schema NAME"]);
  assert.match(help.out, /^coatcheck migrate: prints the SQL/);
  await sql(plain.out);
});
