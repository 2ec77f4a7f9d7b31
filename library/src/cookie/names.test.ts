import assert from "node:assert/strict";
import { test } from "node:test";
import { CoatcheckError } from "../core/errors.ts";
import type { CookieOptions } from "./names.ts";
import { createCookies, isLoopbackHost, isOurCookie } from "./names.ts";
import { clearCookie, setCookie } from "./serialize.ts";

const HTTPS = ["https://app.example.com"];
const HTTP = ["http://localhost:4180"];
const STATE = "abcDEF-_123456789";

function refusalOf(options: CookieOptions): string {
  try {
    createCookies(options);
  } catch (error) {
    assert.ok(error instanceof CoatcheckError && error.code === "ERR_CONFIG");
    return error.message;
  }
  return assert.fail("accepted");
}

test("S-13 CK-01 CK-03 CK-04 https session cookie: __Host-Http-, Secure, HttpOnly, Path=/, Lax or Strict", () => {
  assert.equal(
    setCookie(createCookies({ origins: HTTPS }).session, "v"),
    "__Host-Http-coatcheck=v; Path=/; Secure; HttpOnly; SameSite=Lax",
  );
  assert.equal(
    setCookie(createCookies({ origins: [...HTTPS, "https://other.example"], sameSite: "Strict", name: "shop" }).session, "v"),
    "__Host-Http-shop=v; Path=/; Secure; HttpOnly; SameSite=Strict",
  );
});

test("S-12 on http, on a loopback address, the cookie goes without prefix and Secure, and is cleared so", () => {
  for (const origin of [...HTTP, "http://127.0.0.1:3000", "http://127.8.9.1", "http://[::1]:80", "http://app.localhost:1"]) {
    const { session } = createCookies({ origins: [origin], name: "shop" });
    assert.equal(setCookie(session, "v"), "shop=v; Path=/; HttpOnly; SameSite=Lax");
    assert.match(clearCookie(session), /^shop=; Max-Age=0; .*; Path=\/; HttpOnly; SameSite=Lax$/);
  }
});

test("F-53 on http the port is in the name, for browsers share cookies between the ports of a host", () => {
  const named = (...origins: readonly string[]) => createCookies({ origins }).session.name;
  assert.equal(named("http://localhost:4180"), "coatcheck-4180");
  assert.equal(named("http://localhost:3000"), "coatcheck-3000");
  assert.equal(named("http://localhost"), "coatcheck");
  assert.equal(named("http://localhost:3000", "http://127.0.0.1:4000"), "coatcheck-3000");
  assert.equal(named("https://app.example.com:8443"), "__Host-Http-coatcheck");
  const { isOurs } = createCookies({ origins: ["http://localhost:3000"] });
  const ours = ["coatcheck-3000", "coatcheck-3000.login.abcDEF-_123", "coatcheck-4180", "coatcheck-4180.login.abcDEF-_123"];
  assert.deepEqual(ours.map(isOurs), [true, true, false, false]);
});

test("S-13 http where others could listen is refused, and so are origins that are none or of both kinds", () => {
  for (const origin of [
    "http://app.example.com",
    "http://10.0.0.1",
    "http://localhost.example.com",
    "http://0.0.0.0:80",
    "http://[::]",
  ]) {
    assert.match(refusalOf({ origins: [origin] }), /is http\n/);
  }
  assert.match(refusalOf({ origins: [...HTTPS, ...HTTP] }), /both https and http/);
  assert.match(refusalOf({ origins: [] }), /missing/);
  for (const origin of ["", "app.example.com", "ftp://app.example.com", "javascript:alert(1)"]) {
    assert.match(refusalOf({ origins: [origin] }), /not an origin/);
  }
});

