import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Browser } from "../test-support/browser.ts";
import type { CommandOptions } from "../test-support/command.ts";
import { ServedGateway } from "../test-support/command.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { PUBLIC } from "../test-support/harness.ts";
import { CLIENT, testProvider } from "../test-support/provider/provider.ts";
import { ask, listenOn } from "../test-support/talk.ts";

const open = new AsyncDisposableStack();
let options: CommandOptions;

before(async () => {
  const folder = open.use(temporaryFolder("crash"));
  const provider = open.use(await testProvider());
  await provider.start();
  const app = open.use(await listenOn((message, response) => response.end(String(message.headers["x-auth-request-user"]))));
  const environment = {
    COATCHECK_PUBLIC_URL: `https://${PUBLIC}`,
    COATCHECK_STORE: `sqlite:${folder.file("sessions.db")}`,
    COATCHECK_ISSUER: provider.issuer,
    COATCHECK_CLIENT_ID: CLIENT.clientId,
    COATCHECK_CLIENT_SECRET: CLIENT.clientSecret,
    COATCHECK_UPSTREAM: `http://127.0.0.1:${app.port}`,
  };
  options = { cwd: folder.path, environment };
});
after(() => open.disposeAsync());

test("S-05, SE-12 a gateway killed in the middle keeps every session and every logout that it confirmed", async () => {
  await using first = await ServedGateway.start(options);
  await first.ready();
  const { port } = first;
  const people = await Promise.all(Array.from({ length: 6 }, () => new Browser().signIn(first)));
  const [gone, ...staying] = people;
  assert.ok(gone !== undefined);
  const copied = gone.ticket;
  const half = new Browser();
  const callback = await half.approve(await half.begin(port, "/after"));
  assert.equal((await gone.send(port, "/auth/logout", { method: "POST", headers: SCRIPT })).status, 200);

  // Killed while requests, logins and logouts are on their way: none of them has an answer to rely on.
  const busy = staying.flatMap((browser) => [
    browser.send(port, "/a", { headers: PAGE }),
    new Browser().login(port),
    browser.send(port, "/auth/session", { method: "POST", headers: SCRIPT }),
  ]);
  await Promise.race(busy);
  await first.stop("SIGKILL");
  await Promise.allSettled(busy);

  await using second = await ServedGateway.start(options, first);
  await second.ready();
  for (const browser of staying) {
    const answer = await browser.send(port, "/a", { headers: PAGE });
    assert.deepEqual([answer.status, answer.text], [200, "alice"]);
  }
  assert.equal((await ask(port, "/a", { headers: { ...SCRIPT, cookie: copied } })).status, 401, "the logout holds");
  const landed = await half.send(port, callback, { headers: PAGE });
  assert.deepEqual([landed.status, landed.headers.location], [303, "/after"], "a login that was begun before is finished");
  assert.equal((await second.stop()).code, 0, "a signal to stop is no failure");
});
