/** What the configuration of a provider without OpenID Connect may be, and what is said of what may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coatcheck, oauth2 } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import type { OAuth2Config } from "./config.ts";
import { settleOAuth2Config } from "./config.ts";

const CLIENT = { clientId: "app", clientSecret: "secret" };
const OWN = {
  ...CLIENT,
  issuer: "https://forge.example.com",
  endpoints: { authorization: "https://forge.example.com/authorize", token: "https://forge.example.com/token" },
  user: { url: "https://forge.example.com/user", subject: "id" },
};

const WRONG: readonly (readonly [config: Omit<OAuth2Config, "type">, message: RegExp])[] = [
  [{ ...OWN, clientId: "" }, /provider\.clientId is missing/],
  [{ ...OWN, clientSecret: "" }, /provider\.clientSecret is empty/],
  [{ ...OWN, issuer: "http://forge.example.com" }, /provider\.issuer must be https/],
  [{ ...OWN, endpoints: { authorization: "https://forge.example.com/authorize" } }, /provider\.endpoints\.token must be a URL/],
  [
    { ...OWN, endpoints: { ...OWN.endpoints, token: "http://forge.example.com/token" } },
    /provider\.endpoints\.token must be https/,
  ],
  [{ ...OWN, endpoints: { ...OWN.endpoints, revocation: "ftp://x" } }, /provider\.endpoints\.revocation must be https/],
  [{ ...OWN, user: { url: "/user", subject: "id" } }, /provider\.endpoints\.api must be a URL/],
  [{ ...OWN, user: { ...OWN.user, subject: "a..b" } }, /provider\.user has "a\.\.b", which is no path/],
  [{ ...CLIENT, issuer: OWN.issuer, endpoints: OWN.endpoints }, /provider\.user is missing/],
  [{ ...OWN, askGroups: true }, /provider\.askGroups is true, though no groups are known/],
  [{ ...CLIENT, preset: "x", askGroups: true }, /provider\.askGroups is true/],
  [{ ...OWN, scope: "a  b" }, /provider\.scope is a list of words/],
  [{ ...OWN, name: "a/b" }, /provider\.name takes letters/],
  [{ ...OWN, recheck: 59_999 }, /provider\.recheck must be between 60000 and 86400000/],
  [{ ...OWN, authorizationParameters: { state: "x" } }, /provider\.authorizationParameters has "state"/],
  [{ ...OWN, loginParameters: ["prompt"] }, /provider\.loginParameters has "prompt"/],
  [{ clientId: "app", preset: "github", clientAuthentication: "client_secret_post" }, /provider\.clientSecret is missing/],
];

test("AR-06, TK-05 what cannot be a provider is refused where it is written, by its key", () => {
  for (const [config, message] of WRONG) {
    assert.throws(() => oauth2(config), { name: "CoatcheckError", code: "ERR_CONFIG", message });
  }
});

test("F-32 presets know addresses, scope and client authentication; a GitHub of one's own has its own", () => {
  const github = settleOAuth2Config({ type: "oauth2", preset: "github", ...CLIENT, askGroups: true });
  assert.deepEqual(
    [github.name, github.issuer, github.endpoints.token, github.user.url, github.scope, github.clientAuthentication],
    [
      "github",
      "https://github.com/login/oauth",
      "https://github.com/login/oauth/access_token",
      "https://api.github.com/user",
      "read:user user:email read:org",
      "client_secret_post",
    ],
  );
  assert.equal(github.revocation?.url, "https://api.github.com/applications/app/token");
  const issuer = "https://git.example.com/login/oauth";
  const own = settleOAuth2Config({ type: "oauth2", preset: "github", ...CLIENT, issuer });
  assert.equal(own.endpoints.authorization, "https://git.example.com/login/oauth/authorize");
  assert.equal(own.user.url, "https://git.example.com/api/v3/user");
  assert.equal(own.groups.length, 0);
});

test("S-38 options that do not exist stop the start, in a provider's parts too", () => {
  const misspelt = { type: "oauth2", preset: "github", ...CLIENT, askGroup: true } as const;
  const within = { type: "oauth2", ...OWN, endpoints: { ...OWN.endpoints, tokens: "https://x.example" } } as const;
  const common = { publicUrl: "https://app.example.com", secrets: "s".repeat(43), store: memory() };
  assert.throws(() => coatcheck({ ...common, provider: misspelt }), /provider\.askGroup .*askGroups/s);
  assert.throws(() => coatcheck({ ...common, provider: within }), /provider\.endpoints\.tokens .*token/s);
});
