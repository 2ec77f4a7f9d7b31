import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Harness } from "../../test-support/harness.ts";
import { echo, PUBLIC, startHarness, statusOf } from "../../test-support/harness.ts";

const ORIGIN = `https://${PUBLIC}`;
let harness: Harness;
let trusting: Harness;
before(async () => {
  harness = await startHarness(echo);
  trusting = await startHarness(echo, { config: { trustedProxies: ["127.0.0.1/32"] } });
});
after(() => Promise.all([harness[Symbol.asyncDispose](), trusting[Symbol.asyncDispose]()]));

const ALICE = { Cookie: "__Host-Http-coatcheck=alice" };
const nginx = (url: string, method = "GET") => ({ ...ALICE, "X-Original-URL": url, "X-Original-Method": method });
const forward = (uri: string, more: { readonly [name: string]: string } = {}) => ({
  ...ALICE,
  "X-Forwarded-Method": "GET",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": PUBLIC,
  "X-Forwarded-Uri": uri,
  ...more,
});
const without = (headers: { readonly [name: string]: string }, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

type Headers = { readonly [name: string]: string };
const UNDERSTOOD: readonly (readonly [path: string, headers: Headers, seen: string])[] = [
  ["/auth/check/nginx", nginx(`${ORIGIN}/a?b=1`), `nginx GET ${ORIGIN} /a?b=1 `],
  ["/auth/check/nginx", nginx(ORIGIN, "POST"), `nginx POST ${ORIGIN} / `],
  ["/auth/check/nginx", nginx(`${ORIGIN}?b`), `nginx GET ${ORIGIN} /?b `],
  ["/auth/check/nginx", nginx(`${ORIGIN}:443/%61`), `nginx GET ${ORIGIN} /a `],
  ["/auth/check/nginx?groups=a,b", nginx(`${ORIGIN}/`), `nginx GET ${ORIGIN} / a+b`],
  ["/auth/check/nginx?groups=a%20b", nginx(`${ORIGIN}/`), `nginx GET ${ORIGIN} / a b`],
  ["/auth/check/forward", forward("/a?b=1"), `forward GET ${ORIGIN} /a?b=1 `],
  ["/auth/check/forward", forward("/", { "X-Forwarded-Method": "PROPFIND" }), `forward PROPFIND ${ORIGIN} / `],
  ["/auth/check/envoy/a/b?c=1", { ...ALICE, "X-Forwarded-Proto": "https" }, `envoy GET ${ORIGIN} /a/b?c=1 `],
  ["/auth/check/envoy/", { ...ALICE, "X-Forwarded-Proto": "https" }, `envoy GET ${ORIGIN} / `],
];

for (const [path, headers, seen] of UNDERSTOOD) {
  test(`the question at ${path} is about: ${seen}`, async () => {
    const answer = await trusting.get(path, headers);
    assert.equal(statusOf(answer), 200, answer);
    assert.ok(answer.includes(`x-seen: ${seen}`), answer);
  });
}

const REFUSED: readonly (readonly [name: string, path: string, headers: Headers])[] = [
  ["A-28 no metadata", "/auth/check/nginx", ALICE],
  ["A-28 no method", "/auth/check/nginx", without(nginx(`${ORIGIN}/`), "X-Original-Method")],
  ["A-28 no URL", "/auth/check/nginx", without(nginx(`${ORIGIN}/`), "X-Original-URL")],
  ["A-28 a URL without host", "/auth/check/nginx", nginx("/a")],
  ["A-28 a URL of another scheme", "/auth/check/nginx", nginx(`ftp://${PUBLIC}/`)],
  ["A-28 a URL with a user in it", "/auth/check/nginx", nginx(`https://${PUBLIC}@evil.example/`)],
  ["A-28 a URL with a malformed escape", "/auth/check/nginx", nginx(`${ORIGIN}/%zz`)],
  ["A-08 a URL with a fragment", "/auth/check/nginx", nginx(`${ORIGIN}/public#/../admin`)],
  ["A-23 a URL with dots", "/auth/check/nginx", nginx(`${ORIGIN}/public/../admin`)],
  ["A-22 a URL with encoded dots", "/auth/check/nginx", nginx(`${ORIGIN}/public/%2e%2e/admin`)],
  ["A-24 http where the origin is https", "/auth/check/nginx", nginx(`http://${PUBLIC}/`)],
  ["a host that is not ours", "/auth/check/nginx", nginx("https://evil.example/")],
  ["a method in small letters", "/auth/check/nginx", nginx(`${ORIGIN}/`, "get")],
  ["a method with a space", "/auth/check/nginx", nginx(`${ORIGIN}/`, "GET /")],
  ["A-14 an unknown parameter", "/auth/check/nginx?group=a", nginx(`${ORIGIN}/`)],
  ["A-14 oauth2-proxy's parameter", "/auth/check/nginx?allowed_groups=a", nginx(`${ORIGIN}/`)],
  ["A-14 groups twice", "/auth/check/nginx?groups=a&groups=b", nginx(`${ORIGIN}/`)],
  ["A-14 no group among the groups", "/auth/check/nginx?groups=", nginx(`${ORIGIN}/`)],
  ["A-14 a group without a name", "/auth/check/nginx?groups=a,,b", nginx(`${ORIGIN}/`)],
  ["a proxy that is not known", "/auth/check/apache", nginx(`${ORIGIN}/`)],
  ["A-28 no forwarded method", "/auth/check/forward", without(forward("/"), "X-Forwarded-Method")],
  ["A-28 no forwarded scheme", "/auth/check/forward", without(forward("/"), "X-Forwarded-Proto")],
  ["A-28 no forwarded host", "/auth/check/forward", without(forward("/"), "X-Forwarded-Host")],
  ["A-28 no forwarded path", "/auth/check/forward", without(forward("/"), "X-Forwarded-Uri")],
  ["A-28 an absolute forwarded path", "/auth/check/forward", forward(`${ORIGIN}/`)],
  ["A-24 another forwarded scheme", "/auth/check/forward", forward("/", { "X-Forwarded-Proto": "http" })],
  ["two forwarded hosts", "/auth/check/forward", forward("/", { "X-Forwarded-Host": `${PUBLIC}, evil.example` })],
  ["A-28 Envoy without a scheme", "/auth/check/envoy/a", ALICE],
  ["A-28 Envoy without a path", "/auth/check/envoy", { ...ALICE, "X-Forwarded-Proto": "https" }],
  ["A-23 Envoy with dots", "/auth/check/envoy/a/../b", { ...ALICE, "X-Forwarded-Proto": "https" }],
  ["Envoy for another host", "/auth/check/envoy/a", { ...ALICE, "X-Forwarded-Proto": "https", Host: "evil.example" }],
];

for (const [name, path, headers] of REFUSED) {
  test(`${name} is 400, never a pass`, async () => {
    assert.equal(statusOf(await trusting.get(path, headers)), 400);
  });
}

test("A-09 the same questions from a peer that is not trusted are 400", async () => {
  for (const [path, headers] of UNDERSTOOD) assert.equal(statusOf(await harness.get(path, headers)), 400);
});

test("A-10 a health check's User-Agent is no credential", async () => {
  const headers = { ...without(nginx(`${ORIGIN}/`), "Cookie"), "User-Agent": "GoogleHC/1.0" };
  assert.equal(statusOf(await trusting.get("/auth/check/nginx", headers)), 401);
  assert.equal(
    statusOf(await trusting.get("/auth/check/forward", { ...without(forward("/"), "Cookie"), "User-Agent": "kube-probe/1.30" })),
    401,
  );
});
