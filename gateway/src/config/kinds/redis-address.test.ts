import assert from "node:assert/strict";
import { test } from "node:test";
import { readKind } from "../../../test-support/read-kind.ts";
import { formatRedis, isRedisAddress, type RedisSetting, readRedisAddress } from "./redis-address.ts";

const kind = {
  label: "",
  schema: {},
  read: (raw: unknown, place: Parameters<typeof readRedisAddress>[1]) => readRedisAddress(String(raw), place),
};

const PLAIN: RedisSetting = {
  kind: "redis",
  form: "server",
  servers: [{ host: "db", port: 6379 }],
  user: undefined,
  password: undefined,
  database: 0,
  master: undefined,
  tls: false,
  rootCertificate: undefined,
  prefix: undefined,
  replicas: undefined,
  cache: undefined,
  sentinelUser: undefined,
  sentinelPasswordFile: undefined,
};
const three = (port: number) => ["a", "b", "c"].map((host) => ({ host, port }));

const SENTINELS = { form: "sentinel", servers: three(26_379), master: "sessions" } as const;

test("F-46 a Redis address names one server, a cluster or sentinels, with TLS by its scheme", () => {
  const table: readonly (readonly [string, Partial<RedisSetting>])[] = [
    ["redis://db", {}],
    ["redis://db:6380/3", { servers: [{ host: "db", port: 6380 }], database: 3 }],
    ["rediss://[::1]:6380/", { servers: [{ host: "::1", port: 6380 }], tls: true }],
    ["redis://:p%40ss@db", { password: "p@ss" }],
    ["redis://app:se:cret@db", { user: "app", password: "se:cret" }],
    ["redis://app@db", { user: "app" }],
    ["redis://db?prefix=shop&replicas=2", { prefix: "shop", replicas: 2 }],
    ["redis://db?cache=1s", { cache: 1_000 }],
    ["rediss://db?ca=/etc/ca.pem", { tls: true, rootCertificate: "/etc/ca.pem" }],
    ["redis+cluster://a,b,c", { form: "cluster", servers: three(6379) }],
    [
      "rediss+cluster://u:p@a:1,b:1,c:1?replicas=0",
      { form: "cluster", servers: three(1), user: "u", password: "p", tls: true, replicas: 0 },
    ],
    ["redis+sentinel://a,b,c/sessions", { form: "sentinel", servers: three(26_379), master: "sessions" }],
    [
      "redis+sentinel://a,b,c/sessions?sentinelUser=watch&sentinelPasswordFile=/run/word",
      { ...SENTINELS, sentinelUser: "watch", sentinelPasswordFile: "/run/word" },
    ],
    ["redis+sentinel://a,b,c/sessions/5", { form: "sentinel", servers: three(26_379), master: "sessions", database: 5 }],
  ];
  for (const [raw, change] of table) {
    assert.ok(isRedisAddress(raw), raw);
    assert.deepEqual(readKind(kind, raw), { ...PLAIN, ...change }, raw);
  }
});

test("F-46 an address that means nothing is refused, and nothing of it is shown", () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ["redis://", /is no address of Redis/],
    ["redis://a,canary", /is no address of Redis/],
    ["redis://canary:70000", /is no address of Redis/],
    ["redis://canary/x", /is no address of Redis/],
    ["redis://canary%/1", /is no address of Redis/],
    ["redis://:%canary@db", /is no address of Redis/],
    ["redis://canary?cache=5", /has no usable cache/],
    ["redis://canary?sentinelUser=a", /has an account for sentinels, and names none/],
    ["redis+cluster://canary,/0", /is no address of Redis/],
    ["redis+cluster://canary/1", /is no address of Redis/],
    ["redis+sentinel://canary", /is no address of Redis/],
    ["redis+sentinel://canary/name/1/2", /is no address of Redis/],
    ["redis://:canary@db?prefx=x", /has the parameter prefx, which is none Did you mean prefix/],
    ["redis://:canary@db?prefix=a{b}", /has no usable prefix/],
    ["redis://:canary@db?replicas=-1", /has no usable replicas/],
  ];
  for (const [raw, words] of table) {
    const said = String(readKind(kind, raw));
    assert.match(said, words, raw);
    assert.doesNotMatch(said, /canary/);
  }
});

test("F-46 a summary names the servers, and no credential", () => {
  assert.equal(formatRedis({ ...PLAIN, password: "canary" }), "db:6379 (Redis)");
  assert.equal(formatRedis({ ...PLAIN, servers: [{ host: "::1", port: 1 }] }), "[::1]:1 (Redis)");
  assert.equal(formatRedis({ ...PLAIN, form: "cluster", servers: three(1) }), "a:1, b:1, c:1 (Redis cluster)");
  const sentinel = { ...PLAIN, form: "sentinel", servers: three(2), master: "sessions" } as const;
  assert.equal(formatRedis(sentinel), "a:2, b:2, c:2 (Redis, master sessions)");
});
