import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startHarness, statusOf } from "../../test-support/harness.ts";
import type { AccessRule } from "../config/config.ts";
import { readTarget } from "../request/path.ts";
import { isUnder, type Routable, RouteTable } from "./routing.ts";
import { isStricter } from "./strictness.ts";

const HOST = "app.example.com";
const OTHER = "api.example.com";
const terms = (access: AccessRule, groups: readonly string[] = []) => ({
  access,
  groups: new Set(groups),
  providers: new Set<string>(),
  preflight: false,
  sensitive: false,
  maxAge: undefined,
  acr: new Set<string>(),
  caseSensitive: false,
});
const route = (name: string, paths: readonly string[], hosts: readonly string[] = []) => ({
  name,
  paths,
  hosts,
  ...terms("user"),
});
const ROUTES = [
  route("root", ["/"]),
  route("api", ["/api"]),
  route("admin", ["/api/admin", "/manage"]),
  route("other", ["/api"], [OTHER]),
];
const table = new RouteTable(ROUTES, [HOST, OTHER]);
const found = (host: string, path: string): string | undefined => {
  const answer = table.find(host, path);
  return answer === "ambiguous" ? answer : answer?.name;
};

const CHOICES: readonly (readonly [host: string, path: string, route: string | undefined])[] = [
  [HOST, "/", "root"],
  [HOST, "/api", "api"],
  [HOST, "/api/", "api"],
  [HOST, "/api/x", "api"],
  [HOST, "/apis", "root"],
  [HOST, "/api-x", "root"],
  [HOST, "/api/admin", "admin"],
  [HOST, "/api/admin/x", "admin"],
  [HOST, "/api/administrator", "api"],
  [HOST, "/manage/y", "admin"],
  [OTHER, "/api/x", "other"],
  [OTHER, "/api/admin/x", "admin"],
  ["evil.example", "/", undefined],
];

test("A-07 the longest prefix on a segment boundary chooses the route; one with hosts beats one without", () => {
  for (const [host, path, name] of CHOICES) assert.equal(found(host, path), name, `${host}${path}`);
});

test("A-22 a path that servers cutting parameters off would send to another route has no route", () => {
  assert.equal(found(HOST, "/api/admin;x=1"), "ambiguous");
  assert.equal(found(HOST, "/api;x/admin"), "ambiguous");
  assert.equal(found(HOST, "/api/admin/page;x=1"), "admin");
  assert.equal(found(HOST, "/a;b"), "root");
});

test("a prefix holds itself and what lies below it", () => {
  assert.ok(isUnder("/auth", "/auth"));
  assert.ok(isUnder("/auth/x", "/auth"));
  assert.ok(!isUnder("/author", "/auth"));
  assert.ok(isUnder("/anything", "/"));
});

test("without any route nothing is found", () => {
  assert.equal(new RouteTable([], [HOST]).find(HOST, "/"), undefined);
});

/** Targets at a public `/` beside `/admin` for users, and what becomes of them. */
const BESIDE_ADMIN: readonly (readonly [target: string, status: number])[] = [
  ["/page", 200],
  ["/Page", 200],
  ["/a%20b%3Bc", 200],
  ["/administrator", 200],
  ["/Administrator", 200],
  ["/caf%C3%A9", 200],
  ["/admin", 401],
  ["/admin/secret", 401],
  ["/admin/Secret;v=1", 401],
  ["/admin/secret%3Bv", 401],
  ["/ADMIN/secret", 400],
  ["/Admin", 400],
  ["/%41dmin/secret", 400],
  ["/%2541dmin/secret", 400],
  ["/%2561dmin/secret", 400],
  ["/adm%C4%B1n/secret", 400],
  ["/adm%C4%B0n/secret", 400],
  ["/admin;x/secret", 400],
  ["/admin%3bx/secret", 400],
  ["/admin%3B/secret", 400],
  ["/admin%253bx", 400],
  ["/ADMIN;x/secret", 400],
  ["/Admin%3b", 400],
  ["/;x/admin/secret", 400],
  ["/;/admin/secret", 400],
  ["/;/;/admin/secret", 400],
  ["/%3bx/admin/secret", 400],
  ["/%253b/admin/secret", 400],
  ["/page/;x", 400],
  ["/..%3bx/admin", 400],
  ["/page%25%32%66..", 400],
];

test("F-07 a path of a stricter rule to servers that do not mind case, or cut parameters, is 400", async (context) => {
  const upstreams = [{ access: "public" }, { access: "user", paths: ["/admin"] }];
  const harness = await startHarness((_, response) => response.end("served"), { upstreams });
  context.after(() => harness[Symbol.asyncDispose]());
  for (const [target, status] of BESIDE_ADMIN) assert.equal(statusOf(await harness.get(target)), status, target);
});

