import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOPBACK, SECRET } from "../test-support/origin.ts";
import { createCookies } from "./cookie/names.ts";
import { LONGEST_REFRESH, leaseText, parseLease } from "./core/refresh.ts";
import { coatcheck, custom } from "./index.ts";
import { memory } from "./stores/memory.ts";
import { sqlite } from "./stores/sqlite.ts";
import { fakeProvider } from "./testing/fake-provider.ts";

const given = { publicUrl: LOOPBACK, secrets: SECRET, store: memory() };
const provider = { issuer: "https://id.example.com", clientId: "app", clientSecret: "s" };

/** What the start says about options that no type has checked, as from JavaScript. */
function refusal(start: () => unknown): string {
  try {
    start();
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message;
  }
  return assert.fail("accepted");
}

/** As if the options came from a file of JavaScript: the checker knows nothing of them. */
const untyped = <T>(options: T, more: object): T => Object.assign(Object.create(null), options, more);

const REFUSED: readonly [named: string, more: object, told: RegExp][] = [
  ["an unknown one at the top", { sesion: { idle: 1 } }, /^sesion is no option\. Did you mean session\?$/],
  [
    "cookie.secure",
    { cookie: { secure: false } },
    /^cookie\.secure is no option\. The cookie is Secure whenever publicUrl is https/,
  ],
  ["cookie.httpOnly", { cookie: { httpOnly: false } }, /^cookie\.httpOnly is no option/],
  ["resolve beside proxy", { resolve: () => null }, /^resolve is no option\. It says whom a proxy asserts/],
  ["signing.key", { signing: { key: "ES256" } }, /^signing\.key is no option\. Did you mean signing\.keys\?/],
  ["trustedProxies", { trustedProxies: ["10.0.0.0/8"] }, /^trustedProxies is no option\. .*proxy\.trusted/],
  ["proxy.trustedProxies", { proxy: { trustedProxies: ["10.0.0.7"] } }, /^proxy\.trustedProxies is no option/],
  ["one of the session", { session: { maxAge: 1 } }, /^session\.maxAge is no option/],
  [
    "one of refreshing",
    { refresh: { backgroud: true } },
    /^refresh\.backgroud is no option\. Did you mean refresh\.background\?$/,
  ],
  [
    "one of keep",
    { keep: { ip: true } },
    /^keep\.ip is no option\. There are: keep\.userAgent, keep\.address, keep\.addressOf\.$/,
  ],
  ["one of the provider", { provider: { ...provider, redirectUri: "x" } }, /^provider\.redirectUri is no option\. It follows/],
  ["one of several providers", { providers: [provider, { ...provider, name: "b", pkce: false }] }, /^providers\[1\]\.pkce is no/],
  ["one of bearer", { bearer: { jwks: "x" } }, /^bearer\.jwks is no option/],
  ["two at once", { foo: 1, cookie: undefined, bar: 2 }, /^foo is no option\..*\nbar is no option\./],
];

for (const [named, more, told] of REFUSED) {
  test(`F-67 F-52 the start refuses ${named}, and says what is right`, () => {
    assert.match(
      refusal(() => coatcheck(untyped(given, more))),
      told,
    );
  });
}

test("F-67 options that are undefined are not given", async () => {
  await coatcheck(untyped(given, { resolve: undefined, cookie: { secure: undefined } })).close();
});

test("F-67 stores and strategies refuse options that they do not read", () => {
  assert.match(
    refusal(() => memory(untyped({}, { maxSesions: 5 }))),
    /^maxSesions is no option\. Did you mean maxSessions\?$/,
  );
  assert.match(
    refusal(() => sqlite(untyped({ path: "never-made.db" }, { wal: false }))),
    /^wal is no option/,
  );
  const options = { name: "key", presented: () => false, authenticate: () => null };
  assert.match(
    refusal(() => custom(untyped(options, { ambiant: true }))),
    /^ambiant is no option\. Did you mean ambient\?$/,
  );
});

test("F-67 sameSite is Lax or Strict, whatever JavaScript says", () => {
  const cookies = untyped({ origins: ["https://app.example.com"] }, { sameSite: "None" });
  assert.equal(
    refusal(() => createCookies(cookies)),
    "cookie.sameSite is None; it can be Lax or Strict",
  );
  assert.match(
    refusal(() => coatcheck(untyped(given, { cookie: { sameSite: "None" } }))),
    /sameSite is None/,
  );
});

for (const refreshTimeout of [480_001, 600_000, 0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`F-30 a provider whose refresh takes ${refreshTimeout} ms is refused at start: no lease is so long`, () => {
    const own = { ...fakeProvider({ users: [] }), refreshTimeout };
    assert.match(
      refusal(() => coatcheck({ ...given, provider: own })),
      /^refreshTimeout of the provider default is .*; it is milliseconds, more than 0 and at most 480000$/,
    );
  });
}

test("F-30 the longest refresh has a lease that is watched for all of its length", async () => {
  await coatcheck({ ...given, provider: { ...fakeProvider({ users: [] }), refreshTimeout: LONGEST_REFRESH } }).close();
  const length = LONGEST_REFRESH + LONGEST_REFRESH / 4;
  assert.equal(parseLease(leaseText("a", { length, unknown: false })).length, length);
});

test("SE-04 a limit longer than the preset allows is reported at the start, under a name of its own", async () => {
  const told: (readonly [string, string | undefined])[] = [];
  const auth = coatcheck({
    ...given,
    session: { preset: "aal3", idle: "16m" },
    on: ({ name, reason }) => void told.push([name, reason]),
  });
  await auth.close();
  assert.deepEqual(told, [["session.preset-exceeded", "session.idle is longer than aal3 allows (15 min)"]]);
});
