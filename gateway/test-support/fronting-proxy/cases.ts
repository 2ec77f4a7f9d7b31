import assert from "node:assert/strict";
import { Browser } from "../browser.ts";
import { ORIGIN, PAGE, SCRIPT } from "../full-gateway.ts";
import { PUBLIC } from "../harness.ts";
import type { Asking } from "../talk.ts";
import type { ProxiedGateway } from "./proxied-gateway.ts";
import { LOGIN, passed, withheld } from "./proxied-gateway.ts";

/** An authenticated user reaches the app, which learns the identity and no credential. */
export async function knowsWhoAsks(proxied: ProxiedGateway): Promise<void> {
  const claims = { email: "alice@example.com", groups: ["staff", "ops"], preferred_username: "älice" };
  const cookie = await proxied.gateway.signIn("alice", claims);
  const { url, headers, method } = await passed(proxied, "/a/b?x=1&y=%2F", {
    method: "GET",
    headers: { ...PAGE, cookie: `a=1; ${cookie}; b=2` },
  });
  assert.deepEqual([method, url], ["GET", "/a/b?x=1&y=%2F"]);
  assert.equal(headers["x-auth-request-user"], "alice");
  assert.equal(headers["x-auth-request-email"], "alice@example.com");
  assert.equal(headers["x-auth-request-groups"], "staff,ops");
  assert.equal(Buffer.from(String(headers["x-auth-request-preferred-username"]), "latin1").toString(), "älice");
  assert.equal(headers.cookie?.includes("coatcheck"), false, headers.cookie);
  assert.match(headers.cookie ?? "", /a=1.*b=2/);
  assert.equal(headers.host, PUBLIC);
  assert.equal(headers["x-forwarded-proto"], "https");
}

/** Every body goes on to the app, also a long one, and none to the gateway. */
export async function sendsBodies(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  const body = "x".repeat(200_000);
  const { method, headers } = await passed(proxied, "/upload", {
    method: "POST",
    headers: { ...SCRIPT, cookie, origin: ORIGIN },
    body,
  });
  assert.equal(method, "POST");
  assert.equal(Number(headers["content-length"] ?? body.length), body.length);
}

/** An anonymous caller: a page becomes the login, with the way back, and a script gets 401. */
export async function refusesAnonymousCallers(proxied: ProxiedGateway): Promise<void> {
  const page = await withheld(proxied, "/a/b?x=1&y=%2F", { headers: PAGE });
  assert.equal(page.status, 302);
  assert.equal(page.headers.location, LOGIN("/a/b?x=1&y=%2F"));
  assert.equal(page.headers["cache-control"], "no-store");
  const old = await withheld(proxied, "/", { headers: { accept: "text/html,*/*" } });
  assert.deepEqual([old.status, old.headers.location], [302, LOGIN("/")]);
  const form = await withheld(proxied, "/form", {
    method: "POST",
    headers: { ...PAGE, "sec-fetch-site": "same-origin", referer: `${ORIGIN}/form?step=2` },
    body: "a=1",
  });
  assert.deepEqual([form.status, form.headers.location], [303, LOGIN("/form?step=2")]);
  for (const headers of [SCRIPT, {}, { ...PAGE, "sec-purpose": "prefetch" }, { ...PAGE, "sec-fetch-dest": "iframe" }]) {
    const script = await withheld(proxied, "/data", { headers });
    assert.deepEqual([script.status, script.headers.location], [401, undefined], JSON.stringify(headers));
  }
}

/** A part for some groups is 403 for others, however its path is spelled. */
export async function narrowsByGroups(proxied: ProxiedGateway): Promise<void> {
  const staff = await proxied.gateway.signIn("alice", { groups: ["staff"] });
  const guest = await proxied.gateway.signIn("bob", { groups: ["guests", "staffing"] });
  for (const path of ["/staff", "/staff/", "/staff/a?groups=guests", "/STAFF/a", "/staff;x=1/a"]) {
    const seen = await passed(proxied, path, { headers: { ...PAGE, cookie: staff } });
    assert.deepEqual([seen.url, seen.headers["x-auth-request-groups"]], [path, "staff"]);
    assert.equal((await withheld(proxied, path, { headers: { ...PAGE, cookie: guest } })).status, 403, path);
    assert.equal((await withheld(proxied, path, { headers: PAGE })).status, 302, path);
  }
  assert.equal((await passed(proxied, "/staffing", { headers: { ...PAGE, cookie: guest } })).url, "/staffing");
}

/** A cookie that proves nothing is none. */
export async function takesNoForgery(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  const [name = "", value = ""] = cookie.split("=");
  for (const forged of [
    "",
    "x",
    "%",
    value.slice(0, -1),
    `${value}A`,
    value.replace(".", ""),
    "a".repeat(3000),
    `${value.slice(0, 22)}.${"A".repeat(43)}`,
  ]) {
    const answer = await withheld(proxied, "/", { headers: { ...SCRIPT, cookie: `${name}=${forged}` } });
    assert.equal(answer.status, 401, forged);
  }
}

