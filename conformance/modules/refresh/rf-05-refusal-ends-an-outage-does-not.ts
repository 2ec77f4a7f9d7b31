/** The provider is down, refuses the refresh token, or loses the response: only a refusal ends the session. */
import assert from "node:assert/strict";
import { type Answer, field, signedInThere } from "../../client.ts";
import { refreshesOf } from "../../refreshing.ts";
import { appOf, type Target } from "../../target.ts";

export const title = "RF-05 invalid_grant ends the session once and makes no loop; a provider that is down ends nothing";

/** The longest that a provider is left alone after a failure. */
const BACK_OFF = 61_000;

export async function run(target: Target): Promise<void> {
  await outage(target);
  await refusal(target);
  await loss(target);
}

async function outage(target: Target): Promise<void> {
  const app = appOf(target);
  const browser = await signedInThere(target, "alice");
  app.clock.advance(app.tokenLifetime + 1000);
  app.provider.fail = "down";
  const before = refreshesOf(app);
  for (let turn = 0; turn < 5; turn++) {
    const page = await browser.get("/me");
    assert.deepEqual([page.status, page.cookies], [200, []], "an identity needs no token");
    unavailable(await browser.get("/token"));
  }
  assert.equal(refreshesOf(app), before + 1, "the provider is left alone for a while");
  app.provider.fail = null;
  app.clock.advance(BACK_OFF);
  assert.equal((await browser.get("/token")).status, 200);
}

function unavailable(answer: Answer): void {
  assert.equal(answer.status, 503, answer.text);
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  assert.deepEqual(answer.cookies, []);
  assert.equal(field(answer, "code"), "ERR_TOKEN_UNAVAILABLE");
}

async function refusal(target: Target): Promise<void> {
  const app = appOf(target);
  const browser = await signedInThere(target, "alice");
  app.clock.advance(app.tokenLifetime + 1000);
  app.provider.fail = "refuse";
  const [before, ended] = [refreshesOf(app), endings(target, "provider")];
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get("/me")));
  for (const { status, cookies } of answers) assert.deepEqual([status, cookies], [401, []]);
  for (const path of ["/me", "/token", `${target.prefix}/session`]) assert.equal((await browser.get(path)).status, 401, path);
  assert.equal(refreshesOf(app), before + 1, "asked once");
  assert.equal(endings(target, "provider"), ended + 1, "ended once");
  const redirected = await browser.visit("/me");
  assert.equal(redirected.status, 302);
  assert.match(String(redirected.headers.location), /[?&]ended=provider(&|$)/, "the person is told why");
  app.provider.fail = null;
  assert.equal((await (await signedInThere(target, "alice")).get("/token")).status, 200, "and can sign in again");
}

/** The answer is lost on its way: one more try, and if that is refused the session ends with a reason of its own. */
async function loss(target: Target): Promise<void> {
  const app = appOf(target);
  const browser = await signedInThere(target, "alice");
  app.clock.advance(app.tokenLifetime + 1000);
  app.provider.fail = "lose";
  unavailable(await browser.get("/token"));
  app.provider.fail = null;
  app.clock.advance(BACK_OFF);
  const before = refreshesOf(app);
  assert.equal((await browser.get("/me")).status, 401);
  assert.equal((await browser.get("/me")).status, 401);
  assert.equal(refreshesOf(app), before + 1);
  assert.equal(endings(target, "refresh-lost"), 1);
}

const endings = (target: Target, reason: string): number =>
  appOf(target).events.filter((event) => event.name === "session.ended" && event.reason === reason).length;
