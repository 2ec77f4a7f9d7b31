import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnder, RouteTable } from "./routing.ts";

const HOST = "app.example.com";
const OTHER = "api.example.com";
const route = (name: string, paths: readonly string[], hosts: readonly string[] = []) => ({ name, paths, hosts });
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

test("A-07 the longest prefix on a segment boundary chooses the route, and a route with hosts beats one without", () => {
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