test("F-07 an app that minds case says so, and parameters are judged all the same", async (context) => {
  const upstreams = [
    { access: "public", caseSensitive: true },
    { access: "user", paths: ["/admin"] },
  ];
  const harness = await startHarness((_, response) => response.end("served"), { upstreams });
  context.after(() => harness[Symbol.asyncDispose]());
  assert.equal(statusOf(await harness.get("/ADMIN/secret")), 200);
  assert.equal(statusOf(await harness.get("/admin/secret")), 401);
  assert.equal(statusOf(await harness.get("/admin%3bx/secret")), 400);
});

test("F-07 rules that let the same people pass are no danger to one another", () => {
  const two = new RouteTable([route("root", ["/"]), route("api", ["/api"])], [HOST]);
  assert.equal(nameOf(two.find(HOST, "/API/x")), "root");
  const weaker = [
    { ...route("root", ["/"]), ...terms("groups", ["staff"]) },
    { ...route("pages", ["/Pages"]), ...terms("public") },
  ];
  assert.equal(nameOf(new RouteTable(weaker, [HOST]).find(HOST, "/pages/x")), "root", "the stricter one holds");
});

test("F-07 prefixes with capitals are compared regardless of case too, and all that differ in it alone", () => {
  const routes = [
    { ...route("root", ["/"]), ...terms("public") },
    { ...route("Admin", ["/Admin"]), ...terms("user") },
    { ...route("admin", ["/admin"]), ...terms("groups", ["staff"]) },
  ];
  const capitals = new RouteTable(routes, [HOST]);
  assert.equal(nameOf(capitals.find(HOST, "/aDMIN")), "ambiguous");
  assert.equal(nameOf(capitals.find(HOST, "/Admin/x")), "ambiguous");
  assert.equal(nameOf(capitals.find(HOST, "/admin/x")), "admin");
  assert.equal(nameOf(new RouteTable(routes.slice(0, 2), [HOST]).find(HOST, "/admin")), "ambiguous");
});

const cut = (path: string): string => path.replace(/;[^/]*/g, "");
const merged = (path: string): string => path.replace(/\/{2,}/g, "/");
const unescaped = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
/** How servers come to the path that they look up. */
const SERVERS: readonly ((path: string) => string)[] = [
  (path) => path,
  unescaped,
  (path) => unescaped(unescaped(path)),
  cut,
  (path) => unescaped(cut(path)),
  (path) => cut(unescaped(path)),
  (path) => cut(unescaped(unescaped(path))),
  (path) => merged(cut(unescaped(path))),
  (path) => merged(unescaped(cut(path))),
];
const RULES: readonly Routable[] = [
  { ...route("root", ["/"]), ...terms("public") },
  { ...route("app", ["/app"]), ...terms("optional") },
  { ...route("admin", ["/admin", "/app/Admin"]), ...terms("user") },
  { ...route("staff", ["/admin/staff"]), ...terms("groups", ["staff"]) },
];
const segment = fc.oneof(
  fc.constantFrom("admin", "Admin", "STAFF", "staff", "app", "App", "x", ""),
  fc.constantFrom("%61dmin", "%41dmin", "%2541DMIN", "adm%C4%B1n", "\u212a", "st%61ff", "%61%70p"),
  fc.stringMatching(/^[aAdDmMiInN%;26453bB]{0,8}$/),
);
const parameters = fc.constantFrom("", "", ";", ";x=1", "%3b", "%3Bx", "%253b", "%25%33%62");

test("F-07 no server finds a path of a stricter rule in what passes", () => {
  const mixed = new RouteTable(RULES, [HOST]);
  fc.assert(
    fc.property(fc.array(fc.tuple(segment, parameters), { minLength: 1, maxLength: 4 }), (segments) => {
      const target = readTarget(`/${segments.map((parts) => parts.join("")).join("/")}`);
      if (target === undefined) return;
      assert.deepEqual(readTarget(target.path), target, "what was read is read as itself");
      const chosen = mixed.find(HOST, target.path);
      if (chosen === undefined || chosen === "ambiguous") return;
      for (const server of SERVERS) {
        const path = server(target.path);
        for (const other of [...seenBy(path, same), ...seenBy(path, lower), ...seenBy(path, upper)]) {
          assert.ok(!isStricter(other, chosen), `${target.path} is ${path}`);
        }
      }
    }),
    { numRuns: 5_000 },
  );
});

const same = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();
const upper = (text: string): string => text.toUpperCase();

/** The rules of the longest prefix, to a server that reads letters in this way. */
function seenBy(path: string, letters: (text: string) => string): readonly Routable[] {
  const lengths = RULES.map(({ paths }) =>
    Math.max(0, ...paths.filter((prefix) => isUnder(letters(path), letters(prefix))).map((prefix) => prefix.length)),
  );
  return RULES.filter((_, index) => lengths[index] === Math.max(1, ...lengths));
}

const nameOf = (found: { readonly name: string } | "ambiguous" | undefined): string | undefined =>
  found === "ambiguous" ? found : found?.name;
