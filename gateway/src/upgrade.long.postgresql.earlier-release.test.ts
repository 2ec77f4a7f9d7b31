/** The release before this one and this one side by side, on one store, as while replicas are exchanged one by one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EARLIER_RELEASE } from "../../tools/build/earlier-release.ts";
import { startPostgresProcess } from "../../tools/suite/postgres-server.ts";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "../test-support/browser.ts";
import { ServedGateway } from "../test-support/command.ts";
import { postgresAddress } from "../test-support/every-store.ts";
import { ORIGIN, PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { CLIENT, type TestProvider, testProvider } from "../test-support/provider/provider.ts";
import { listenOn } from "../test-support/talk.ts";

const open = new AsyncDisposableStack();
after(() => open.disposeAsync());
const folder = open.use(temporaryFolder("upgrade"));
const SECRET = randomBytes(32).toString("base64url");
let provider: TestProvider;

before(async () => {
  provider = open.use(await testProvider());
  await provider.start();
  const app = open.use(await listenOn(({ headers }, response) => response.end(headers["x-auth-request-access-token"])));
  const config = { upstreams: [{ url: `http://127.0.0.1:${app.port}`, access: "user", token: "header" }] };
  writeFileSync(folder.file("coatcheck.config.json"), JSON.stringify(config));
});

/** A gateway of this release, or of the one whose command is named. */
async function started(store: string, main?: string): Promise<ServedGateway> {
  const environment = {
    COATCHECK_SECRET: SECRET,
    COATCHECK_PUBLIC_URL: ORIGIN,
    COATCHECK_STORE: store,
    COATCHECK_ISSUER: provider.issuer,
    COATCHECK_CLIENT_ID: CLIENT.clientId,
    COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
  };
  const gateway = open.use(await ServedGateway.start({ environment, cwd: folder.path, ...(main === undefined ? {} : { main }) }));
  return gateway.ready();
}

const stores: { readonly [name: string]: () => Promise<string> } = {
  SQLite: async () => `sqlite:${folder.file("sessions.db")}`,
  PostgreSQL: async () => postgresAddress(open.use(await startPostgresProcess()).folder),
};

for (const [name, address] of Object.entries(stores)) {
  test(`S-39 sessions, logins and logouts pass between the release before and this one, on ${name}`, async () => {
    const store = await address();
    // The older one made the tables, or the file.
    const older = await started(store, join(EARLIER_RELEASE, "gateway/src/main.ts"));
    const newer = await started(store);
    for (const [one, other] of [
      [older, newer],
      [newer, older],
    ] as const) {
      provider.lifetime = 3_600;
      const browser = new Browser();
      const back = await browser.approve(await browser.begin(one.port));
      assert.equal((await browser.send(other.port, back, { headers: PAGE })).status, 303);
      const tokens = await tokensAt(browser, [one, other]);
      assert.deepEqual(tokens, [tokens[0], tokens[0]]);

      provider.lifetime = 1;
      const brief = await new Browser().signIn(one);
      const [first] = await tokensAt(brief, [one]);
      provider.lifetime = 3_600;
      await passed(first ?? "", brief, other);
      const refreshed = await tokensAt(brief, [one, other]);
      assert.deepEqual([new Set(refreshed).size, refreshed.includes(first ?? "")], [1, false]);

      const { ticket } = browser;
      assert.equal((await browser.send(other.port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);
      for (const gateway of [one, other]) {
        const copy = await new Browser().send(gateway.port, "/", { headers: { ...SCRIPT, cookie: ticket } });
        assert.equal(copy.status, 401, copy.text);
      }
      assert.equal((await tokensAt(brief, [one, other])).length, 2);
    }
    for (const { out } of [older, newer]) assert.doesNotMatch(out, /"level":"error"/);
    await Promise.all([older.stop(), newer.stop()]);
  });
}

/** The access tokens that the app gets through these gateways. */
async function tokensAt(browser: Browser, gateways: readonly ServedGateway[]): Promise<readonly string[]> {
  const answers = await Promise.all(gateways.map(({ port }) => browser.send(port, "/page", { headers: SCRIPT })));
  return answers.map(({ status, text }) => {
    assert.equal(status, 200, text);
    return text;
  });
}

/** Asks until the access token is another: the one of before has run out. */
async function passed(before: string, browser: Browser, gateway: ServedGateway): Promise<void> {
  let [token] = await tokensAt(browser, [gateway]);
  while (token === before) [token] = await tokensAt(browser, [gateway]);
}
