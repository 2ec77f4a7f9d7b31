/**
 * A user signs out while the provider is still busy with their refresh token, which is of no use to any caller
 * afterwards.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser } from "../test-support/browser.ts";
import type { FullGateway } from "../test-support/full-gateway.ts";
import { PAGE, SCRIPT } from "../test-support/full-gateway.ts";
import type { HeldAnswers } from "../test-support/provider/provider.ts";
import type { Answered } from "../test-support/talk.ts";
import type { TwoReplicas } from "../test-support/two-replicas.ts";
import { RAN_OUT, twoReplicas } from "../test-support/two-replicas.ts";

let here: TwoReplicas;
const open = new AsyncDisposableStack();

before(async () => {
  here = open.use(await twoReplicas());
});
after(() => open.disposeAsync());

/** A user for whom both gateways wait: the provider has used up the refresh token, and says nothing. */
async function waiting(sub: string): Promise<{ browser: Browser; held: HeldAnswers; asked: readonly Promise<Answered>[] }> {
  const browser = await here.signIn(sub);
  here.clock.pass(RAN_OUT);
  const held = here.provider.hold();
  const asked = [here.a, here.b, here.a].map((gateway) => here.get(gateway, browser));
  await held.arrived;
  return { browser, held, asked };
}

/** The refresh token that the provider gave last. */
const givenLast = (): string => here.provider.refreshes.at(-1)?.issued?.refreshToken ?? assert.fail("nothing was given");

async function revoked(token: string): Promise<void> {
  while (!here.provider.revoked.has(token)) await here.provider.next("/revoke");
}

const WAYS: readonly (readonly [name: string, leave: (gateway: FullGateway, browser: Browser) => Promise<unknown>])[] = [
  [
    "logout at the gateway that refreshes",
    (gateway, browser) => gateway.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: browser.ticket } }),
  ],
  [
    "logout at the other one",
    (_gateway, browser) => here.b.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: browser.ticket } }),
  ],
  [
    "logout by the provider",
    (_gateway, browser) => {
      const sid = `sid-${JSON.parse(here.logged("session.created", browser)[0] ?? "{}").owner?.split(" ")[1]}`;
      const body = new URLSearchParams({ logout_token: here.provider.logoutToken({ sid }) }).toString();
      return here.b.ask("/auth/backchannel-logout", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body,
      });
    },
  ],
];

for (const [index, [name, leave]] of WAYS.entries()) {
  test(`RF-06, S-21, S-42 ${name} while a refresh hangs: 401 at once, and what comes of it is revoked`, async () => {
    const { browser, held, asked } = await waiting(`leaver-${index}`);
    const copy = new Browser();
    for (const [cookie, value] of browser.jar) copy.jar.set(cookie, value);
    await leave(here.a, browser);
    assert.deepEqual(
      (await Promise.all(asked)).map(({ status }) => status),
      [401, 401, 401],
      "who waits hears it at once",
    );
    assert.deepEqual(await here.statuses(copy), [401, 401]);
    const discarded = givenLast();
    assert.equal(here.provider.revoked.has(discarded), false, "the provider has not answered yet");
    held.release();
    await revoked(discarded);
    assert.deepEqual(await here.statuses(copy), [401, 401]);
    assert.equal((await here.a.ask("/a", { headers: { ...PAGE, cookie: copy.ticket } })).status, 302);
    assert.equal(here.logged("session.ended", browser).length, 1);
    assert.equal(here.logged("refresh.discarded", browser).length, 1);
    assert.deepEqual(here.logged("refresh.completed", browser), []);
  });
}

test("RF-06 a second logout is fine, and other sessions of the same user go on", async () => {
  const { browser, held, asked } = await waiting("twice");
  const elsewhere = new Browser();
  held.release();
  await Promise.all(asked);
  await elsewhere.login(here.b.port);
  const leave = (): Promise<Answered> =>
    here.b.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie: browser.ticket } });
  const left = await Promise.all([leave(), leave()]);
  assert.deepEqual(
    left.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(await here.statuses(elsewhere), [200, 200]);
  assert.deepEqual(await here.statuses(browser), [401, 401]);
});
