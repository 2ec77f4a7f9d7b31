/** A store's password that is exchanged while gateways run (S-64). */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createClient } from "@redis/client";
import pg from "pg";
import { freePort } from "../../../tools/suite/free-port.ts";
import { startPostgresProcess, TEST_USER } from "../../../tools/suite/postgres-server.ts";
import { startRedis } from "../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { type Environment, ServedGateway } from "../../test-support/command.ts";

const [OLD, FRESH] = ["old-canary", "fresh-canary"];

const open = new AsyncDisposableStack();
const folder = open.use(temporaryFolder("store-password"));
let sql: (text: string) => Promise<pg.QueryArrayResult<unknown[]>>;
let port: number;
before(async () => {
  port = await freePort();
  const who = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  const settings = { listen_addresses: "127.0.0.1", port: String(port) };
  const server = open.use(await startPostgresProcess(settings, { "pg_hba.conf": who }));
  const client = new pg.Client({ host: server.folder, port, ...TEST_USER });
  await client.connect();
  open.defer(() => client.end());
  sql = (text) => client.query({ text, rowMode: "array" });
});
after(() => open.disposeAsync());

async function serve(store: string, more: Environment = {}): Promise<{ gateway: ServedGateway; change: () => Promise<void> }> {
  const file = folder.file(`password-${store.slice(0, 5)}-${more["COATCHECK_WORKERS"]}`);
  writeFileSync(file, OLD);
  const environment = { COATCHECK_STORE: store, COATCHECK_STORE_PASSWORD_FILE: file, ...more };
  const gateway = open.use(await ServedGateway.start({ environment, cwd: folder.path }));
  return {
    gateway,
    async change() {
      const changed = (): number => gateway.lines.filter(({ event }) => event === "secrets.changed").length;
      writeFileSync(file, FRESH);
      gateway.child.kill("SIGHUP");
      await gateway.when(() => changed() === processesOf(more));
    },
  };
}

const processesOf = ({ COATCHECK_WORKERS: workers }: Environment): number => (workers === undefined ? 1 : Number(workers) + 1);

/** Asks until the store is ready, or no longer is. */
async function storeIs(gateway: ServedGateway, wanted: boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (JSON.parse((await gateway.admin("/health/ready")).text).store !== wanted) {
    assert.ok(performance.now() < deadline, `the store did not become ${wanted}`);
  }
}

async function stopped(gateway: ServedGateway): Promise<void> {
  const { out, err, code } = await gateway.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(out + err, /canary/);
}

for (const [name, more] of [
  ["one process", {}],
  ["workers", { COATCHECK_WORKERS: "2" }],
] as const satisfies readonly (readonly [string, Environment])[]) {
  test(`S-64 SIGHUP reads PostgreSQL's password again, and each connection from then on uses it: ${name}`, async () => {
    await sql(`ALTER ROLE ${TEST_USER.user} PASSWORD '${OLD}'`);
    const address = `postgres://${TEST_USER.user}@127.0.0.1:${port}/${TEST_USER.database}`;
    const { gateway, change } = await serve(address, more);
    await storeIs(gateway, true);
    await sql(`ALTER ROLE ${TEST_USER.user} PASSWORD '${FRESH}'`);
    // What stands goes on; what is opened anew does not get in.
    await storeIs(gateway, true);
    await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coatcheck-gateway'");
    await storeIs(gateway, false);
    await change();
    await storeIs(gateway, true);
    const listening = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'coatcheck-gateway' AND query LIKE 'LISTEN%'";
    while ((await sql(listening)).rows.length < processesOf(more));
    await stopped(gateway);
  });
}

test("S-64 SIGHUP reads the password of Redis again, and each connection from then on uses it", async () => {
  const server = open.use(await startRedis([`requirepass ${OLD}`]));
  const client = createClient({ password: OLD, socket: { port: server.port } });
  client.on("error", () => {});
  await client.connect();
  const { gateway, change } = await serve(`redis://127.0.0.1:${server.port}`);
  await storeIs(gateway, true);
  await client.sendCommand(["CONFIG", "SET", "requirepass", FRESH]);
  await storeIs(gateway, true);
  await client.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
  await client.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
  await storeIs(gateway, false);
  await change();
  await storeIs(gateway, true);
  const subscribed = async (): Promise<string> => String(await client.sendCommand(["CLIENT", "LIST", "TYPE", "pubsub"]));
  while (!(await subscribed()).includes("sub=1"));
  client.destroy();
  await stopped(gateway);
});
