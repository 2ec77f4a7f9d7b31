/** A whole login at each provider without OpenID Connect, played over HTTP: who came in, and what was asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { assertLeftOut, ownSite, playedSite, signInAt } from "../../../test-support/provider/played-site.ts";

const closing = closingAfterEach();
const GROUPS = ["acme", "acme:developers"];

test("ID-14, F-14 GitHub: the id is the subject, the proven main address counts, teams are groups", async () => {
  const user = { login: "octocat", name: "The Octocat", groups: GROUPS };
  const { played, seen, site } = await playedSite(closing, { preset: "github", user }, { askGroups: true });
  const visitor = site.visitor();
  const landed = await signInAt(played, visitor);
  assert.equal(landed.status, 303);
  assert.equal(landed.headers.get("location"), "/here");
  assert.equal(await (await visitor.get("/here")).text(), "583231");
  const [signIn] = seen;
  assert.equal(signIn?.provider, "github");
  assert.equal(signIn?.identity.method, "oauth2:github");
  assert.equal(signIn?.identity.issuer, played.config.issuer);
  assert.deepEqual(signIn?.identity.claims, {
    ...{ sub: "583231", name: "The Octocat", preferred_username: "octocat" },
    ...{
      picture: `${new URL(played.config.issuer).origin}/u/583231`,
      profile: `${new URL(played.config.issuer).origin}/octocat`,
    },
    ...{ email: "octocat@example.com", email_verified: true, groups: GROUPS },
  });
});

test("AR-02, CB-04 a login goes with PKCE, the preset's scope and a callback of the provider's own", async () => {
  const { played, site } = await playedSite(closing, { preset: "github" }, { askGroups: true });
  const begun = await site.visitor().get("/auth/login?login_hint=octocat&prompt=select_account");
  const asked = new URL(begun.headers.get("location") ?? "");
  assert.equal(asked.origin + asked.pathname, `${played.config.issuer}/authorize`);
  assert.equal(asked.searchParams.get("scope"), "read:user user:email read:org");
  assert.equal(asked.searchParams.get("redirect_uri"), "https://app.example.com/auth/callback/github");
  assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
  assert.match(asked.searchParams.get("code_challenge") ?? "", /^[\w-]{43}$/);
  assert.equal(asked.searchParams.get("login"), "octocat");
  assert.equal(asked.searchParams.get("prompt"), "select_account");
  assert.equal(asked.searchParams.has("nonce"), false);
});

const CLAIMS = {
  discord: {
    ...{ name: "Nelly", preferred_username: "nelly", email: "nelly@example.com", email_verified: true },
    ...{ locale: "en-GB", groups: ["81384788765712384"] },
  },
  bitbucket: {
    ...{ name: "Nelly", preferred_username: "nelly", email: "nelly@example.com", email_verified: true },
    ...{ groups: ["acme", "zoo"] },
  },
  x: { name: "Nelly", preferred_username: "nelly", email: "nelly@example.com", email_verified: true },
} as const;

for (const preset of ["discord", "bitbucket", "x"] as const) {
  test(`ID-14 ${preset}: the id that never changes is the subject, and claims are mapped by data`, async () => {
    const groups = preset === "discord" ? ["81384788765712384"] : ["acme", "zoo"];
    const user = { id: "80351110224678912", login: "nelly", name: "Nelly", groups };
    const more = preset === "x" ? {} : { askGroups: true };
    const { played, seen, site } = await playedSite(closing, { preset, user }, more);
    const visitor = site.visitor();
    assert.equal((await signInAt(played, visitor)).status, 303);
    const subject = preset === "bitbucket" ? "{80351110224678912}" : "80351110224678912";
    assert.equal(seen[0]?.identity.subject, subject);
    const { picture: _, ...claims } = seen[0]?.identity.claims ?? {};
    assert.deepEqual(claims, { sub: subject, ...CLAIMS[preset] });
    assert.notEqual(seen[0]?.tokens.refreshToken, null);
    assert.equal((await visitor.get("/here")).status, 200);
  });
}

test("F-32 a token endpoint that answers as a form is understood", async () => {
  const { played, seen, site } = await playedSite(closing, { preset: "github", forms: true, expiring: true });
  assert.equal((await signInAt(played, site.visitor())).status, 303);
  assert.equal(seen[0]?.tokens.refreshToken, "ghr_1");
});

test("F-14 an address that is not proven is no address", async () => {
  const user = { verified: false };
  const { played, seen, site } = await playedSite(closing, { preset: "github", user });
  assert.equal((await signInAt(played, site.visitor())).status, 303);
  assert.equal(seen[0]?.identity.claims["email"], undefined);
});

test("ID-14 a provider of one's own is described by data; what has no usable id signs in no user", async () => {
  const { played } = await playedSite(closing, { preset: "github" });
  const { issuer, endpoints, clientId, clientSecret } = played.config;
  const described = (subject: string, claims = {}) => ({
    ...({ issuer, clientId, clientSecret, clientAuthentication: "client_secret_post" } as const),
    endpoints: { authorization: `${issuer}/authorize`, token: endpoints.token },
    user: { url: `${endpoints.api}/user`, subject, claims },
  });
  const came = ownSite(closing, described("id", { email: "html_url", kind: "type", nothing: "absent.deep" }));
  assert.equal((await signInAt(played, came.site.visitor())).status, 303);
  const [signIn] = came.seen;
  assert.equal(signIn?.provider, "default");
  const email = `${new URL(issuer).origin}/octocat`;
  assert.deepEqual(signIn?.identity.claims, { sub: "583231", email, kind: "User", email_verified: false });
  for (const subject of ["email", "absent", "login.deep"]) {
    const refused = ownSite(closing, described(subject));
    assert.equal((await signInAt(played, refused.site.visitor())).status, 502, subject);
  }
});

test("F-14 GitHub's organisations that want single sign-on are left out, and the operator is told", async () => {
  const user = { groups: GROUPS };
  const { played, seen, site } = await playedSite(closing, { preset: "github", user }, { askGroups: true });
  played.refuses = "lists";
  assert.equal((await signInAt(played, site.visitor())).status, 303);
  assert.deepEqual(seen[0]?.identity.claims["groups"], []);
  assert.equal(seen[0]?.identity.claims["email"], undefined);
  assertLeftOut(site, ["emails", "groups", "groups"]);
  played.refuses = "partial";
  assert.equal((await signInAt(played, site.visitor())).status, 303);
  assert.deepEqual(seen[1]?.identity.claims["groups"], GROUPS);
});
