/** What the refusals and outages of providers without OpenID Connect come to at a login. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { failureOf, playedSite, signInAt } from "../../../test-support/provider/played-site.ts";
import type { PlayedRefusal } from "../../testing/played-provider.ts";

const closing = closingAfterEach();
const PRESETS = ["github", "discord", "bitbucket", "x"] as const;

const REFUSALS: readonly (readonly [refuses: PlayedRefusal, status: number, code: string])[] = [
  ["code", 403, "ERR_PROVIDER_REFUSED"],
  ["client", 403, "ERR_PROVIDER_REFUSED"],
  ["revoked", 403, "ERR_PROVIDER_REFUSED"],
  ["limit", 503, "ERR_PROVIDER_UNAVAILABLE"],
  ["down", 503, "ERR_PROVIDER_UNAVAILABLE"],
];

for (const preset of PRESETS) {
  test(`F-32 ${preset}: refusals in its own words are refusals, and outages and limits are 503`, async () => {
    const { played, site } = await playedSite(closing, { preset });
    for (const [refuses, status, code] of REFUSALS) {
      played.refuses = refuses;
      const answer = await signInAt(played, site.visitor());
      const told = `${refuses}: ${failureOf(site)}`;
      assert.equal(answer.status, status, told);
      assert.match(told, new RegExp(`${code}$`));
      assert.equal(
        answer.headers.getSetCookie().some((line) => /^__Host-Http-coatcheck=[^;]/.test(line)),
        false,
      );
    }
    played.refuses = null;
    assert.equal((await signInAt(played, site.visitor())).status, 303);
  });
}

test("CB-04, CB-08 an answer counts at the callback of its provider alone, and only with its own issuer", async () => {
  const { played, site } = await playedSite(closing, { preset: "github" });
  const tried = async (change: (url: URL) => void) => {
    const before = played.calls.length;
    const answer = await signInAt(played, site.visitor(), change);
    assert.equal(answer.status, 400, failureOf(site));
    assert.equal(played.calls.length, before, "no code was sent");
    return failureOf(site);
  };
  const elsewhere = (path: string) => (url: URL) => {
    url.pathname = path;
  };
  assert.match(await tried(elsewhere("/auth/callback")), /another-login/);
  assert.match(await tried(elsewhere("/auth/callback/other")), /another-login/);
  assert.match(await tried((url) => url.searchParams.set("iss", "https://evil.example")), /iss/);
});

test("F-32 a person who says no is told so, and a login that asks when is refused before the provider", async () => {
  const { played, site } = await playedSite(closing, { preset: "github" });
  const visitor = site.visitor();
  const begun = await visitor.get("/auth/login");
  const back = new URL(played.deny(begun.headers.get("location") ?? ""));
  assert.equal((await visitor.get(back.pathname + back.search)).status, 403);
  const asking = await visitor.get("/auth/login?max_age=0");
  assert.equal(asking.status, 502);
  assert.deepEqual(played.calls, []);
});