test("CK-03 a shared domain costs the __Host- prefix, for the session alone, and must be the origins' own", () => {
  const shared = createCookies({ origins: ["https://a.example.com", "https://example.com"], domain: "Example.com" });
  assert.equal(
    setCookie(shared.session, "v"),
    "__Secure-coatcheck=v; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax",
  );
  assert.equal(
    setCookie(shared.login(STATE), "v"),
    "__Host-Http-coatcheck.login.abcDEF-_123=v; Path=/; Secure; HttpOnly; SameSite=Lax",
  );
  for (const domain of [
    ".example.com",
    "com",
    "ample.com",
    "a.example.com",
    "example.com.",
    "",
    "*.example.com",
    "example.com; Secure",
  ]) {
    assert.match(
      refusalOf({ origins: ["https://a.example.com", "https://b.example.com"], domain }),
      /does not fit publicUrl/,
      domain,
    );
  }
  assert.match(refusalOf({ origins: ["https://10.0.0.1"], domain: "10.0.0.1" }), /does not fit/);
  assert.match(refusalOf({ origins: HTTP, domain: "localhost" }), /needs https/);
});

test("CK-04 a login's cookie is named by its state, Lax, or None for form_post on https", () => {
  const secure = createCookies({ origins: HTTPS });
  const plain = createCookies({ origins: HTTP });
  assert.equal(secure.login(STATE).name, "__Host-Http-coatcheck.login.abcDEF-_123");
  assert.equal(secure.loginPrefix, "__Host-Http-coatcheck.login.");
  assert.equal(secure.login(STATE).sameSite, "Lax");
  assert.match(setCookie(secure.formPostLogin(STATE), "v"), /; Secure; HttpOnly; SameSite=None$/);
  assert.equal(plain.login(STATE).name, "coatcheck-4180.login.abcDEF-_123");
  assert.throws(() => plain.formPostLogin(STATE), CoatcheckError);
  for (const state of ["", "short", "abc; Domain=x", "aaaaaaaaaa="]) assert.throws(() => secure.login(state), TypeError);
});

test("CK-12 a login's cookie is cleared by the name that the browser sent, and only if it is one", () => {
  const { login, loginNamed, loginPrefix } = createCookies({ origins: HTTPS });
  const sent = loginNamed(login(STATE).name);
  assert.ok(sent);
  assert.equal(clearCookie(sent), clearCookie(login(STATE)));
  for (const name of [
    "",
    loginPrefix,
    `${loginPrefix}short`,
    `${loginPrefix}abcDEF-_1234`,
    `${loginPrefix}abcDEF-_12;`,
    "coatcheck.login.abcDEF-_123",
  ]) {
    assert.equal(loginNamed(name), undefined, name);
  }
});

test("CK-13 our names are known with every prefix that a browser would take for ours, and no others", () => {
  for (const prefix of ["", "__Host-Http-", "__Host-", "__Http-", "__Secure-", "__host-", "__HOST-HTTP-", "__sEcUrE-"]) {
    for (const rest of ["", ".login.abcDEF-_123", ".1"])
      assert.equal(isOurCookie(`${prefix}coatcheck${rest}`), true, prefix + rest);
  }
  for (const name of [
    "",
    "coat",
    "coatchecks",
    "coatcheck-theme",
    "xcoatcheck",
    "__Host-session",
    "__Host-__Host-coatcheck",
    "Coatcheck",
  ]) {
    assert.equal(isOurCookie(name), false, name);
  }
  const { isOurs, session, login } = createCookies({ origins: HTTPS, name: "shop" });
  assert.ok(isOurs(session.name) && isOurs(login(STATE).name));
  assert.equal(isOurs("coatcheck"), false);
});

test("a name brings no prefix of its own and no character that needs quoting", () => {
  for (const name of ["", "__Host-a", "a.b", "a b", "a;b", "-a", "é"]) {
    assert.throws(() => createCookies({ origins: HTTPS, name }), TypeError, name);
  }
});

test("loopback is this machine alone", () => {
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.255.0.1", "[::1]"])
    assert.equal(isLoopbackHost(host), true, host);
  for (const host of ["", "localhost.a", "128.0.0.1", "127.0.0.1.nip.io", "[::]", "[::ffff:7f00:1]", "notlocalhost"]) {
    assert.equal(isLoopbackHost(host), false, host);
  }
});
