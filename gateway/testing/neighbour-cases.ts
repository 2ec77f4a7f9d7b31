import assert from "node:assert/strict";
import type { House } from "./house.ts";
import { ORIGIN, PAGE, SCRIPT } from "./house.ts";
import type { Neighbour } from "./neighbour.ts";
import { PUBLIC } from "./rig.ts";
import type { Answered, Asking } from "./talk.ts";

/** A house without upstreams, and the proxy that asks it. */
export interface Street {
  readonly house: House;
  readonly proxy: Neighbour;
}

const LOGIN = (target: string): string => `${ORIGIN}/auth/login?return_to=${encodeURIComponent(target)}`;
const IDENTITY = ["user", "email", "groups", "preferred-username"].map((name) => `x-auth-request-${name}`);

/** Asks through the proxy, and sees that the app was not reached. */
async function withheld({ house, proxy }: Street, path: string, asking: Asking): Promise<Answered> {
  const before = house.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.deepEqual(house.seen.slice(before), [], `${path} reached the app: ${answer.status}`);
  assert.deepEqual(answer.setCookies, []);
  return answer;
}

/** Asks through the proxy; what the app was asked. */
async function passed({ house, proxy }: Street, path: string, asking: Asking): Promise<House["seen"][number]> {
  const before = house.seen.length;
  const answer = await proxy.ask(path, asking);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.setCookies, []);
  const [seen, ...more] = house.seen.slice(before);
  assert.ok(seen !== undefined && more.length === 0, "the app was asked once");
  return seen;
}

/** Somebody signed in reaches the app, which learns who it is and nothing that it could be with. */
export async function knowsWhoAsks(street: Street): Promise<void> {
  const claims = { email: "alice@example.com", groups: ["staff", "ops"], preferred_username: "älice" };
  const cookie = await street.house.signIn("alice", claims);
  const { url, headers, method } = await passed(street, "/a/b?x=1&y=%2F", {
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
export async function sendsBodies(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice");
  const body = "x".repeat(200_000);
  const { method, headers } = await passed(street, "/upload", {
    method: "POST",
    headers: { ...SCRIPT, cookie, origin: ORIGIN },
    body,
  });
  assert.equal(method, "POST");
  assert.equal(Number(headers["content-length"] ?? body.length), body.length);
}

/** Nobody signed in: a page becomes the login, with the way back, and a script gets 401. */
export async function turnsStrangersAway(street: Street): Promise<void> {
  const page = await withheld(street, "/a/b?x=1&y=%2F", { headers: PAGE });
  assert.equal(page.status, 302);
  assert.equal(page.headers.location, LOGIN("/a/b?x=1&y=%2F"));
  assert.equal(page.headers["cache-control"], "no-store");
  const old = await withheld(street, "/", { headers: { accept: "text/html,*/*" } });
  assert.deepEqual([old.status, old.headers.location], [302, LOGIN("/")]);
  const form = await withheld(street, "/form", {
    method: "POST",
    headers: { ...PAGE, "sec-fetch-site": "same-origin", referer: `${ORIGIN}/form?step=2` },
    body: "a=1",
  });
  assert.deepEqual([form.status, form.headers.location], [303, LOGIN("/form?step=2")]);
  for (const headers of [SCRIPT, {}, { ...PAGE, "sec-purpose": "prefetch" }, { ...PAGE, "sec-fetch-dest": "iframe" }]) {
    const script = await withheld(street, "/data", { headers });
    assert.deepEqual([script.status, script.headers.location], [401, undefined], JSON.stringify(headers));
  }
}

/** A cookie that proves nothing is none. */
export async function takesNoForgery(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice");
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
    const answer = await withheld(street, "/", { headers: { ...SCRIPT, cookie: `${name}=${forged}` } });
    assert.equal(answer.status, 401, forged);
  }
}

/** The store is cut off: 503, and whoever was signed in still is. */
export async function outlivesAnOutage(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice");
  street.house.store.down = true;
  try {
    for (const headers of [PAGE, SCRIPT]) {
      const answer = await withheld(street, "/a", { headers: { ...headers, cookie } });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers["retry-after"], "5");
    }
  } finally {
    street.house.store.down = false;
  }
  assert.equal((await passed(street, "/a", { headers: { ...PAGE, cookie } })).headers["x-auth-request-user"], "alice");
}

/** What another site sends with the user's cookie is judged by its own method and headers, not by the question's. */
export async function refusesOtherSites(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice");
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
      const answer = await withheld(street, "/change", {
        method,
        headers: { cookie, "x-original-method": "GET", "x-forwarded-method": "GET", ...headers },
      });
      assert.equal(answer.status, 403, `${method} ${JSON.stringify(headers)}`);
    }
    const own = await passed(street, "/change", { method, headers: { cookie, "sec-fetch-site": "same-origin", origin: ORIGIN } });
    assert.equal(own.method, method);
  }
  const read = await passed(street, "/", { headers: { cookie, ...PAGE, "sec-fetch-site": "cross-site" } });
  assert.equal(read.headers["x-auth-request-user"], "alice");
}

