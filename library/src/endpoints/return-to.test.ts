import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { returnToAfterLogin, safeReturnTo } from "./return-to.ts";

const ORIGIN = "https://app.example.com";

/** Where a browser lands: it resolves the answer against the page that redirected. */
const landing = (value: string, allowed: readonly string[] = []): URL =>
  new URL(safeReturnTo(value, ORIGIN, allowed), `${ORIGIN}/auth/callback`);

const SLASHES = [
  "//",
  "/\\",
  "\\/",
  "\\\\",
  "///",
  "/\\/",
  "////",
  "\\",
  "/\\\\",
  "/./",
  "/../",
  "/.//",
  "/..//",
  "/a/..//",
  "/%2e//",
  "/%2e%2e//",
];
const BLANKS = [
  "",
  " ",
  "\t",
  "\n",
  "\r",
  "\v",
  "\f",
  "\0",
  "%09",
  "%0a",
  "%0d%0a",
  "%00",
  "%20",
  "\u00a0",
  "\u2028",
  "\u3000",
  "\ufeff",
  "\u200b",
];
const HOSTS = [
  "evil.example",
  "evil.example:443",
  "user@evil.example",
  "app.example.com@evil.example",
  "app.example.com.evil.example",
  "evilapp.example.com",
  "xapp.example.com",
  "[::1]",
  "0x7f.1",
  "evil。example",
  "evil%E3%80%82example",
  "%65vil.example",
  "evil.example#",
  "evil.example?",
  "evil.example\\@app.example.com",
  "app.example.com:evil.example",
];
const SCHEMES = [
  "https:",
  "http:",
  "HTTPS:",
  "hTTp:",
  "javascript:",
  "data:",
  "vbscript:",
  "blob:",
  "file:",
  "ftp:",
  "about:",
  "ws:",
  "view-source:",
  "mailto:",
  "",
  "x:",
  "https",
  "https:/",
  "https:///",
  "http:\\\\",
  "java\nscript:",
  "javascript\t:",
];

/** Every way of writing that a corpus of open redirects knows, put together. */
function* corpus(): Generator<string> {
  for (const host of HOSTS) {
    for (const slash of SLASHES) {
      for (const blank of BLANKS) {
        yield `${slash}${blank}${host}`;
        yield `${blank}${slash}${host}`;
        yield `/${blank}/${host}`;
        yield `/${blank}\\${host}/..`;
      }
      for (const scheme of SCHEMES) yield `${scheme}${slash}${host}`;
    }
    for (const scheme of SCHEMES) yield `${scheme}${host}`;
  }
  yield* [
    "javascript:alert(1)",
    "javascript://%0aalert(1)",
    "data:text/html,<script>",
    "/\r\nSet-Cookie: a=b",
    "/a\r\nLocation: //evil.example",
  ];
}

test("A-01 A-02 A-03 HD-03 S-46 nothing of a corpus of open redirects leaves the origin", () => {
  let count = 0;
  for (const value of corpus()) {
    count += 1;
    const answer = safeReturnTo(value, ORIGIN);
    const told = JSON.stringify(value);
    assert.match(answer, /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, told);
    assert.equal(landing(value).origin, ORIGIN, told);
  }
  assert.ok(count > 559, String(count));
});

test("A-01 A-02 slashes and blanks that make a host become /", () => {
  for (const value of [
    "/\\evil.example",
    "//evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/ /evil.example",
    "/\n/evil.example",
    "/\v/evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "evil.example",
    "@evil.example",
    "?x",
    "#x",
    "",
    "http://app.example.com/",
    "https://app.example.com:8443/",
    "https://user@app.example.com/",
    "https://app.example.com@evil.example/",
  ]) {
    assert.equal(safeReturnTo(value, ORIGIN), "/", JSON.stringify(value));
  }
});

test("HD-03 own paths are kept, as the URL parser understood them", () => {
  for (const [value, answer] of [
    ["/", "/"],
    ["/a/b?c=d&e=f#g", "/a/b?c=d&e=f#g"],
    ["/x?u=//evil.example", "/x?u=//evil.example"],
    ["/x?u=https://evil.example/", "/x?u=https://evil.example/"],
    ["/@evil.example", "/@evil.example"],
    ["/a/../b", "/b"],
    ["/a//b", "/a//b"],
    ["/%2f%2fevil.example", "/%2f%2fevil.example"],
    ["/%09/evil.example", "/%09/evil.example"],
    ["/grüße", "/gr%C3%BC%C3%9Fe"],
    ['/"><script>', "/%22%3E%3Cscript%3E"],
    ["https://app.example.com/a?b#c", "/a?b#c"],
    ["HTTPS://APP.EXAMPLE.COM/a", "/a"],
    ["https://app.example.com:443/a", "/a"],
    ["https://app.example.com", "/"],
  ] as const) {
    assert.equal(safeReturnTo(value, ORIGIN), answer, value);
  }
});

test("A-04 A-05 other origins need to be listed, exactly; none is by default", () => {
  const allowed = ["https://docs.example.com"];
  assert.equal(safeReturnTo("https://docs.example.com/a?b#c", ORIGIN, allowed), "https://docs.example.com/a?b#c");
  for (const value of [
    "https://evildocs.example.com/",
    "https://docs.example.com.evil.example/",
    "https://a.docs.example.com/",
    "http://docs.example.com/",
    "https://docs.example.com:8443/",
    "https://docs.example.com@evil.example/",
    "//docs.example.com/",
    "https:docs.example.com",
    "https://docs.example.com//evil.example/",
  ]) {
    assert.equal(safeReturnTo(value, ORIGIN, allowed), "/", value);
  }
  assert.equal(safeReturnTo("https://docs.example.com/a", ORIGIN), "/");
});

test("HD-03 what is longer than 512 bytes becomes /", () => {
  const longest = `/${"a".repeat(511)}`;
  assert.equal(safeReturnTo(longest, ORIGIN), longest);
  assert.equal(safeReturnTo(`${longest}a`, ORIGIN), "/");
  assert.equal(safeReturnTo(`/${"a".repeat(8_192)}`, ORIGIN), "/");
  assert.equal(safeReturnTo(`/${"ü".repeat(200)}`, ORIGIN), "/", "encoded it is longer");
  assert.equal(safeReturnTo(null, ORIGIN), "/");
  assert.equal(safeReturnTo("/\ud800", ORIGIN), "/");
});

test("HD-03 whatever is given, a browser stays at the origin", () => {
  const piece = fc.oneof(
    fc.constantFrom(...SLASHES, ...BLANKS, ...HOSTS, ...SCHEMES, ".", "..", "@", ":", "#", "?", "%"),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const value = pieces.join("");
      assert.equal(landing(value).origin, ORIGIN);
      assert.equal(safeReturnTo(safeReturnTo(value, ORIGIN), ORIGIN), safeReturnTo(value, ORIGIN));
    }),
    { numRuns: 2_000 },
  );
});

test("a login never leads back to the endpoints of login and logout", () => {
  const to = (value: string): string => returnToAfterLogin(value, ORIGIN, "/auth");
  for (const value of [
    "/auth/login",
    "/auth/login?return_to=/",
    "/auth/callback?code=x",
    "/auth/logout",
    "/auth/LOGIN",
    "/auth/%6cogin",
    "/x/../auth/login",
    "/auth/login/",
  ]) {
    assert.equal(to(value), "/", value);
  }
  for (const value of ["/auth/console/", "/auth", "/auth/loginx", "/login", "/%ff"]) assert.equal(to(value), value);
});
