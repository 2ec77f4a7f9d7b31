import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { ORIGIN, PAGE, SCRIPT, startFullGateway } from "../../test-support/full-gateway.ts";
import type { Answered } from "../../test-support/talk.ts";

/**
 * What of the guide's configuration decides about a request. Envoy itself is not run: these tests act as its filter
 * does.
 */
interface Filter {
  readonly failure_mode_allow: boolean;
  readonly http_service: {
    readonly path_prefix: string;
    readonly authorization_request: { readonly allowed_headers: Patterns };
    readonly authorization_response: { readonly allowed_upstream_headers: Patterns; readonly allowed_client_headers: Patterns };
  };
}
interface Patterns {
  readonly patterns: readonly { readonly exact?: string; readonly prefix?: string }[];
}
type Headers = { readonly [name: string]: string };

let gateway: FullGateway;
let filter: Filter;
let alice: string;

before(async () => {
  const text = await readFile(join(import.meta.dirname, "../../../docs/guides/envoy.yaml"), "utf8");
  filter = filterIn(parse(text));
  gateway = await startFullGateway({ upstreams: [] });
  alice = await gateway.signIn("alice", { email: "alice@example.com", groups: ["staff"] });
});
after(() => gateway[Symbol.asyncDispose]());

/** The configuration of the filter ext_authz, wherever it stands. */
function filterIn(node: unknown): Filter {
  const found = search(node);
  assert.ok(found !== undefined, "docs/guides/envoy.yaml has no ext_authz");
  return found;
}

function search(node: unknown): Filter | undefined {
  if (isFilter(node)) return node;
  if (typeof node !== "object" || node === null) return undefined;
  for (const child of Object.values(node)) {
    const found = search(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isFilter(node: unknown): node is Filter {
  return typeof node === "object" && node !== null && "http_service" in node && "failure_mode_allow" in node;
}

const allows = ({ patterns }: Patterns, name: string): boolean =>
  patterns.some(({ exact, prefix }) => name === exact || (prefix !== undefined && name.startsWith(prefix)));

const picked = (headers: Headers | Answered["headers"], patterns: Patterns): Headers =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (allows(patterns, name) ? [[name, String(value)]] : [])));

/** What the client gets, or what the app is told where the request goes on. */
async function throughEnvoy(
  target: string,
  headers: Headers,
  method = "GET",
): Promise<{ passed: boolean; answer: Answered; headers: Headers }> {
  const { path_prefix, authorization_request, authorization_response } = filter.http_service;
  const sent = { ...picked(headers, authorization_request.allowed_headers), "x-forwarded-proto": "https" };
  const answer = await gateway.ask(path_prefix + target, { method, headers: sent });
  assert.deepEqual(answer.setCookies, []);
  const passed = answer.status === 200;
  const { allowed_upstream_headers, allowed_client_headers } = authorization_response;
  return { passed, answer, headers: picked(answer.headers, passed ? allowed_upstream_headers : allowed_client_headers) };
}

test("envoy: a yes is exactly 200 and tells the app who it is, for every method", async () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]) {
    const { passed, headers } = await throughEnvoy(
      "/a/b?x=1&groups=none",
      { cookie: alice, "sec-fetch-site": "same-origin" },
      method,
    );
    assert.equal(passed, true, method);
    assert.deepEqual(headers, {
      "x-auth-request-user": "alice",
      "x-auth-request-email": "alice@example.com",
      "x-auth-request-groups": "staff",
      "x-auth-request-preferred-username": "",
    });
  }
});

test("A-43 envoy: a no is the whole answer for the browser", async () => {
  const page = await throughEnvoy("/a?x=1", PAGE);
  assert.equal(page.answer.status, 302);
  assert.equal(page.headers["location"], `${ORIGIN}/auth/login?return_to=${encodeURIComponent("/a?x=1")}`);
  assert.equal(page.headers["cache-control"], "no-store");
  const form = await throughEnvoy("/a", { ...PAGE, "sec-fetch-site": "same-origin" }, "POST");
  assert.equal(form.answer.status, 303);
  const script = await throughEnvoy("/a", SCRIPT);
  assert.deepEqual([script.answer.status, script.headers["location"]], [401, undefined]);
  assert.equal(JSON.parse(script.answer.text).code, "ERR_UNAUTHENTICATED");
});

test("CS-01, CS-07 envoy: another site's requests and sockets are refused by original method and headers", async () => {
  assert.equal((await throughEnvoy("/a", { cookie: alice, "sec-fetch-site": "cross-site" }, "POST")).answer.status, 403);
  assert.equal((await throughEnvoy("/a", { cookie: alice, origin: "https://evil.example" }, "DELETE")).answer.status, 403);
  const socket = { cookie: alice, "sec-websocket-key": "AQEBAQEBAQEBAQEBAQEBAQ==" };
  assert.equal((await throughEnvoy("/a", { ...socket, origin: "https://evil.example" })).answer.status, 403);
  assert.equal((await throughEnvoy("/a", { ...socket, origin: ORIGIN })).passed, true);
});

test("S-05 envoy: an outage of the store is 503, and no request passes", async () => {
  gateway.store.down = true;
  const { passed, answer, headers } = await throughEnvoy("/a", { ...PAGE, cookie: alice }).finally(() => {
    gateway.store.down = false;
  });
  assert.deepEqual([passed, answer.status, headers["retry-after"]], [false, 503, "5"]);
  assert.equal(filter.failure_mode_allow, false);
  assert.equal((await throughEnvoy("/a", { cookie: alice })).passed, true);
});

test("A-08, A-22, A-23, A-28 envoy: a path behind the prefix that has no one meaning is 400", async () => {
  for (const target of ["/public/../admin", "/%2e%2e/admin", "/a%2fb", "//a", "/a#b", "/%zz", "/..;/a", "/a\\b"])
    assert.equal((await throughEnvoy(target, { cookie: alice })).answer.status, 400, target);
  const missing = await gateway.ask("/auth/check/envoy/", { headers: { cookie: alice } });
  assert.equal(missing.status, 400, "without the scheme");
  for (const headers of [{ host: "evil.example" }, { "x-forwarded-proto": "http" }]) {
    const answer = await gateway.ask("/auth/check/envoy/", {
      headers: { "x-forwarded-proto": "https", cookie: alice, ...headers },
    });
    assert.equal(answer.status, 400, JSON.stringify(headers));
  }
});
