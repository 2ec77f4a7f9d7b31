import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "../test-support/browser.ts";
import type { Environment } from "../test-support/command.ts";
import { ServedGateway } from "../test-support/command.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import type { TestProvider } from "../test-support/provider/provider.ts";
import { CLIENT, testProvider } from "../test-support/provider/provider.ts";
import { ready } from "../test-support/ready.ts";
import { ask, listenOn } from "../test-support/talk.ts";

/** Two gateways as their command runs them, on one file of sessions. */
const folder = temporaryFolder("store-lost");
const file = folder.file("sessions.db");
const open = new AsyncDisposableStack();
open.use(folder);
let provider: TestProvider;
let environment: Environment;

before(async () => {
  provider = open.use(await testProvider());
  await provider.start();
  const app = open.use(await listenOn((message, response) => response.end(String(message.headers["x-auth-request-user"]))));
  environment = {
    COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
    COATCHECK_ADMIN_TOKEN: randomBytes(32).toString("base64url"),
    COATCHECK_STORE: `sqlite:${file}`,
    COATCHECK_ISSUER: provider.issuer,
    COATCHECK_CLIENT_ID: CLIENT.clientId,
    COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
    COATCHECK_UPSTREAM: `http://127.0.0.1:${app.port}`,
  };
});
after(() => open.disposeAsync());

const serve = async (): Promise<ServedGateway> => open.use(await ServedGateway.start({ cwd: folder.path, environment })).ready();

/** Sets a gateway up whose file is lost, and another that is restarted on what is at the path now. */
async function afterLosing(
  lose: (backup: string) => void,
): Promise<{ old: ServedGateway; restarted: ServedGateway; browser: Browser }> {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  const first = await serve();
  const browser = await new Browser().signIn(first);
  await first.stop();
  const backup = folder.file("backup.db");
  copyFileSync(file, backup);
  const [old, other] = [await serve(), await serve()];
  for (const { port } of [old, other]) assert.equal((await browser.send(port, "/a", { headers: PAGE })).status, 200);
  lose(backup);
  await other.stop();
  return { old, restarted: await serve(), browser };
}

const LOSSES: readonly (readonly [string, RegExp, (backup: string) => void])[] = [
  ["rm sessions.db", /was deleted|was replaced/, () => rmSync(file)],
  ["rm sessions.db sessions.db-wal sessions.db-shm", /was deleted|was replaced/, () => removeAll()],
  [
    "mv backup.db sessions.db",
    /was replaced/,
    (backup) => {
      removeAll();
      renameSync(backup, file);
    },
  ],
];

function removeAll(): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

for (const [command, words, lose] of LOSSES) {
  test(`F-11 ${command}: the process with the old file is not ready, answers 503 and says so once`, async () => {
    const { old, restarted, browser } = await afterLosing(lose);
    const said = await ready(old, false);
    assert.equal(said.store, false);
    const page = await browser.send(old.port, "/a", { headers: PAGE });
    assert.equal(page.status, 503);
    assert.ok(page.headers["retry-after"] !== undefined);
    const logout = await ask(old.port, "/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: browser.cookie } });
    assert.equal(logout.status, 503);
    const query = `issuer=${encodeURIComponent(provider.issuer)}&subject=alice`;
    assert.equal((await old.admin(`/sessions?${query}`, { method: "DELETE" })).status, 503);
    assert.equal((await old.admin("/health/live")).status, 200);
    // Its line is written before its answer, and may come later by the other pipe.
    await old.until(/"event":"store.lost"/);
    const told = old.lines.filter(({ event }) => event === "store.lost");
    assert.deepEqual(
      told.map(({ level }) => level),
      ["error"],
    );
    assert.match(JSON.stringify(told[0]), words);
    assert.match((await old.admin("/metrics")).text, /^coatcheck_notices_total\{notice="store\.lost"\} 1$/m);

    await restarted.ready();
    assert.equal((await new Browser().login(restarted.port)).status, 303);
    await old.stop();
    assert.equal(
      (await restarted.admin(`/sessions?${query}`, { method: "DELETE" })).status,
      200,
      "the old one took nothing along",
    );
    assert.deepEqual(
      restarted.lines.filter(({ event }) => event === "store.lost"),
      [],
    );
    await restarted.stop();
  });
}
