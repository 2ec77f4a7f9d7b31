/** F-71: the ID token that comes with a refresh is judged by us alone, and as with openid-client. */
import { deepEqual, equal } from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import { signJwt, unsignedJwt } from "../../../../test-support/provider/signing.ts";
import {
  claimsNow,
  HEADER,
  ISSUER,
  idTokenOf,
  KEY,
  TOLERANCE,
  told,
  toldByUs,
  withIdToken,
} from "../../../../test-support/refresh/refresh-comparison.ts";
import { payloadOf } from "./refreshed-id-token.ts";

mock.timers.enable({ apis: ["Date"], now: Date.now() });
const NOW = Math.floor(Date.now() / 1_000);

async function all(table: readonly (readonly [unknown, string])[], kept: string | null = null): Promise<void> {
  const words: string[] = [];
  for (const [token] of table) words.push((await told(withIdToken(token), kept)).word);
  deepEqual(
    words,
    table.map(([, word]) => word),
  );
}

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64url");
/** A token of these parts as they stand, without a signature. */
const made = (header: string, payload: string): string => `${header}.${payload}.AAAA`;
const header = base64(JSON.stringify(HEADER));
const payload = base64(JSON.stringify(claimsNow()));
const deep = `${"[".repeat(99)}${"]".repeat(99)}`;

test("F-71 what is no ID token, or not one of ours, is told from one as before", async () => {
  const whole = idTokenOf();
  await all([
    [undefined, "refreshed"],
    [null, "refreshed"],
    ["", "refused id_token"],
    [5, "refused id_token"],
    [true, "refused id_token"],
    [{}, "refused id_token"],
    [[whole], "refused id_token"],
    [[whole, whole], "refused id_token"],
    ["a.b.c.d.e", "refused id_token"],
    [`${whole}.x`, "refused id_token"],
    [` ${whole}`, "refused id_token"],
    [`${whole}\n`, "refused id_token"],
    [unsignedJwt(HEADER, claimsNow()), "refused id_token"],
    [idTokenOf({ filler: "x".repeat(65_536) }), "refused id_token"],
    [idTokenOf({ deep: JSON.parse(deep) }), "refreshed id_token:depth"],
    [made(header, base64("[]")), "refused id_token"],
    [made(header, base64("nonsense")), "refused id_token"],
    [made(header, base64(`\ufeff${JSON.stringify(claimsNow())}`)), "refused id_token"],
    [made(header, payload), "refused signature"],
    [made(base64("[]"), payload), "refused id_token"],
    [made(base64("nonsense"), payload), "refused id_token"],
    [made(base64(`\ufeff${JSON.stringify(HEADER)}`), payload), "refused id_token"],
    [made(base64(JSON.stringify({ ...HEADER, deep: JSON.parse(deep) })), payload), "refused format"],
    [made(base64(Buffer.from(JSON.stringify({ ...HEADER, x: "\xff" }), "latin1")), payload), "refused format"],
    [made(base64(JSON.stringify({ ...HEADER, x: "\ufffd" })), payload), "refused signature"],
  ]);
  for (const padding of ["", " ", "  ", "   "]) {
    const one = made(base64(`${JSON.stringify(HEADER)}${padding}`), base64(`${JSON.stringify(claimsNow())}${padding}`));
    await told(withIdToken(one));
    for (const cut of [`${one}A`, one.replace(".", "A."), one.replace(".AAAA", "A.AAAA"), one.replace(".", "AA.")]) {
      await told(withIdToken(cut));
    }
  }
});

test("F-71 an ID token that is an object without a text is none, while openid-client's way rejected", async () => {
  equal((await toldByUs(withIdToken({ toString: 1, valueOf: 1 }))).word, "refused id_token");
});

test("F-71 the header is judged as before", async () => {
  await all([
    [idTokenOf({}, { alg: "none" }), "refused alg"],
    [idTokenOf({}, { alg: "ES256" }), "refused alg"],
    [idTokenOf({}, { alg: undefined }), "refused alg"],
    [idTokenOf({}, { crit: ["exp"] }), "refused crit"],
    [idTokenOf({}, { crit: null }), "refused crit"],
    [idTokenOf({}, { typ: undefined }), "refreshed"],
    [idTokenOf({}, { typ: "application/JWT" }), "refreshed"],
    [idTokenOf({}, { typ: "at+jwt" }), "refused typ"],
    [idTokenOf({}, { typ: null }), "refused typ"],
    [idTokenOf({}, { kid: undefined }), "refreshed"],
    [idTokenOf({}, { kid: "unknown" }), "refreshed id_token:key_selection_failed"],
    [idTokenOf({}, { kid: 5 }), "refused kid"],
    [idTokenOf({}, { kid: "x".repeat(257) }), "refused kid"],
  ]);
});

