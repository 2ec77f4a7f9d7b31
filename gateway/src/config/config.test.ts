import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatDuration, parseDuration } from "coatcheck/settings";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { SCHEMA, schemaText, TABLE, withTable } from "../../test-support/config-documents.ts";
import type { Settings } from "./config.ts";
import { loadConfig, NAMED_SETTINGS } from "./config.ts";
import { formatProblems } from "./sources/place.ts";

const SECRET = randomBytes(32).toString("base64url");
const BASE = {
  COATCHECK_SECRET: SECRET,
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_ISSUER: "https://id.example.com",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "canary-client-secret",
};
type Sources = {
  readonly args?: readonly string[];
  readonly environment?: { readonly [name: string]: string };
  readonly file?: object;
};

const load = ({ args = [], environment = {}, file }: Sources) =>
  loadConfig({
    args,
    environment: { ...BASE, ...environment },
    directory: "/nonexistent",
    ...(file === undefined ? {} : { file }),
  });

function settings(sources: Sources): Settings {
  const loaded = load(sources);
  assert.ok(loaded.ok, loaded.ok ? "" : formatProblems(loaded.problems));
  return loaded.settings;
}

function complaint(sources: Sources): string {
  const loaded = load(sources);
  assert.ok(!loaded.ok, "it was taken");
  const said = formatProblems(loaded.problems);
  assert.ok(!said.includes(SECRET) && !said.includes("canary"), said);
  return said;
}

test("defaults are those of the contract", () => {
  const found = settings({});
  assert.deepEqual(found.listen, { host: "127.0.0.1", port: 4180 });
  assert.deepEqual(found.admin.listen, { host: "127.0.0.1", port: 4181 });
  assert.deepEqual(found.store, { kind: "sqlite", path: "coatcheck.db" });
  assert.equal(found.session.idle, 3_600_000);
  assert.equal(found.session.lifetime, 86_400_000);
  assert.equal(found.session.unconfirmed, 3_600_000);
  assert.deepEqual(found.trustedProxies, []);
  assert.equal(found.prefix, "/auth");
  assert.equal(found.workers, 1);
  assert.equal(found.providers[0]?.scope, undefined);
});

test("flags beat environment beats file beats oauth2-proxy", () => {
  const file = { session: { idle: "10m" }, prefix: "/file", providers: [{ clientId: "file", scope: "openid file" }] };
  const environment = { COATCHECK_PREFIX: "/environment", OAUTH2_PROXY_CLIENT_ID: "compat", OAUTH2_PROXY_SCOPE: "openid compat" };
  const found = settings({ args: ["--prefix", "/flag"], environment, file });
  assert.equal(found.prefix, "/flag");
  assert.equal(settings({ environment, file }).prefix, "/environment");
  assert.equal(settings({ file }).prefix, "/file");
  assert.equal(found.session.idle, 600_000);
  assert.equal(found.providers[0]?.clientId, "app");
  assert.equal(found.providers[0]?.scope, "openid file");
  assert.equal(settings({ environment }).providers[0]?.scope, "openid compat");
});

test("lists come from commas, repeated flags and files alike", () => {
  const expected = ["10.0.0.0/8", "fd00::/8"];
  assert.deepEqual(settings({ environment: { COATCHECK_TRUSTED_PROXIES: "10.0.0.0/8, fd00::/8" } }).trustedProxies, expected);
  assert.deepEqual(
    settings({ args: ["--trusted-proxies=10.0.0.0/8", "--trusted-proxies", "fd00::/8"] }).trustedProxies,
    expected,
  );
  assert.deepEqual(settings({ file: { trustedProxies: expected } }).trustedProxies, expected);
  const upstreams = settings({ args: ["--upstream", "http://localhost:3000"] }).upstreams;
  assert.deepEqual([upstreams[0]?.url, upstreams[0]?.paths, upstreams[0]?.access], ["http://localhost:3000", ["/"], "user"]);
});

