/** How sessions keep in step with providers without OpenID Connect: refresh tokens, and tokens that never run out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { playedSite, signInAt } from "../../../test-support/provider/played-site.ts";
import { manualClock } from "../../testing/manual-clock.ts";

const closing = closingAfterEach();
const HOUR = 3_600_000;
const LONG = { session: { idle: "30d", lifetime: "30d" } } as const;

test("RF-01 a token without an end is shown once an hour: groups follow, and a revoked one is the end", async () => {
  const clock = manualClock();
  const user = { groups: ["acme"] };
  const { played, site } = await playedSite(closing, { preset: "github", user }, { askGroups: true }, { ...LONG, clock });
  const visitor = site.visitor();
  await signInAt(played, visitor);
  const groups = async () =>
    (await (await visitor.get("/auth/session", { accept: "application/json" })).json()).identity.claims.groups;
  const asked = played.calls.length;
  assert.deepEqual(await groups(), ["acme"]);
  assert.equal(played.calls.length, asked);
  played.user = { groups: ["acme", "acme:owners"] };
  clock.advance(HOUR);
  assert.equal((await visitor.get("/")).status, 200);
  assert.deepEqual(await groups(), ["acme", "acme:owners"]);
  played.refuses = "limit";
  clock.advance(HOUR);
  assert.equal((await visitor.get("/")).status, 200, "a limit ends nothing");
  played.refuses = "revoked";
  clock.advance(HOUR / 2);
  assert.equal((await visitor.get("/")).status, 401);
});

test("ID-13 a token that is another user's by now ends the session", async () => {
  for (const expiring of [true, false]) {
    const clock = manualClock();
    const { played, site } = await playedSite(closing, { preset: "github", expiring }, {}, { ...LONG, clock });
    const visitor = site.visitor();
    await signInAt(played, visitor);
    played.user = { id: "2" };
    clock.advance(9 * HOUR);
    assert.equal((await visitor.get("/")).status, 401);
  }
});

for (const preset of ["github", "discord", "bitbucket", "x"] as const) {
  test(`RF-01, F-31 ${preset}: a refresh gives new tokens and claims, and a refused one ends the session`, async () => {
    const clock = manualClock();
    const { played, site } = await playedSite(closing, { preset, expiring: true }, {}, { ...LONG, clock });
    const visitor = site.visitor();
    await signInAt(played, visitor);
    const tokens = () => played.calls.filter((call) => /POST .*token$/.test(call)).length;
    assert.equal(tokens(), 1);
    clock.advance(8 * 24 * HOUR);
    assert.equal((await visitor.get("/")).status, 200);
    assert.equal(tokens(), 2);
    played.refuses = "refresh";
    clock.advance(8 * 24 * HOUR);
    // X refuses in words that may be about something else: they count when they are said twice.
    await visitor.get("/");
    clock.advance(HOUR);
    assert.equal((await visitor.get("/")).status, 401);
  });
}

test("LO-03, F-25 a logout revokes the token at the provider, in its own way, and stays here", async () => {
  for (const preset of ["github", "discord", "x"] as const) {
    const { played, site } = await playedSite(closing, { preset });
    const visitor = site.visitor();
    await signInAt(played, visitor);
    const out = await visitor.post("/auth/logout");
    assert.equal(out.headers.get("location"), "/auth/signed-out");
    await site.close();
    const revoked = played.calls.filter((call) => /^DELETE \/api\/v3\/applications\/app\/token$|^POST .*\/revoke$/.test(call));
    assert.equal(revoked.length, preset === "github" ? 1 : 2);
  }
});
