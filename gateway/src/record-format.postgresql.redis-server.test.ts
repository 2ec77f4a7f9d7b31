/** A record that a newer release wrote, on every store: not to be read yet is an outage, and no logout. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SessionStore } from "coatcheck";
import { Browser, sessionIdOf } from "../test-support/browser.ts";
import { EVERY_STORE, storeAt } from "../test-support/every-store.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import { type GatewaysAtProvider, gatewaysAtProvider } from "../test-support/provider/gateways-at-provider.ts";

const open = new AsyncDisposableStack();
after(() => open.disposeAsync());
let here: GatewaysAtProvider;
before(async () => {
  here = open.use(await gatewaysAtProvider());
});

/** Writes the row again with another text in its body. */
async function rewrite(store: SessionStore, id: string, from: string, to: string): Promise<void> {
  const row = (await store.get(id)) ?? assert.fail("the row is gone");
  assert.ok(row.body.startsWith(from), row.body);
  assert.ok(await store.put({ ...row, body: to + row.body.slice(from.length), version: row.version + 1 }, row.version));
}

for (const [name, address] of EVERY_STORE) {
  test(`SE-16 a record of an unknown format is 503 with its code, and no logout, on ${name}`, async () => {
    const store = await storeAt(await address({ open, folder: here.folder }));
    const gateway = await here.start({ store });
    const [browser, other] = [await new Browser().signIn(gateway), await new Browser().signIn(gateway)];
    const id = sessionIdOf(browser.ticket);
    const { ticket } = browser;
    await rewrite(store, id, '{"format":1,', '{"format":2,');
    for (const headers of [PAGE, SCRIPT]) {
      const answer = await browser.send(gateway.port, "/page", { headers });
      assert.deepEqual([answer.status, answer.setCookies], [503, []], answer.text);
      assert.ok(Number(answer.headers["retry-after"]) > 0);
    }
    const problem = await browser.send(gateway.port, "/page", { headers: SCRIPT });
    assert.equal(JSON.parse(problem.text).code, "ERR_RECORD_FORMAT");
    assert.equal(await gateway.statusWith(other.ticket), 200);
    await rewrite(store, id, '{"format":2,', '{"format":1,');
    assert.deepEqual([browser.ticket, await gateway.statusWith(ticket)], [ticket, 200]);
  });
}
