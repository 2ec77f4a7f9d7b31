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
  };
  const answer = loaded({}, variables);
  assert.ok(answer.ok);
  const { audiences, accept, grace, recent } = answer.settings.tokens;
  assert.deepEqual([audiences.map(({ name }) => name), accept, grace, recent], [["api", "site"], ["site"], 30_000, 3_600_000]);
  assert.deepEqual([audiences[0]?.lifetime, audiences[0]?.users, audiences[0]?.family], [3_600_000, false, undefined]);
});
