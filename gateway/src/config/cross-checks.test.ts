/**
 * Settings of which each is right and which contradict one another: all that is said of them, and nothing of those
 * beside the edge.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { loadConfig } from "./config.ts";
import type { Problem } from "./sources/place.ts";

const provider = (more: object = {}) => ({ issuer: "https://id.example.com", clientId: "app", clientSecret: "s", ...more });
const url = "http://127.0.0.1:3000";
const introspection = { issuer: "https://id.example.com", clientId: "a", clientSecret: "s" };
const jwt = [{ issuer: "https://id.example.com", audience: "api" }];

function told(file: object): readonly Problem[] {
  const base = { publicUrl: "https://app.example.com", trustedProxies: ["10.0.0.7"], providers: [provider()] };
  const secrets = [randomBytes(32).toString("base64url")];
  const loaded = loadConfig({ args: [], environment: {}, directory: "/nonexistent", file: { secrets, ...base, ...file } });
  return loaded.ok ? [] : loaded.problems;
}

type Rows = readonly (readonly [file: object, ...headlines: string[]])[];

/** Says that no session is kept in step with its provider. */
const never = { refresh: { policy: "never" } };

/** A setting that sessions in their cookies cannot keep, or only with markers. */
function refusedInCookies(setting: string, given: object, marks?: "marks help"): Rows {
  const headline = (store: string): string => `${setting} cannot be kept, since the store is ${store}`;
  const marked = { store: "cookie+sqlite:a", ...never, ...given };
  return [
    [{ store: "cookie:", ...never, ...given }, headline("cookie:")],
    marks === undefined ? [marked, headline("cookie+…")] : [marked],
    [{ store: "sqlite:a", ...never, ...given }],
  ];
}