/** What is wrong, and the words that must stand in the message. */
const WRONG: readonly (readonly [name: string, sources: Sources, words: readonly string[]])[] = [
  [
    "CR-07 a short secret",
    { environment: { COATCHECK_SECRET: "changeme" } },
    ["the secret is too short", "COATCHECK_SECRET (secrets[0]) has 8 bytes; it needs 32 random ones.", "npx coatcheck secret"],
  ],
  ["CR-07 a secret of one letter", { environment: { COATCHECK_SECRET: "A".repeat(43) } }, ["the secret can be guessed"]],
  [
    "CR-07 a second secret that is short",
    { environment: { COATCHECK_SECRET: `${SECRET},canary` } },
    ["(secrets[1]) has 6 bytes"],
  ],
  [
    "CR-07 a secret that is no base64url",
    { environment: { COATCHECK_SECRET: `${SECRET}!canary` } },
    ["the secret cannot be read", "not base64url"],
  ],
  ["no secret", { environment: { COATCHECK_SECRET: "" } }, ["secrets is missing", "COATCHECK_SECRET"]],
  [
    "A-09 trusting everyone",
    { file: { trustedProxies: ["0.0.0.0/0"] } },
    ["trustedProxies[0] is 0.0.0.0/0, which trusts everyone", "10.0.3.7/32", "COATCHECK_TRUSTED_PROXIES"],
  ],
  ["A-09 trusting everyone by IPv6", { args: ["--trusted-proxies", "10.0.0.1,::/0"] }, ["trustedProxies[1]", "trusts everyone"]],
  ["A-09 trusting everyone, mapped", { args: ["--trusted-proxies", "::ffff:0:0/96"] }, ["trusts everyone"]],
  ["no address range", { args: ["--trusted-proxies", "*"] }, ["trustedProxies[0] is *", "fd00::/8"]],
  [
    "http where others listen",
    { environment: { COATCHECK_PUBLIC_URL: "http://app.example.com" } },
    ["publicUrl[0]", "https", "COATCHECK_PUBLIC_URL"],
  ],
  ["an origin with a path", { environment: { COATCHECK_PUBLIC_URL: "https://app.example.com/x" } }, ["is no origin"]],
  [
    "a mixture of schemes",
    { environment: { COATCHECK_PUBLIC_URL: "https://app.example.com,http://localhost" } },
    ["both https and http"],
  ],
  ["an issuer over http", { args: ["--issuer", "http://id.example.com"] }, ["providers[0].issuer", "COATCHECK_ISSUER"]],
  [
    "no duration",
    { environment: { COATCHECK_IDLE: "1x" } },
    ["session.idle is 1x, which is no duration", "COATCHECK_IDLE", "15m"],
  ],
  [
    "idle past lifetime",
    { environment: { COATCHECK_IDLE: "48h" } },
    ["session.idle is longer than session.lifetime", "COATCHECK_LIFETIME"],
  ],
  [
    "a sealed cookie whose markers have no store",
    { environment: { COATCHECK_STORE: "cookie+mysql://:canary@db" } },
    ["no store for markers", "sqlite:PATH"],
  ],
  [
    "a store in Redis at no server",
    { environment: { COATCHECK_STORE: "redis://:canary@" } },
    ["is no address of Redis", "redis+cluster://HOST,HOST,HOST", "COATCHECK_STORE_PASSWORD"],
  ],
  ["a store that is none", { environment: { COATCHECK_STORE: "mysql://u:canary@db" } }, ["is no store"]],
  [
    "memory for several processes",
    { args: ["--store", "memory:", "--workers", "2"] },
    ["workers is more than 1", "COATCHECK_STORE"],
  ],
  ["both listeners on one address", { args: ["--admin-listen", "127.0.0.1:4180"] }, ["listen and admin.listen are the same"]],
  [
    "an unknown key",
    { file: { upstreams: [{ url: "http://a", acess: "user" }] } },
    ["upstreams[0].acess is no setting", "Did you mean access?"],
  ],
  [
    "an unknown variable",
    { environment: { COATCHECK_ISSUR: "x" } },
    ["COATCHECK_ISSUR is no setting", "Did you mean COATCHECK_ISSUER?"],
  ],
  ["an unknown flag", { args: ["--upstrem", "http://a"] }, ["--upstrem is no flag", "Did you mean --upstream?"]],
  ["a flag without a value", { args: ["--issuer"] }, ["--issuer has no value"]],
  ["a secret as a flag", { args: ["--client-secret", "canary"] }, ["--client-secret is no flag", "COATCHECK_CLIENT_SECRET"]],
  ["the token as a flag", { args: ["--admin-token=canary"] }, ["--admin-token is no flag", "COATCHECK_ADMIN_TOKEN"]],
  [
    "S-55 a strategy that no user can authenticate by",
    { file: { upstreams: [{ url: "http://a", via: ["bearer", "proxy"] }] } },
    ["upstreams[0].via has bearer, though bearer is not given", "upstreams[0].via has proxy, though proxyIdentity is not given"],
  ],
  [
    "S-55 strategies although callers are not authenticated",
    { file: { upstreams: [{ url: "http://a", access: "public", via: ["session"] }] } },
    ["upstreams[0].via is given, though access is public"],
  ],
  ["groups without a group", { file: { upstreams: [{ url: "http://a", access: "groups" }] } }, ["upstreams[0].groups is empty"]],
  [
    "A-14 groups that would not be asked for",
    { file: { upstreams: [{ url: "http://a", groups: ["a"] }] } },
    ["upstreams[0].groups is given, though access is user"],
  ],
  [
    "two upstreams on one path",
    { file: { upstreams: [{ url: "http://a" }, { url: "http://b" }] } },
    ["upstreams[1].paths has /"],
  ],
  ["an upstream under the prefix", { file: { upstreams: [{ url: "http://a", paths: ["/auth/x"] }] } }, ["lies under prefix"]],
  ["an upstream with a path in its URL", { args: ["--upstream", "http://u:canary@a/x"] }, ["upstreams[0].url"]],
  ["a path that means two things", { file: { upstreams: [{ url: "http://a", paths: ["/a/../b"] }] } }, ["is no plain path"]],
  [
    "a host that is not public",
    { file: { upstreams: [{ url: "http://a", hosts: ["b.example"] }] } },
    ["which is not in publicUrl"],
  ],
  ["the prefix /", { args: ["--prefix", "/"] }, ["prefix is /", "/auth"]],
  ["AR-07 a scope without openid", { args: ["--scope", "email"] }, ["providers[0].scope has no openid"]],
  [
    "two providers of one name",
    { file: { providers: [{}, { issuer: "https://b", clientId: "b", clientSecret: "canary" }] } },
    ["providers[1].name is default"],
  ],
  [
    "a provider without what it needs",
    { file: { providers: [{}, { name: "b" }] } },
    ["providers[1].issuer is missing", "providers[1].clientSecret is missing"],
  ],
  ["a list in place of an object", { file: { session: [] } }, ["session is no object"]],
  [
    "A-14 an oauth2-proxy rule that keeps people out",
    { environment: { OAUTH2_PROXY_GITHUB_ORG: "acme" } },
    ["OAUTH2_PROXY_GITHUB_ORG cannot be carried over", "groups"],
  ],
  [
    "A-14 oauth2-proxy's groups",
    { environment: { OAUTH2_PROXY_ALLOWED_ROLES: "a" } },
    ["OAUTH2_PROXY_ALLOWED_ROLES cannot be carried over"],
  ],
];