test("F-71 every claim is judged as before: missing, of another type, and at the border of the tolerance", async () => {
  const claims = (change: object): string => idTokenOf(change);
  await all([
    [claims({ iss: undefined }), "refused iss"],
    [claims({ iss: 5 }), "refused iss"],
    [claims({ iss: `${ISSUER}/` }), "refused iss"],
    [claims({ sub: undefined }), "refused sub"],
    [claims({ sub: 5 }), "refused sub"],
    [claims({ aud: undefined }), "refused invalid_response"],
    [claims({ aud: null }), "refused invalid_response"],
    [claims({ aud: 5 }), "refused invalid_response"],
    [claims({ aud: "another" }), "refused aud"],
    [claims({ aud: [] }), "refused aud"],
    [claims({ aud: ["app"] }), "refreshed"],
    [claims({ aud: ["app", "app"] }), "refused aud"],
    [claims({ aud: ["app", "app"], azp: "app" }), "refreshed"],
    [claims({ aud: ["app", "b"], azp: "app" }), "refused aud"],
    [claims({ aud: ["app", "b"], azp: "b" }), "refused azp"],
    [claims({ aud: ["app", 5], azp: null }), "refused azp"],
    [claims({ azp: "b" }), "refused azp"],
    [claims({ azp: null }), "refused azp"],
    [claims({ exp: undefined }), "refused invalid_response"],
    [claims({ exp: String(NOW) }), "refused invalid_response"],
    [claims({ exp: null }), "refused invalid_response"],
    [claims({ exp: NOW - TOLERANCE }), "refreshed id_token:exp"],
    [claims({ exp: NOW - TOLERANCE + 1 }), "refreshed"],
    [claims({ exp: NOW - TOLERANCE + 0.5 }), "refreshed"],
    [claims({ exp: 1, aud: "another" }), "refreshed id_token:exp"],
    [claims({ iat: undefined }), "refused invalid_response"],
    [claims({ iat: "now" }), "refused invalid_response"],
    [claims({ iat: NOW + TOLERANCE }), "refreshed"],
    [claims({ iat: NOW + TOLERANCE + 1 }), "refreshed id_token:iat"],
    [claims({ nbf: NOW + TOLERANCE }), "refreshed"],
    [claims({ nbf: NOW + TOLERANCE + 1 }), "refreshed id_token:nbf"],
    [claims({ nbf: "now" }), "refused invalid_response"],
    [claims({ nbf: null }), "refused invalid_response"],
    [claims({ auth_time: 0 }), "refreshed"],
    [claims({ auth_time: -1 }), "refused invalid_response"],
    [claims({ auth_time: "1" }), "refused invalid_response"],
    [claims({ auth_time: null }), "refused invalid_response"],
    [signJwt(HEADER, JSON.stringify({ ...claimsNow(), auth_time: 7 }).replace("7}", "1e999}"), KEY), "refused invalid_response"],
    [claims({ at_hash: "x" }), "refused at_hash"],
  ]);
});

test("F-71 what the kept ID token says is compared as before", async () => {
  const kept = idTokenOf({ nonce: "n", auth_time: 7, azp: "app" });
  await all(
    [
      [idTokenOf(), "refreshed"],
      [idTokenOf({ nonce: "n", auth_time: 7, azp: "app" }), "refreshed"],
      [idTokenOf({ nonce: "m" }), "refused nonce"],
      [idTokenOf({ auth_time: 8 }), "refused auth_time"],
      [idTokenOf({ aud: "another", exp: 1 }), "refused aud"],
    ],
    kept,
  );
  await told(withIdToken(idTokenOf()), "no token");
});

const odd = fc.oneof(
  fc.constantFrom("alice", "app", ISSUER, null, 0, 1, -1, "", ["app"], ["app", "b"], [], true, {}),
  fc.integer({ min: -2, max: 2 }).map((by) => NOW - TOLERANCE + by),
  fc.integer({ min: -2, max: 2 }).map((by) => NOW + TOLERANCE + by),
);

test("F-71 whatever an ID token claims, both judge the same", async () => {
  const claims = fc.record(
    { iss: odd, sub: odd, aud: odd, azp: odd, exp: odd, iat: odd, nbf: odd, auth_time: odd, nonce: odd, at_hash: odd },
    { requiredKeys: [] },
  );
  const names = fc.subarray(["iss", "sub", "aud", "azp", "exp", "iat", "at_hash"]);
  await fc.assert(
    fc.asyncProperty(claims, names, fc.boolean(), async (change, left, whose) => {
      const all = new Map(Object.entries({ ...claimsNow(), ...change }));
      for (const name of left) all.delete(name);
      const ours = whose ? { iss: ISSUER, sub: "alice" } : {};
      const said = JSON.stringify({ ...Object.fromEntries(all), ...ours });
      await told(withIdToken(signJwt(HEADER, said, KEY)));
    }),
    { numRuns: 600 },
  );
});

test("F-71 a token that was bent anywhere is judged the same", async () => {
  const whole = idTokenOf();
  const piece = fc.constantFrom("", "A", "AA", ".", "=", "-", "é", "eyJ9");
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(4), piece, async (at, cut, put) => {
      await told(withIdToken(`${whole.slice(0, at)}${put}${whole.slice(at + cut)}`));
    }),
    { numRuns: 400 },
  );
});

test("what a compact JWS says is read, and nothing else is taken for one", () => {
  deepEqual(payloadOf(made(header, base64('{"a":1}'))), { a: 1 });
  for (const none of [null, "", "a.b", "a.b.c", made(header, base64("5"))]) equal(payloadOf(none), null);
});