/** The store is cut off: 503, and users stay signed in. */
export async function outlivesAnOutage(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  proxied.gateway.store.down = true;
  try {
    for (const headers of [PAGE, SCRIPT]) {
      const answer = await withheld(proxied, "/a", { headers: { ...headers, cookie } });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers["retry-after"], "5");
    }
  } finally {
    proxied.gateway.store.down = false;
  }
  assert.equal((await passed(proxied, "/a", { headers: { ...PAGE, cookie } })).headers["x-auth-request-user"], "alice");
}

/** What another site sends with the user's cookie is judged by its own method and headers, not by the question's. */
export async function refusesOtherSites(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  const foreign: readonly Asking["headers"][] = [
    { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    { "sec-fetch-site": "same-site", origin: "https://other.example.com" },
    { "sec-fetch-site": "same-origin-ish" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://app.example.com" },
    {},
  ];
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const headers of foreign) {
      const answer = await withheld(proxied, "/change", {
        method,
        headers: { cookie, "x-original-method": "GET", "x-forwarded-method": "GET", ...headers },
      });
      assert.equal(answer.status, 403, `${method} ${JSON.stringify(headers)}`);
    }
    const own = await passed(proxied, "/change", {
      method,
      headers: { cookie, "sec-fetch-site": "same-origin", origin: ORIGIN },
    });
    assert.equal(own.method, method);
  }
  const read = await passed(proxied, "/", { headers: { cookie, ...PAGE, "sec-fetch-site": "cross-site" } });
  assert.equal(read.headers["x-auth-request-user"], "alice");
}

/** A page elsewhere opens no socket with the user's cookies. */
export async function refusesForeignSockets(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  const handshake = (origin: string): string =>
    `GET /socket HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString("base64")}\r\nCookie: ${cookie}\r\n${origin}\r\n`;
  const before = proxied.gateway.seen.length;
  for (const origin of ["Origin: https://evil.example\r\n", "Origin: null\r\n", ""]) {
    const answer = await proxied.proxy.raw(`${handshake(origin)}GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 /);
  }
  assert.equal(proxied.gateway.seen.length, before);
  // This app speaks no WebSocket and answers as to any request; what counts is that it was asked to.
  const own = await proxied.proxy.raw(
    `${handshake(`Origin: ${ORIGIN}\r\n`)}GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`,
  );
  assert.match(own, /^HTTP\/1\.1 200 /);
  assert.equal(proxied.gateway.seen[before]?.headers.upgrade, "websocket");
}

/** The gateway's own pages are reached through the proxy, at the public address. */
export async function reachesOwnPages(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice", { name: "Alice" });
  const session = await proxied.proxy.ask("/auth/session", { headers: { ...SCRIPT, cookie } });
  assert.equal(session.status, 200, session.text);
  assert.equal(JSON.parse(session.text).identity.subject, "alice");
  const foreign = await proxied.proxy.ask("/auth/logout", {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "cross-site" },
  });
  assert.equal(foreign.status, 403);
  const logout = await proxied.proxy.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie } });
  assert.equal(logout.status, 200, logout.text);
  assert.match(logout.setCookies.join(), /^__Host-Http-coatcheck=;.*Max-Age=0/);
  assert.equal((await withheld(proxied, "/a", { headers: { ...SCRIPT, cookie } })).status, 401);
}

/** The whole way: an anonymous caller goes to the provider, comes back signed in to the page wanted, and logs out. */
export async function signsIn(proxied: ProxiedGateway): Promise<void> {
  const { proxy } = proxied;
  const browser = new Browser(proxy.ca);
  const page = await browser.send(proxy.port, "/a?x=1", { headers: PAGE });
  const login = await browser.send(proxy.port, String(page.headers.location), { headers: PAGE });
  assert.equal(login.status, 302, login.text);
  const callback = await browser.approve(String(login.headers.location));
  assert.ok(callback.startsWith(`${ORIGIN}/auth/callback?`), callback);
  const back = await browser.send(proxy.port, callback, { headers: PAGE });
  assert.deepEqual([back.status, back.headers.location], [303, "/a?x=1"], back.text);
  assert.equal(browser.jar.size, 1, "the ticket alone is left");
  const seen = await passed(proxied, "/a?x=1", { headers: { ...PAGE, cookie: browser.cookie } });
  assert.equal(seen.headers["x-auth-request-user"], "alice");
  const ticket = browser.cookie;
  const logout = await browser.send(proxy.port, "/auth/logout", { method: "POST", headers: SCRIPT });
  assert.equal(logout.status, 200, logout.text);
  assert.equal((await withheld(proxied, "/a", { headers: { ...SCRIPT, cookie: ticket } })).status, 401);
}

/** A gateway that is gone lets no request through; afterwards it is gone. */
export async function losesTheGateway(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("alice");
  await proxied.gateway.close();
  for (const headers of [PAGE, { ...PAGE, cookie }, { ...SCRIPT, cookie }]) {
    const answer = await withheld(proxied, "/a", { headers });
    assert.ok([502, 503].includes(answer.status), String(answer.status));
  }
  assert.equal((await passed(proxied, "/public/a", { headers: PAGE })).url, "/public/a");
}
