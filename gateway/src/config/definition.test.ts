/** Every setting that has a least and a most, at both, and what each is by default. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { loadConfig } from "./config.ts";

const environment = {
  COATCHECK_SECRET: randomBytes(32).toString("base64url"),
  COATCHECK_PUBLIC_URL: "http://localhost:4180",
  COATCHECK_ISSUER: "https://id.example.com",
  COATCHECK_CLIENT_ID: "app",
  COATCHECK_CLIENT_SECRET: "of-the-client",
};
type Given = string | number;
type Limits = readonly [fallback: unknown, tooLittle: Given, least: Given, most: Given, tooMuch: Given];
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** By group and name; `-` where nothing is less. */
const LIMITS: Readonly<Record<string, Readonly<Record<string, Limits>>>> = {
  session: {
    idle: [HOUR, "59s", "1m", "24h", "401d"],
    lifetime: [24 * HOUR, "59s", "1h", "400d", "401d"],
    unconfirmed: [HOUR, "-", "0", "400d", "401d"],
    recent: [15 * MINUTE, "999ms", "1s", "400d", "401d"],
    maxPerUser: [undefined, 0, 1, 1000, 1001],
  },
  refresh: { wait: [10 * SECOND, "-", "0", "2m", "121s"] },
  tokens: {
    grace: [10 * SECOND, "999ms", "1s", "5m", "301s"],
    recent: [15 * MINUTE, "999ms", "1s", "400d", "401d"],
    revocation: ["immediate", "999ms", "1s", "1h", "3601s"],
  },
  limits: {
    headerBytes: [16_384, 4095, 4096, 262_144, 262_145],
    headers: [100, 15, 16, 1000, 1001],
    body: [0, -1, 0, 1_000_000_000, "x"],
    pipelined: [16, -1, 0, 1000, 1001],
    pipelinedInAll: [10_000, -1, 0, 1_000_000, 1_000_001],
    headTimeout: [15 * SECOND, "999ms", "1s", "10m", "601s"],
    bodyIdle: [MINUTE, "999ms", "1s", "1h", "3601s"],
    bodyRate: [240, -1, 0, 1_000_000_000, 1_000_000_001],
    answerIdle: [2 * MINUTE, "999ms", "1s", "1d", "25h"],
    keepAlive: [75 * SECOND, "-", "0", "1h", "61m"],
    shutdown: [30 * SECOND, "-", "0", "1h", "61m"],
  },
};

const PROVIDER: Readonly<Record<string, Limits>> = {
  timeout: [10 * SECOND, "99ms", "100ms", "2m", "121s"],
  refreshTimeout: [undefined, "999ms", "1s", "5m", "301s"],
};
const TIMEOUTS: Readonly<Record<string, Limits>> = {
  connect: [5 * SECOND, "99ms", "100ms", "10m", "601s"],
  queue: [5 * SECOND, "-", "0", "10m", "601s"],
  head: [MINUTE, "-", "0", "1d", "25h"],
  idle: [5 * MINUTE, "-", "0", "1d", "25h"],
};
const AUDIENCE: Readonly<Record<string, Limits>> = {
  lifetime: [HOUR, "999ms", "1s", "400d", "401d"],
  family: [undefined, "999ms", "1s", "400d", "401d"],
};
const PERSONAL: Readonly<Record<string, Limits>> = {
  lifetime: [undefined, "999ms", "1s", "400d", "401d"],
  maxPerUser: [20, 0, 1, 1000, 1001],
};
const UPSTREAM: Readonly<Record<string, Limits>> = {
  connections: [512, 0, 1, 65_535, 65_536],
  streams: [4096, 0, 1, 65_535, 65_536],
};

function load(file: object): unknown {
  const loaded = loadConfig({ args: [], environment, directory: "/nonexistent", file });
  return loaded.ok ? loaded.settings : null;
}

/** What stands there, or `undefined`. */
function at(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return typeof value === "object" && value !== null ? at(Reflect.get(value, name), rest) : undefined;
}

interface Group {
  readonly path: readonly string[];
  readonly named: Readonly<Record<string, Limits>>;
  readonly file: (named: object) => object;
}

const url = "http://127.0.0.1:3000";
const GROUPS: readonly Group[] = [
  ...Object.entries(LIMITS).map(([group, named]) => ({ path: [group], named, file: (given: object) => ({ [group]: given }) })),
  { path: ["providers", "0"], named: PROVIDER, file: (given) => ({ providers: [given] }) },
  { path: ["upstreams", "0", "timeouts"], named: TIMEOUTS, file: (timeouts) => ({ upstreams: [{ url, timeouts }] }) },
  {
    path: ["tokens", "audiences", "0"],
    named: AUDIENCE,
    file: (given) => ({ tokens: { audiences: [{ name: "api", ...given }] } }),
  },
  {
    path: ["tokens", "personal"],
    named: PERSONAL,
    file: (personal) => ({ tokens: { audiences: ["api"], accept: "api", personal } }),
  },
  { path: ["upstreams", "0"], named: UPSTREAM, file: (given) => ({ upstreams: [{ url, ...given }] }) },
];