for (const [name, sources, words] of WRONG) {
  test(`${name} is refused in words that help, and without a secret`, () => {
    const said = complaint(sources);
    for (const word of words) assert.ok(said.includes(word), `${word} is not in:\n${said}`);
  });
}

test("everything that is wrong is said at once", () => {
  const said = complaint({ args: ["--workers", "0", "--idle", "x", "--nonsense", "1"], environment: { COATCHECK_STORE: "x" } });
  for (const word of ["workers is 0", "session.idle is x", "--nonsense", "store is x"]) assert.ok(said.includes(word), said);
});

test("the variables of oauth2-proxy are understood, and what has no counterpart is told", () => {
  const environment = {
    COATCHECK_ISSUER: "",
    COATCHECK_CLIENT_ID: "",
    COATCHECK_CLIENT_SECRET: "",
    COATCHECK_PUBLIC_URL: "",
    OAUTH2_PROXY_CLIENT_ID: "them",
    OAUTH2_PROXY_CLIENT_SECRET: "canary",
    OAUTH2_PROXY_OIDC_ISSUER_URL: "https://id.example.com/realm",
    OAUTH2_PROXY_UPSTREAMS: "http://127.0.0.1:8080/app/,http://127.0.0.1:8081",
    OAUTH2_PROXY_HTTP_ADDRESS: "0.0.0.0:4180",
    OAUTH2_PROXY_REDIRECT_URL: "https://app.example.com/oauth2/callback",
    OAUTH2_PROXY_COOKIE_SECRET: "canary-cookie-secret",
    OAUTH2_PROXY_EMAIL_DOMAINS: "*",
    OAUTH2_PROXY_COOKIE_EXPIRE: "12h0m0s",
  };
  const loaded = load({ environment });
  assert.ok(loaded.ok, loaded.ok ? "" : formatProblems(loaded.problems));
  const { settings: found, warnings } = loaded;
  assert.equal(found.providers[0]?.clientId, "them");
  assert.deepEqual(found.publicUrl, ["https://app.example.com"]);
  assert.deepEqual(found.listen, { host: "0.0.0.0", port: 4180 });
  assert.equal(found.session.lifetime, 43_200_000);
  assert.deepEqual(
    found.upstreams.map(({ url, paths }) => [url, paths]),
    [
      ["http://127.0.0.1:8080", ["/app"]],
      ["http://127.0.0.1:8081", ["/"]],
    ],
  );
  const notes = warnings.join("\n");
  assert.match(notes, /OAUTH2_PROXY_COOKIE_SECRET seals cookies there.*coatcheck secret/);
  assert.ok(!notes.includes("canary"));
});

