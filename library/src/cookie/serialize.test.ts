import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCookies } from "./parse.ts";
import type { CookieAttributes } from "./serialize.ts";
import { clearCookie, defineCookie, MAX_AGE_SECONDS, setCookie } from "./serialize.ts";

const BASE: CookieAttributes = { name: "__Host-Http-coatcheck", path: "/", secure: true, httpOnly: true, sameSite: "Lax" };
const PLAIN: CookieAttributes = { ...BASE, name: "coatcheck", secure: false };

test("CK-01 CK-04 a cookie has the attributes of its definition, all of them explicit", () => {
  assert.equal(setCookie(defineCookie(BASE), "v"), "__Host-Http-coatcheck=v; Path=/; Secure; HttpOnly; SameSite=Lax");
  assert.equal(setCookie(defineCookie(PLAIN), "v", 60), "coatcheck=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax");
  assert.equal(
    setCookie(
      defineCookie({ ...BASE, name: "__Secure-a", path: "/app", domain: "example.com", sameSite: "None", partitioned: true }),
      "",
    ),
    "__Secure-a=; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=None; Partitioned",
  );
});

test("S-12 CK-12 A-38 on http and https clearing repeats every attribute, with Max-Age=0 and past Expires", () => {
  const spread: readonly CookieAttributes[] = [
    BASE,
    PLAIN,
    { ...BASE, name: "__Secure-a", domain: "example.com" },
    { ...BASE, sameSite: "None", partitioned: true },
    { ...PLAIN, httpOnly: false, path: "/x", sameSite: "Strict" },
  ];
  for (const attributes of spread) {
    const spec = defineCookie(attributes);
    const [setPair, ...setAttributes] = setCookie(spec, "value").split("; ");
    const [clearPair, maxAge, expires, ...clearAttributes] = clearCookie(spec).split("; ");
    assert.deepEqual([setPair, clearPair], [`${spec.name}=value`, `${spec.name}=`]);
    assert.equal(maxAge, "Max-Age=0");
    assert.equal(Date.parse(expires?.replace("Expires=", "") ?? ""), 0);
    assert.deepEqual(clearAttributes, setAttributes);
  }
});

test("S-13 CK-03 a definition that a browser would refuse is refused at start", () => {
  const table: readonly (readonly [Partial<CookieAttributes>, RegExp])[] = [
    [{ name: "coatcheck", sameSite: "None", secure: false }, /SameSite=None without Secure/],
    [{ name: "coatcheck", partitioned: true, secure: false }, /Partitioned without Secure/],
    [{ domain: "example.com" }, /promises Path=\/ and no Domain/],
    [{ path: "/app" }, /promises Path=\/ and no Domain/],
    [{ secure: false }, /promises Secure/],
    [{ httpOnly: false }, /promises HttpOnly/],
    [{ name: "__host-a", path: "/app" }, /promises Path/],
    [{ name: "__HOST-HTTP-a", httpOnly: false }, /promises HttpOnly/],
    [{ name: "__Http-a", httpOnly: false }, /promises HttpOnly/],
    [{ name: "__Secure-a", secure: false }, /promises Secure/],
    [{ name: "" }, /not a token/],
    [{ name: "a b" }, /not a token/],
    [{ name: "a=b" }, /not a token/],
    [{ name: "a\r\nSet-Cookie: b" }, /not a token/],
    [{ name: "a", path: "app" }, /path/],
    [{ name: "a", path: "/;Domain=evil" }, /path/],
    [{ name: "a", path: `/${"a".repeat(1024)}` }, /path/],
    [{ name: "a", domain: "example.com; Secure" }, /domain/],
    [{ name: "a", domain: ".example.com" }, /domain/],
    [{ name: "a", domain: "" }, /domain/],
  ];
  for (const [change, message] of table) {
    assert.throws(() => defineCookie({ ...BASE, ...change }), { name: "TypeError", message }, JSON.stringify(change));
  }
});

test("CK-08 Max-Age is whole seconds, never more than 400 days, never negative", () => {
  const spec = defineCookie(BASE);
  for (const [given, sent] of [
    [1, 1],
    [0.2, 1],
    [86_399.5, 86_400],
    [MAX_AGE_SECONDS, 34_560_000],
    [MAX_AGE_SECONDS + 1, 34_560_000],
    [Number.POSITIVE_INFINITY, 34_560_000],
    [0, 0],
    [-5, 0],
  ] as const) {
    assert.match(setCookie(spec, "v", given), new RegExp(`^[^;]+; Max-Age=${sent};`));
  }
  assert.doesNotMatch(setCookie(spec, "v"), /Max-Age|Expires/);
  assert.throws(() => setCookie(spec, "v", Number.NaN), TypeError);
});

test("CK-05 S-15 name and value have 4096 bytes together; one more is refused, and the value not shown", () => {
  const spec = defineCookie(PLAIN);
  const fits = "s".repeat(4096 - spec.name.length);
  assert.ok(setCookie(spec, fits).startsWith(`coatcheck=${fits};`));
  assert.throws(() => setCookie(spec, `${fits}s`), { name: "TypeError", message: /^(?!.*sss).*4097 bytes/ });
});

test("CK-09 a value of anything but cookie-octets is refused, and what is set reads back", () => {
  const spec = defineCookie(BASE);
  for (const value of ["a b", "a;b", "a,b", 'a"b', "a\\b", "a\r\nb", "a\u0000", "a\u007f", "é", "😀", "\t"]) {
    assert.throws(() => setCookie(spec, value), TypeError, JSON.stringify(value));
  }
  const octets = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(index + 0x21)).filter(
    (c) => !'",;\\'.includes(c),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...octets), maxLength: 100 }), (value) => {
      const [pair = ""] = setCookie(spec, value).split("; ");
      assert.deepEqual(readCookies(pair, spec.name), [value]);
    }),
  );
});