/** Headlines by what was said; none where it is right. */
const TABLE: Readonly<Record<string, Rows>> = {
  "users can sign in": [
    [{ providers: [] }, "providers is empty"],
    [{ providers: [], proxyIdentity: "generic" }],
    [{ proxyIdentity: "generic" }],
  ],
  "providers have names of their own, and ask for openid": [
    [{ providers: [provider(), provider({ name: "b" })] }],
    [{ providers: [provider(), provider()] }, "providers[1].name is default, which another provider has"],
    [{ providers: [provider({ scope: "email\topenid" })] }],
    [
      { providers: [provider({ scope: "openids" }), provider({ name: "b", scope: "email" })] },
      "providers[0].scope has no openid",
      "providers[1].scope has no openid",
    ],
  ],
  "a proxy that signs people on has an address": [
    [
      { proxyIdentity: "generic", trustedProxies: [] },
      "proxyIdentity is given, though neither proxyIdentity.trusted nor trustedProxies names a proxy",
    ],
    [{ proxyIdentity: { trusted: ["10.0.0.1"] }, trustedProxies: [] }],
    [{ proxyIdentity: "generic", trustedProxies: ["10.0.0.1"] }],
    [{ proxyIdentity: { trusted: ["10.0.0.1", "10.0.0.2"] }, trustedProxies: ["10.0.0.1"] }],
  ],
  "ranges do not hold every address together": [
    [
      { trustedProxies: ["0.0.0.0/1", "128.0.0.0/1"] },
      "trustedProxies (0.0.0.0/1, 128.0.0.0/1) together hold every public IPv4 address, which trusts everyone",
    ],
    [
      { proxyIdentity: { trusted: ["2000::/4", "3000::/4"] } },
      "proxyIdentity.trusted (2000::/4, 3000::/4) together hold every public IPv6 address, which trusts everyone",
    ],
    [{ trustedProxies: ["0.0.0.0/1"], proxyIdentity: { trusted: ["128.0.0.0/1"] } }],
  ],
  "bearer reads some token": [
    [{ bearer: {} }, "bearer reads no token"],
    [{ bearer: { jwt } }],
    [{ bearer: { introspection } }],
    [{ bearer: { jwt, introspection } }],
  ],
  "sessions of absent users are kept in step where those of present ones are": [
    [{ refresh: { background: true, policy: "on-demand" } }, "refresh.background is true, though refresh.policy is on-demand"],
    [{ refresh: { background: true, policy: "never" } }, "refresh.background is true, though refresh.policy is never"],
    [{ refresh: { background: true } }],
    [{ refresh: { policy: "never" } }],
  ],
  "groups are named where they are asked for, and there alone": [
    [{ upstreams: [{ url, access: "groups" }] }, "upstreams[0].groups is empty, though access is groups"],
    [{ upstreams: [{ url, access: "groups", groups: ["a"] }] }],
    [{ upstreams: [{ url, access: "api", groups: ["a"] }] }],
    [{ upstreams: [{ url, access: "api" }] }],
    ...["public", "optional", "user"].map(
      (access) =>
        [{ upstreams: [{ url, access, groups: ["a"] }] }, `upstreams[0].groups is given, though access is ${access}`] as const,
    ),
  ],
  "where no user is looked up none is kept out": [
    [{ upstreams: [{ url, access: "public" }] }],
    [{ upstreams: [{ url, access: "public", token: "header" }] }, "upstreams[0].token is given, though access is public"],
    [{ upstreams: [{ url, access: "optional", token: "header" }] }],
    [
      { upstreams: [{ url, access: "public", providers: ["default"] }] },
      "upstreams[0].providers is given, though access is public",
    ],
    [{ upstreams: [{ url, access: "optional", providers: ["default"] }] }],
    [{ upstreams: [{ url, access: "public", via: ["session"] }] }, "upstreams[0].via is given, though access is public"],
    [{ upstreams: [{ url, access: "optional", via: ["session"] }] }],
  ],
  "a way of authenticating is one that there is": [
    [
      { upstreams: [{ url, via: ["session", "proxy", "bearer"] }] },
      "upstreams[0].via has proxy, though proxyIdentity is not given",
      "upstreams[0].via has bearer, though bearer is not given",
    ],
    [{ upstreams: [{ url, via: ["proxy", "bearer"] }], proxyIdentity: "generic", bearer: { jwt } }],
  ],
  "hosts are public ones": [
    [
      { upstreams: [{ url, hosts: ["app.example.com", "b.example"] }] },
      "upstreams[0].hosts has b.example, which is not in publicUrl",
    ],
    [{ publicUrl: "https://app.example.com:8443", upstreams: [{ url, hosts: ["app.example.com:8443"] }] }],
  ],
  "a path of a host belongs to one upstream": [
    [
      {
        upstreams: [
          { url, paths: ["/a"] },
          { url, paths: ["/b"] },
          { url, paths: ["/c", "/a"] },
        ],
      },
      "upstreams[2].paths has /a, which upstreams[0] has too",
    ],
    [
      {
        publicUrl: ["https://a.example", "https://b.example"],
        upstreams: [{ url, hosts: ["a.example"] }, { url, hosts: ["b.example"] }, { url }],
      },
    ],
    [
      {
        publicUrl: ["https://a.example", "https://b.example"],
        upstreams: [
          { url, hosts: ["b.example", "a.example"] },
          { url, hosts: ["a.example"] },
        ],
      },
      "upstreams[1].paths has /, which upstreams[0] has too",
    ],
  ],
  "what lies under the prefix is the gateway's own": [
    [
      { upstreams: [{ url, paths: ["/auth", "/auth/a", "/authors", "/a/auth/"] }] },
      "upstreams[0].paths has /auth, which lies under prefix",
      "upstreams[0].paths has /auth/a, which lies under prefix",
    ],
    [{ prefix: "/own", upstreams: [{ url, paths: ["/auth"] }] }],
  ],
  "each public host stands once, under one scheme": [
    [{ publicUrl: ["https://a.example", "https://b.example"] }],
    [{ publicUrl: ["https://a.example", "https://a.example:443"] }, "publicUrl has a.example twice"],
    [{ publicUrl: ["https://a.example", "https://a.example:444"] }],
    [
      { publicUrl: ["https://localhost", "http://localhost"] },
      "publicUrl has both https and http origins",
      "publicUrl has localhost twice",
    ],
  ],
  "idle is not longer than lifetime": [
    [{ session: { idle: "2h", lifetime: "2h" } }],
    [{ session: { idle: "2h", lifetime: "119m" } }, "session.idle is longer than session.lifetime"],
  ],
  "the two listeners have an address each": [
    [{ listen: "127.0.0.1:1", admin: { listen: "127.0.0.1:1" } }, "listen and admin.listen are the same"],
    [{ listen: "127.0.0.1:0", admin: { listen: "127.0.0.1:0" } }],
    [{ listen: "127.0.0.1:1", admin: { listen: "[::1]:1" } }],
    [{ listen: "127.0.0.1:1", admin: { listen: "127.0.0.1:2" } }],
  ],
  "several processes share a store": [
    [{ workers: 2, store: "memory:" }, "workers is more than 1, though the store is memory:"],
    [{ workers: 1, store: "memory:" }],
    [{ workers: 2, store: "sqlite:a" }],
    [{ workers: 2, store: "cookie+memory:", ...never }, "workers is more than 1, though the store is cookie+memory:"],
    [{ workers: 1, store: "cookie+memory:", ...never }],
    [{ workers: 2, store: "cookie:", ...never }],
  ],
  "sessions in their cookies keep what is promised": [
    ...refusedInCookies("session.maxPerUser", { session: { maxPerUser: 3 } }),
    ...refusedInCookies("session.keepUserAgent", { session: { keepUserAgent: true } }),
    ...refusedInCookies("session.keepAddress", { session: { keepAddress: "truncated" } }),
    ...refusedInCookies("refresh.policy", { refresh: { policy: "on-demand" } }),
    ...refusedInCookies("upstreams[].token", { upstreams: [{ url, token: "header" }] }),
    ...refusedInCookies("tokens.audiences", { tokens: { audiences: ["api"] } }),
    ...refusedInCookies("frontchannelLogout", { frontchannelLogout: { enabled: true } }, "marks help"),
    ...refusedInCookies("admin.token", { admin: { token: "t".repeat(32) } }, "marks help"),
    ...refusedInCookies(
      "providers[].backchannelLogoutSessionRequired",
      { providers: [provider({ backchannelLogoutSessionRequired: true })] },
      "marks help",
    ),
    [{ store: "cookie:" }, "refresh.policy cannot be kept, since the store is cookie:"],
    [
      { store: "cookie:", refresh: { background: true } },
      "refresh.policy cannot be kept, since the store is cookie:",
      "refresh.background cannot be kept, since the store is cookie:",
    ],
    [{ store: "cookie:", providers: [], proxyIdentity: "generic" }],
  ],
};