test("what Kubernetes puts beside a service named coatcheck is no mistake", () => {
  settings({
    environment: {
      COATCHECK_PORT: "tcp://10.0.0.1:80",
      COATCHECK_SERVICE_HOST: "10.0.0.1",
      COATCHECK_PORT_80_TCP_ADDR: "10.0.0.1",
    },
  });
});

test("a file is read as YAML or JSON, and what is wrong with it is told by its place alone", () => {
  using directory = temporaryFolder("config");
  const inDirectory = (args: readonly string[] = []) => loadConfig({ args, environment: BASE, directory: directory.path });
  directory.write("coatcheck.config.yaml", "prefix: /yaml\nsession:\n  idle: 5m\n");
  const yaml = inDirectory();
  assert.ok(yaml.ok && yaml.settings.prefix === "/yaml" && yaml.file === "coatcheck.config.yaml");
  directory.write("other.json", JSON.stringify({ prefix: "/json" }));
  const json = inDirectory(["--config", "other.json"]);
  assert.ok(json.ok && json.settings.prefix === "/json");
  directory.write("broken.yaml", 'admin: { token: "canary\n');
  directory.write("list.yaml", "- canary\n");
  for (const name of ["broken.yaml", "list.yaml", "missing.yaml"]) {
    const broken = inDirectory(["--config", name]);
    assert.ok(!broken.ok);
    const said = formatProblems(broken.problems);
    assert.ok(said.includes(name) && !said.includes("canary"), said);
    // What the file would have said is not missing.
    const alone = loadConfig({ args: ["--config", name], environment: {}, directory: directory.path });
    assert.equal(alone.ok ? 0 : alone.problems.length, 1);
  }
  directory.write("coatcheck.config.json", "{}");
  const two = inDirectory();
  assert.ok(!two.ok && formatProblems(two.problems).includes("two configuration files"));
});