for (const { path, named, file } of GROUPS)
  for (const [name, [fallback, tooLittle, least, most, tooMuch]] of Object.entries(named))
    test(`F-46 ${[...path, name].join(".")} has a default, and is taken from its least to its most`, () => {
      assert.equal(at(load(file({})), [...path, name]), fallback);
      for (const good of [least, most]) assert.notEqual(load(file({ [name]: good })), null, `${good}`);
      for (const bad of [tooLittle, tooMuch]) assert.equal(load(file({ [name]: bad })), null, `${bad}`);
    });

test("F-46 that a time may be 0 is said where it is too long", () => {
  for (const file of [
    { session: { unconfirmed: "401d" } },
    { refresh: { wait: "401d" } },
    { limits: { keepAlive: "401d" } },
    { limits: { shutdown: "401d" } },
    ...["queue", "head", "idle"].map((name) => ({ upstreams: [{ url, timeouts: { [name]: "401d" } }] })),
  ])
    assert.match(said(file).join("\n"), /^\S+ is 401d\nIt is between 0 and \d+[mhd]\.\n/, JSON.stringify(file));
});

test("F-46 where nothing is said, this holds", () => {
  const { COATCHECK_SECRET, ...rest } = environment;
  const said = load({ upstreams: [{ url }] });
  assert.ok(typeof said === "object" && said !== null && "secrets" in said && COATCHECK_SECRET !== "");
  assert.deepEqual(
    { ...said, secrets: 1 },
    {
      secrets: 1,
      signing: { keys: [{ derived: "EdDSA", key: undefined }], verify: [] },
      publicUrl: [rest.COATCHECK_PUBLIC_URL],
      plainHttp: "loopback",
      listen: { host: "127.0.0.1", port: 4180 },
      admin: { listen: { host: "127.0.0.1", port: 4181 }, hosts: [], token: undefined },
      store: { kind: "sqlite", path: "coatcheck.db" },
      storePassword: undefined,
      moveTo: undefined,
      moveToPassword: undefined,
      providers: [
        {
          type: "oidc",
          name: "default",
          title: undefined,
          domains: [],
          issuer: rest.COATCHECK_ISSUER,
          clientId: "app",
          clientSecret: "of-the-client",
          clientAuthentication: "client_secret_basic",
          idTokenSigningAlg: "RS256",
          responseMode: "query",
          userinfo: false,
          trustUnverifiedEmail: false,
          users: [],
          groups: [],
          groupsClaim: "groups",
          emailClaim: "email",
          userClaim: "sub",
          timeout: 10 * SECOND,
          refreshTimeout: undefined,
          logoutTokenTyp: "required",
          backchannelLogoutSessionRequired: false,
          preset: undefined,
          scope: undefined,
          authorizationParameters: {},
          resources: [],
          apiTokens: undefined,
          loginParameters: [],
          apple: undefined,
          askGroups: false,
          endpoints: undefined,
          user: undefined,
          recheck: undefined,
        },
      ],
      loginChooser: false,
      devUsers: [],
      upstreams: [
        {
          url,
          name: undefined,
          paths: ["/"],
          hosts: [],
          access: "user",
          groups: [],
          users: [],
          providers: [],
          via: [],
          caseSensitive: false,
          sensitive: false,
          maxAge: undefined,
          acr: [],
          preflight: false,
          token: "none",
          tokenAudience: undefined,
          tokenScope: undefined,
          audience: undefined,
          scope: undefined,
          assertion: false,
          passHost: true,
          connections: 512,
          streams: 4096,
          timeouts: { connect: 5 * SECOND, queue: 5 * SECOND, head: MINUTE, idle: 5 * MINUTE },
        },
      ],
      trustedProxies: [],
      clientAddress: "x-forwarded-for",
      proxyIdentity: undefined,
      bearer: undefined,
      tokens: {
        audiences: [],
        accept: [],
        grace: 10 * SECOND,
        recent: 15 * MINUTE,
        revocation: "immediate",
        personal: undefined,
        allow: [],
      },
      check: { token: "none", audience: undefined, scope: undefined },
      session: {
        idle: HOUR,
        lifetime: 24 * HOUR,
        unconfirmed: HOUR,
        recent: 15 * MINUTE,
        persistent: true,
        sameSite: "lax",
        clearSiteData: ["cache", "storage"],
        maxPerUser: undefined,
        maxPendingEndings: 10_000,
        keepUserAgent: false,
        keepAddress: "none",
        domain: undefined,
      },
      refresh: { policy: "keep-in-step", withoutRefreshToken: "identity", background: false, wait: 10 * SECOND },
      sweep: { every: HOUR, batch: 1_000, within: 10 * MINUTE },
      signedOutPage: undefined,
      frontchannelLogout: { enabled: false, maxMarkers: 10_000 },
      brand: { name: undefined, logo: undefined, accent: undefined, accentDark: undefined, css: undefined },
      language: ["en", "de", "fr", "es", "ja", "ar"],
      prefix: "/auth",
      workers: 1,
      limits: {
        headerBytes: 16_384,
        headers: 100,
        body: 0,
        pipelined: 16,
        pipelinedInAll: 10_000,
        headTimeout: 15 * SECOND,
        bodyIdle: MINUTE,
        bodyRate: 240,
        answerIdle: 2 * MINUTE,
        keepAlive: 75 * SECOND,
        shutdown: 30 * SECOND,
      },
      log: { level: "info" },
      accessLog: true,
    },
  );
});