for (const [name, rows] of Object.entries(TABLE))
  test(`F-46 ${name}`, () => {
    for (const [file, ...headlines] of rows) {
      const found = told(file).map(({ headline }) => headline);
      assert.deepEqual(found, headlines, JSON.stringify(file));
    }
  });

test("F-46 what is known is said, and what to do, line by line", () => {
  const [a, b] = [provider({ name: "a" }), provider({ name: "b" })];
  const upstreams = [{ url, providers: ["c"] }];
  assert.deepEqual(told({ providers: [a, b], upstreams })[0]?.lines, ["Known there: a, b."]);
  assert.deepEqual(told({ providers: [a, b], upstreams: [{ url, providers: ["b"] }] }), []);
  assert.deepEqual(told({ providers: [], proxyIdentity: "generic", upstreams })[0]?.lines, ["There are no providers."]);
  const publicUrl = ["https://a.example", "https://b.example"];
  assert.deepEqual(told({ publicUrl, upstreams: [{ url, hosts: ["c"] }] })[0]?.lines, ["Known there: a.example, b.example."]);
  const lines = told({ trustedProxies: ["0.0.0.0/1", "128.0.0.0/1"] })[0]?.lines ?? [];
  assert.deepEqual(
    lines.map((line) => /^Anyone could .*\.$/.test(line)),
    [true],
  );
});
