import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { loadConfig } from "../config.ts";

const BASE = {
  secrets: [randomBytes(32).toString("base64url")],
  publicUrl: "https://app.example.com",
  providers: [{ issuer: "https://id.example.com", clientId: "app", clientSecret: "s" }],
};
const url = "http://127.0.0.1:3000";
const API = { name: "api", scope: "jobs:read jobs:write" };

function loaded(file: object, environment: Readonly<Record<string, string>> = {}) {
  return loadConfig({ args: [], environment, directory: "/nonexistent", file: { ...BASE, ...file } });
}

/** What is said of a configuration: headlines, then the first line of advice. */
function said(file: object): readonly string[] {
  const answer = loaded(file);
  return answer.ok ? [] : answer.problems.map(({ headline, lines: [line] }) => `${headline}. ${line}`);
}

const upstream = (more: object): object => ({ tokens: { audiences: [API] }, upstreams: [{ url, ...more }] });

const accepting = (more: object): object => ({ tokens: { audiences: [API, "site"], accept: "api", ...more } });

const TABLE: readonly (readonly [file: object, ...said: string[]])[] = [
  [{ tokens: { audiences: [API, "site"], accept: "site" } }],
  [
    { tokens: { audiences: [API, "api"] } },
    "tokens.audiences[1].name is api, which another audience has. Give each a name of its own.",
  ],
  [
    { tokens: { audiences: ["the api"] } },
    "tokens.audiences[0].name is no name of an audience. It has 1 to 255 ASCII characters, no spaces.",
  ],
  [
    { tokens: { audiences: [{ name: "api", scope: 'a  "b"' }] } },
    "tokens.audiences[0].scope is no list of words. It has words with single spaces between.",
  ],
  [{ tokens: { accept: "api" } }, "tokens.accept has api, which is none of tokens.audiences. There are no tokens.audiences."],
  [upstream({ audience: "api", scope: "jobs:read", token: "own" })],
  [upstream({ audience: "jobs" }), "upstreams[0].audience is jobs, which is none of tokens.audiences. Known there: api."],
  [
    upstream({ audience: "api", scope: "jobs:all" }),
    "upstreams[0].scope has jobs:all, which tokens for api cannot have. Known there: jobs:read, jobs:write. Add it to tokens.audiences.",
  ],
  [
    upstream({ token: "own" }),
    "upstreams[0].token is own, though upstreams[0].audience is not given. Set upstreams[0].audience to one of tokens.audiences.",
  ],
  [
    upstream({ scope: "jobs:read" }),
    "upstreams[0].scope is given, though upstreams[0].audience is not. Set upstreams[0].audience to one of tokens.audiences.",
  ],
  [
    upstream({ audience: "api", access: "public" }),
    "upstreams[0].audience is given, though access is public. Callers are not authenticated there, so all would pass.",
  ],
  [
    { check: { token: "own" } },
    "check.token is own, though check.audience is not given. Set check.audience to one of tokens.audiences.",
  ],
  [{ tokens: { audiences: [API] }, check: { audience: "api", token: "own" } }],
  [upstream({ via: "bearer" }), "upstreams[0].via has bearer, though bearer is not given. No user could come that way."],
  [upstream({ via: "bearer", audience: "api" })],
  [{ tokens: { audiences: [{ ...API, introspection: "x".repeat(32) }] } }],
  [
    { tokens: { audiences: [{ ...API, introspection: ["x".repeat(32), "x".repeat(31)] }] } },
    "tokens.audiences[0].introspection is too short. It has at least 32 characters. Make one:  npx coatcheck secret",
  ],
  [{ tokens: { audiences: [{ ...API, family: "1d", idle: "1h" }] } }],
  [
    { tokens: { audiences: [{ ...API, idle: "1h" }] } },
    "tokens.audiences[0].idle is given, though tokens.audiences[0].family is not. There are no refresh tokens that could be idle.",
  ],
  [
    {
      tokens: {
        audiences: [
          { ...API, family: "1d", idle: "59m" },
          { ...API, name: "b", family: "1d", idle: "25h" },
        ],
      },
    },
    ...[0, 1].map((index) => {
      const key = `tokens.audiences[${index}]`;
      return `${key}.idle is not between ${key}.lifetime and ${key}.family. Refresh tokens would run out before access tokens, or never be idle for so long.`;
    }),
  ],
  [accepting({ revocation: "30s", personal: "api", allow: ["staff", { audiences: "api", scope: "jobs:read" }] })],
  [accepting({ revocation: "2h" }), "tokens.revocation is 2h. It is immediate, or a duration from 1s to 1h."],
  [accepting({ revocation: "at once" }), "tokens.revocation is at once. It is immediate, or a duration from 1s to 1h."],
  [
    { tokens: { audiences: [API], personal: {} } },
    "tokens.personal is given, though tokens.accept is empty. No token of ours passes here. Name an audience in tokens.accept (COATCHECK_TOKEN_ACCEPT).",
  ],
  [
    accepting({ personal: "site" }),
    "tokens.personal.audience is site, which no upstream and not tokens.accept names. Its tokens pass nowhere here. Those of these do: api.",
  ],
  [accepting({ personal: "web" }), "tokens.personal.audience is web, which is none of tokens.audiences. Known there: api, site."],
  [
    accepting({ personal: { prefix: "acme_" } }),
    "tokens.personal.prefix cannot begin a token. It is 2 to 32 letters, digits and _, a letter first and no _ last.",
  ],
  [
    accepting({ allow: [{ audiences: ["api", "web"] }] }),
    "tokens.allow[0].audiences has web, which is none of tokens.audiences. Known there: api, site.",
  ],
  [
    accepting({ allow: [{ scope: "jobs:read" }, { scope: "jobs:all" }] }),
    "tokens.allow[1].scope has jobs:all, which no token of its audiences can have. Known there: jobs:read, jobs:write. Add it to tokens.audiences.",
  ],
  [
    accepting({ allow: [{ audiences: "site", scope: "jobs:read" }] }),
    "tokens.allow[0].scope has jobs:read, which no token of its audiences can have. They have no scope. Add it to tokens.audiences.",
  ],
  [
    accepting({ allow: [{ kinds: ["personl"] }] }),
    "tokens.allow[0].kinds[0] is personl. It is one of access, family, agent, personal. Did you mean personal?",
  ],
];

