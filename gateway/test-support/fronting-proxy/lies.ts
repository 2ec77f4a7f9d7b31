import assert from "node:assert/strict";
import { ORIGIN, PAGE, SCRIPT } from "../full-gateway.ts";
import { PUBLIC } from "../harness.ts";
import type { ProxiedGateway } from "./proxied-gateway.ts";
import { LOGIN, passed, withheld } from "./proxied-gateway.ts";

const IDENTITY = ["user", "email", "groups", "preferred-username"].map((name) => `x-auth-request-${name}`);

/** Identity headers of a client never reach the app, whether its user is authenticated or not. */
export async function stripsInventedNames(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("bob");
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
    const seen = await passed(proxied, path, { headers: { ...SCRIPT, cookie, ...headers } });
    assert.equal(seen.rawHeaders.join("\n").includes("evil"), false, seen.rawHeaders.join("\n"));
    assert.equal(seen.headers["x-auth-request-user"] ?? "", path === "/a" ? "bob" : "");
    for (const name of IDENTITY.slice(1)) assert.equal(seen.headers[name] ?? "", "");
  }
}

/** What `Connection` lists does not take away what the gateway said. */
export async function keepsWhatConnectionLists(proxied: ProxiedGateway): Promise<void> {
  const cookie = await proxied.gateway.signIn("bob");
  const lists = [
    "X-Auth-Request-User",
    "close, x-auth-request-user",
    "keep-alive, X-AUTH-REQUEST-USER, X-Auth-Request-Email",
    "X-Forwarded-Proto",
  ];
  for (const connection of lists) {
    const { headers } = await passed(proxied, "/a", {
      headers: { ...SCRIPT, cookie, connection, "x-auth-request-user": "evil" },
    });
    assert.equal(headers["x-auth-request-user"], "bob", connection);
    assert.equal(headers["x-forwarded-proto"], "https", connection);
  }
}

/** What a client says of its own address, path and method is neither believed by the gateway nor told the app. */
export async function believesNoForwardedHeaders(proxied: ProxiedGateway): Promise<void> {
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
  const anonymous = await withheld(proxied, "/a", { headers: { ...PAGE, ...lies } });
  assert.deepEqual([anonymous.status, anonymous.headers.location], [302, LOGIN("/a")]);
  const cookie = await proxied.gateway.signIn("bob");
  const refused = await withheld(proxied, "/a", { method: "POST", headers: { ...lies, cookie, "sec-fetch-site": "cross-site" } });
  assert.equal(refused.status, 403);
  const { headers } = await passed(proxied, "/a", { headers: { ...SCRIPT, cookie, ...lies } });
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
    assert.equal((await withheld(proxied, path, { headers: { ...lies, cookie } })).status, 404, path);
  }
}

/** A request that looks like a health check is anonymous like any other. */
export async function knowsNoHealthChecks(proxied: ProxiedGateway): Promise<void> {
  for (const agent of ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "Prometheus/2.0"]) {
    const answer = await withheld(proxied, "/", { headers: { "user-agent": agent } });
    assert.equal(answer.status, 401, agent);
  }
}

/**
 * However a path is written, what is protected is not shown to anonymous callers, and the app gets the path that was
 * judged.
 */
export async function readsOnePath(proxied: ProxiedGateway): Promise<void> {
  const { gateway, proxy } = proxied;
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
    const before = gateway.seen.length;
    const answer = await proxy.raw(`GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    const seen = gateway.seen.slice(before);
    assert.ok([200, 301, 302, 400, 404].includes(status), `${path}: ${answer}`);
    for (const { url } of seen)
      assert.match(new URL(url, ORIGIN).pathname, /^\/public\/[^.%\\]*$/i, `${path} reached the app as ${url}`);
    assert.equal(answer.includes('"app":true'), seen.length > 0);
  }
  const cookie = await gateway.signIn("alice");
  for (const path of ["/a/%2e%2e/b", "/a/../b", "/a%2fb", "/a/%5cb", "//b", "/a%00b", "/%zz"]) {
    const before = gateway.seen.length;
    const answer = await proxy.raw(`GET ${path} HTTP/1.1\r\nHost: ${PUBLIC}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
    assert.equal(gateway.seen.length, before, path);
  }
}