/** A page elsewhere opens no socket with the user's cookies. */
export async function refusesForeignSockets(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice");
  const handshake = (origin: string): string =>
    `GET /socket HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString("base64")}\r\nCookie: ${cookie}\r\n${origin}\r\n`;
  const before = street.house.seen.length;
  for (const origin of ["Origin: https://evil.example\r\n", "Origin: null\r\n", ""]) {
    const answer = await street.proxy.raw(`${handshake(origin)}GET / HTTP/1.1\r\nHost: ${PUBLIC}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 /);
  }
  assert.equal(street.house.seen.length, before);
}

/** Names that a client invents never reach the app as who it is, whoever is signed in. */
export async function stripsInventedNames(street: Street): Promise<void> {
  const cookie = await street.house.signIn("bob");
  const spellings = [
    "X-Auth-Request-User",
    "x_auth_request_user",
    "X_Auth-Request_User",
    "X.Auth.Request.User",
    "X-AUTH-REQUEST-EMAIL",
    "X-Auth-Request-Groups",
    "x_auth_request_groups",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Access-Token",
    "X-Coatcheck-Assertion",
    "Remote-User",
    "Remote_User",
    "X-Forwarded-User",
  ];
  const headers = Object.fromEntries(spellings.map((name) => [name, ["evil", "evil2"]]));
  for (const path of ["/a", "/public/a"]) {
    const seen = await passed(street, path, { headers: { ...SCRIPT, cookie, ...headers } });
    assert.equal(seen.rawHeaders.join("\n").includes("evil"), false, seen.rawHeaders.join("\n"));
    assert.equal(seen.headers["x-auth-request-user"] ?? "", path === "/a" ? "bob" : "");
    for (const name of IDENTITY.slice(1)) assert.equal(seen.headers[name] ?? "", "");
  }
}

/** What `Connection` lists does not take away what the gateway said. */
export async function keepsWhatConnectionLists(street: Street): Promise<void> {
  const cookie = await street.house.signIn("bob");
  const lists = [
    "X-Auth-Request-User",
    "close, x-auth-request-user",
    "keep-alive, X-AUTH-REQUEST-USER, X-Auth-Request-Email",
    "X-Forwarded-Proto",
  ];
  for (const connection of lists) {
    const { headers } = await passed(street, "/a", { headers: { ...SCRIPT, cookie, connection, "x-auth-request-user": "evil" } });
    assert.equal(headers["x-auth-request-user"], "bob", connection);
    assert.equal(headers["x-forwarded-proto"], "https", connection);
  }
}

/** What a client says of its own address, path and method is neither believed by the gateway nor told the app. */
export async function believesNoForwardedHeaders(street: Street): Promise<void> {
  const lies = {
    "x-original-url": `${ORIGIN}/public/x`,
    "x-original-method": "GET",
    "x-forwarded-uri": "/public/x",
    "x-forwarded-method": "GET",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-forwarded-prefix": "/evil",
    "x-forwarded-port": "81",
    "x-forwarded-for": "a",
    "x-rewrite-url": "/evil",
    forwarded: "for=a;host=evil.example;proto=http",
  };
  const stranger = await withheld(street, "/a", { headers: { ...PAGE, ...lies } });
  assert.deepEqual([stranger.status, stranger.headers.location], [302, LOGIN("/a")]);
  const cookie = await street.house.signIn("bob");
  const refused = await withheld(street, "/a", { method: "POST", headers: { ...lies, cookie, "sec-fetch-site": "cross-site" } });
  assert.equal(refused.status, 403);
  const { headers } = await passed(street, "/a", { headers: { ...SCRIPT, cookie, ...lies } });
  assert.equal(headers["x-forwarded-host"], PUBLIC);
  assert.equal(headers["x-forwarded-proto"], "https");
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  for (const name of [
    "x-forwarded-prefix",
    "x-forwarded-port",
    "x-original-url",
    "x-rewrite-url",
    "forwarded",
    "x-forwarded-uri",
  ])
    assert.equal(headers[name], undefined, name);
  for (const path of ["/auth/check/nginx", "/auth/check/forward", "/auth/%63heck/forward", "/auth/check/envoy/"]) {
    assert.equal((await withheld(street, path, { headers: { ...lies, cookie } })).status, 404, path);
  }
}

/** Who asks as a health check does is a stranger as any other. */
export async function knowsNoHealthChecks(street: Street): Promise<void> {
  for (const agent of ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "Prometheus/2.0"]) {
    const answer = await withheld(street, "/", { headers: { "user-agent": agent } });
    assert.equal(answer.status, 401, agent);
  }
}

/** However a path is written, what is protected is not shown to strangers, and the app gets the path that was judged. */
export async function readsOnePath(street: Street): Promise<void> {
  const { house, proxy } = street;
  const paths = [
    "/public/../admin",
    "/public/..%2fadmin",
    "/public/%2e%2e/admin",
    "/public/%2E%2E%2Fadmin",
    "/public/..;/admin",
    "/public/..\\admin",
    "/public/..%5cadmin",
    "/public/%252e%252e/admin",
    "/public//../admin",
    "//admin",
    "/./admin",
    "/admin/..%2fpublic/x",
    "/admin/../public/x",
    "/admin%2f..%2fpublic/x",
    "/admin;/../public/x",
    "/public/x%00/../../admin",
    "/public#/../admin",
    "/public/x#/../../admin",
    "/public%23/../admin",
    "/publicity",
    "/PUBLIC/../admin",
    "/public",
    "/public/.%2e/admin",
  ];
  for (const path of paths) {
    const before = house.seen.length;
    const answer = await proxy.raw(`GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    const seen = house.seen.slice(before);
    assert.ok([200, 301, 302, 400, 404].includes(status), `${path}: ${answer}`);
    for (const { url } of seen)
      assert.match(new URL(url, ORIGIN).pathname, /^\/public\/[^.%\\]*$/i, `${path} reached the app as ${url}`);
    assert.equal(answer.includes('"app":true'), seen.length > 0);
  }
  const cookie = await house.signIn("alice");
  for (const path of ["/a/%2e%2e/b", "/a/../b", "/a%2fb", "/a/%5cb", "//b", "/a%00b", "/%zz"]) {
    const before = house.seen.length;
    const answer = await proxy.raw(`GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
    assert.equal(house.seen.length, before, path);
  }
}

/** The gateway's own pages are reached through the proxy, at the public address. */
export async function reachesOwnPages(street: Street): Promise<void> {
  const cookie = await street.house.signIn("alice", { name: "Alice" });
  const session = await street.proxy.ask("/auth/session", { headers: { ...SCRIPT, cookie } });
  assert.equal(session.status, 200, session.text);
  assert.equal(JSON.parse(session.text).identity.subject, "alice");
  const foreign = await street.proxy.ask("/auth/logout", { method: "POST", headers: { cookie, "sec-fetch-site": "cross-site" } });
  assert.equal(foreign.status, 403);
  const logout = await street.proxy.ask("/auth/logout", { method: "POST", headers: { ...SCRIPT, cookie } });
  assert.equal(logout.status, 200, logout.text);
  assert.match(logout.setCookies.join(), /^__Host-Http-coatcheck=;.*Max-Age=0/);
  assert.equal((await withheld(street, "/a", { headers: { ...SCRIPT, cookie } })).status, 401);
}