test("settings of tokens that contradict one another are named, with what would be right", () => {
  for (const [file, ...expected] of TABLE) assert.deepEqual(said(file), expected, JSON.stringify(file));
});

test("settings of tokens come from the environment as well", () => {
  const variables = {
    COATCHECK_TOKEN_AUDIENCES: "api, site",
    COATCHECK_TOKEN_ACCEPT: "site",
    COATCHECK_TOKEN_GRACE: "30s",
    COATCHECK_TOKEN_RECENT: "1h",
    COATCHECK_TOKEN_REVOCATION: "30s",
    COATCHECK_TOKEN_PERSONAL: "site",
    COATCHECK_TOKEN_ALLOW: "staff, ops",
  };
  const answer = loaded({}, variables);
  assert.ok(answer.ok);
  const { audiences, accept, grace, recent } = answer.settings.tokens;
  assert.deepEqual([audiences.map(({ name }) => name), accept, grace, recent], [["api", "site"], ["site"], 30_000, 3_600_000]);
  assert.deepEqual([audiences[0]?.lifetime, audiences[0]?.users, audiences[0]?.family], [3_600_000, false, undefined]);
  const { revocation, personal, allow } = answer.settings.tokens;
  assert.deepEqual([revocation, personal?.audience, personal?.prefix, personal?.maxPerUser], [30_000, "site", "coatcheck", 20]);
  assert.deepEqual(
    allow.map(({ groups, audiences: named, kinds, scope }) => [groups, named, kinds, scope]),
    [
      [["staff"], [], [], undefined],
      [["ops"], [], [], undefined],
    ],
  );
  const plain = loaded({});
  assert.ok(plain.ok);
  const { tokens } = plain.settings;
  assert.deepEqual([tokens.revocation, tokens.personal, tokens.allow], ["immediate", undefined, []]);
});