/** What is said of a configuration: its warnings, or its problems. */
function said(file: object, more: Readonly<Record<string, string>> = {}): readonly string[] {
  const given = { ...environment, COATCHECK_PUBLIC_URL: "https://app.example.com", ...more };
  const loaded = loadConfig({
    args: [],
    environment: given,
    directory: "/nonexistent",
    file: { trustedProxies: ["10.0.0.7"], ...file },
  });
  return loaded.ok ? loaded.warnings : loaded.problems.flatMap(({ headline, lines }) => [headline, ...lines]);
}

test("F-46 what is allowed and should be known is said, and nothing else", () => {
  assert.deepEqual(said({}), []);
  assert.match(said({}, { COATCHECK_PUBLIC_URL: "http://localhost:4180" }).join("\n"), /^http on a loopback address: [^\n]*$/);
  assert.match(said({ trustedProxies: [] }).join("\n"), /^trustedProxies is empty: [^\n]*$/);
  assert.match(
    said({ admin: { listen: "0.0.0.0:4181", hosts: ["admin.example.com"] } }).join("\n"),
    /^the admin listener is not on a loopback/,
  );
  assert.match(said({ store: "memory:" }).join("\n"), /^the store is memory: [^\n]*$/);
  for (const session of [{ lifetime: "24h1ms" }, { idle: "1h1ms" }])
    assert.deepEqual(said({ session }), ["sessions outlast NIST AAL2 (24h, 1h idle)."]);
  assert.match(
    said({ session: { domain: "example.com" } }).join("\n"),
    /^session\.domain shares the session with every host below example\.com/,
  );
});

test("F-46 an issuer is a URL without anything behind it, and without a name in it", () => {
  const issuers = [
    ["https://id.example.com/a", null],
    ["http://127.0.0.1:8080/a", null],
    ["https://id.example.com/?a=b", /is no issuer/],
    ["https://id.example.com/#a", /is no issuer/],
    ["https://alice@id.example.com/", /is no issuer/],
    ["nowhere", /is no issuer/],
    ["https://id.example.com/.well-known/openid-configuration", /is the address of the metadata/],
    ["http://id.example.com/", /: http/],
  ] as const;
  for (const [issuer, words] of issuers) {
    const told = said({}, { COATCHECK_ISSUER: issuer }).join("\n");
    if (words === null) assert.equal(told, "");
    else assert.match(told, words);
  }
});

test("F-46 a switch needs no value, and other flags do", () => {
  const withFlags = (...args: readonly string[]) => loadConfig({ args, environment, directory: "/nonexistent", file: {} });
  const logs = (...args: readonly string[]) => {
    const loaded = withFlags(...args);
    return loaded.ok ? loaded.settings.accessLog : loaded.problems.map(({ headline }) => headline);
  };
  assert.deepEqual(logs("--access-log"), true);
  assert.deepEqual(logs("--access-log=false"), false);
  assert.deepEqual(logs("--access-log", "false"), false);
  assert.deepEqual(logs("--access-log", "--workers", "2", "--store"), ["--store has no value"]);
});

test("F-46 a setting that there is none of is told what is known there", () => {
  assert.deepEqual(said({ log: { xyzzy: 1 } }).slice(0, 2), ["log.xyzzy is no setting", "Known here: level."]);
  assert.deepEqual(said({ refresh: { xyzzy: 1 } }).slice(0, 2), [
    "refresh.xyzzy is no setting",
    "Known here: policy, withoutRefreshToken, background, wait.",
  ]);
  assert.deepEqual(said({ log: { lvel: "info" } }).slice(0, 2), ["log.lvel is no setting", "Did you mean level?"]);
});