test("F-58 what is wrong with a file is said in words, not by the parser's codes", () => {
  using directory = temporaryFolder("config");
  const table: readonly [text: string, told: RegExp][] = [
    ['prefix: "/auth\n', /line 2, column 1\n.*A closing quote, bracket or brace/],
    ["session:\n\tidle: 5m\n", /line 2, column \d\n.*spaces, never with tabs/],
    ["prefix: /a\nprefix: /b\n", /A key stands twice/],
    ["a: b: c\n", /A colon is too many/],
    ["prefix: @x\n", /needs quotes/],
  ];
  for (const [text, told] of table) {
    directory.write("broken.yaml", text);
    const broken = loadConfig({ args: ["--config", "broken.yaml"], environment: BASE, directory: directory.path });
    assert.ok(!broken.ok);
    const said = formatProblems(broken.problems);
    assert.match(said, told, text);
    assert.doesNotMatch(said, /[A-Z]+_[A-Z]/, said);
  }
});

test("no secret has a flag, and every other variable has one", () => {
  for (const { variable, flag } of NAMED_SETTINGS) {
    assert.equal(
      flag === undefined,
      [
        "COATCHECK_SECRET",
        "COATCHECK_SIGNING_KEY",
        "COATCHECK_CLIENT_SECRET",
        "COATCHECK_ADMIN_TOKEN",
        "COATCHECK_STORE_PASSWORD",
        "COATCHECK_MOVE_TO_PASSWORD",
      ].includes(variable),
      variable,
    );
  }
});

test("durations read as they are written", () => {
  for (const [text, value] of [
    ["1h", 3_600_000],
    ["1h30m", 5_400_000],
    ["30s", 30_000],
    ["250ms", 250],
    ["7d", 604_800_000],
    ["0", 0],
  ] as const) {
    assert.equal(parseDuration(text), value);
    assert.equal(parseDuration(formatDuration(value)), value);
  }
  for (const text of ["", "1", "h", "-1h", "1.5h", "1 h", "1y"]) assert.equal(parseDuration(text), undefined, text);
});

test("docs/configuration.md and config.schema.json are what config-documents.ts writes", () => {
  const document = readFileSync(TABLE, "utf8");
  assert.equal(withTable(document), document);
  assert.deepEqual(JSON.parse(readFileSync(SCHEMA, "utf8")), JSON.parse(schemaText()));
});

test("F-46 session.domain has to hold every public origin, and be https", () => {
  const domain = { COATCHECK_DOMAIN: "example.com" };
  const at = (publicUrl: string): Sources => ({ environment: { ...domain, COATCHECK_PUBLIC_URL: publicUrl } });
  for (const publicUrl of ["https://example.com", "https://a.example.com,https://b.a.example.com"])
    assert.equal(settings(at(publicUrl)).session.domain, "example.com", publicUrl);
  for (const publicUrl of ["https://notexample.com", "https://example.org", "https://a.example.com,https://example.org"])
    assert.match(complaint(at(publicUrl)), /session\.domain is example\.com, which does not hold all of publicUrl/, publicUrl);
  assert.match(complaint({ environment: { COATCHECK_DOMAIN: "localhost" } }), /session\.domain/, "http");
});

test("F-46 a token is for upstreams that authenticate callers", () => {
  const upstream = (access: string, token: string) => ({
    file: { upstreams: [{ url: "http://localhost:3000", access, token }] },
  });
  for (const token of ["header", "authorization"]) {
    assert.match(complaint(upstream("public", token)), /upstreams\[0\]\.token is given, though access is public/);
    assert.equal(settings(upstream("optional", token)).upstreams[0]?.token, token);
  }
  assert.equal(settings(upstream("public", "none")).upstreams[0]?.access, "public");
});

test("F-46 no trusted proxies is a warning, and one is none", () => {
  const warned = (sources: Sources): boolean => {
    const loaded = load(sources);
    return loaded.ok && loaded.warnings.some((warning) => warning.startsWith("trustedProxies is empty"));
  };
  assert.equal(warned({}), true);
  assert.equal(warned({ environment: { COATCHECK_TRUSTED_PROXIES: "10.0.0.0/8" } }), false);
});
