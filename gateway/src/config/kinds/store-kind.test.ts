import assert from "node:assert/strict";
import { test } from "node:test";
import { readKind } from "../../../test-support/read-kind.ts";
import { formatStore, store } from "./store-kind.ts";

test("F-46 a store is memory: or sqlite: with a path", () => {
  assert.deepEqual(readKind(store, "memory:"), { kind: "memory" });
  for (const path of ["a", "/var/lib/a.db", ":memory:"])
    assert.deepEqual(readKind(store, `sqlite:${path}`), { kind: "sqlite", path });
});

test("F-46 what is no store is told from what is none yet, and no address is shown", () => {
  const table: readonly (readonly [raw: unknown, words: RegExp])[] = [
    ["sqlite:", / is sqlite:, which is no store Use /],
    ["memory", / is memory, which is no store /],
    ["a.db", / is a\.db, which is no store /],
    ["a.sqlite:", / is a\.sqlite:, which is no store /],
    [7, / is 7, which is no store /],
    [null, / is null, which is no store /],
    ["mysql://u:canary@db/a", / is mysql:\/\/\.\.\., which is no store /],
    ["redis://:canary@db/x", / is no address of Redis Write redis:\/\/HOST/],
    ["redis:/u", / is redis:\/u, which is no store /],
    ["postgresql:/u", / is postgresql:\/u, which is no store /],
    ["cookie+redis:canary", / is cookie\+ and what is no store for markers Write cookie\+sqlite:PATH/],
    ["cookie+redis://:canary@db/x", / is no address of Redis Write redis:\/\/HOST/],
    ["cookie+cookie:", / is cookie\+ and what is no store for markers /],
    ["cookie+", / is cookie\+ and what is no store for markers /],
    ["cookie:x", / is cookie:x, which is no store /],
  ];
  for (const [raw, words] of table) {
    const said = String(readKind(store, raw));
    assert.match(said, words);
    assert.doesNotMatch(said, /canary/);
  }
});

test("CK-07 sessions may be in their cookies, with a store for markers or without", () => {
  assert.deepEqual(readKind(store, "cookie:"), { kind: "cookie", marks: null });
  assert.deepEqual(readKind(store, "cookie+memory:"), { kind: "cookie", marks: { kind: "memory" } });
  assert.deepEqual(readKind(store, "cookie+sqlite:a.db"), { kind: "cookie", marks: { kind: "sqlite", path: "a.db" } });
  const marks = Object(readKind(store, "cookie+rediss://:canary@a")).marks;
  assert.deepEqual([marks.kind, marks.tls], ["redis", true]);
  assert.equal(formatStore({ kind: "cookie", marks }), "their cookies, with markers in a:6379 (Redis)");
  assert.equal(formatStore({ kind: "cookie", marks: null }), "their cookies alone");
  const pattern = new RegExp(String(Object(store.schema)["pattern"]));
  for (const one of ["cookie:", "cookie+memory:", "cookie+sqlite:a", "cookie+postgres://u@h/d", "cookie+redis+cluster://a"]) {
    assert.match(one, pattern);
  }
  for (const one of ["cookie+", "cookie+cookie:", "cookie:x", "cookies:"]) assert.doesNotMatch(one, pattern);
});

test("F-46 a summary says where sessions are kept, and that memory is gone", () => {
  assert.equal(formatStore({ kind: "memory" }), "memory (gone at the next start)");
  assert.equal(formatStore({ kind: "sqlite", path: "a.db" }), "a.db (SQLite)");
});

test("F-46 an address of Redis is read, and shown without user and password", () => {
  const read = Object(readKind(store, "rediss+cluster://me:canary@a,b:7000?replicas=2"));
  assert.deepEqual([read.kind, read.form, read.tls, read.replicas], ["redis", "cluster", true, 2]);
  assert.equal(formatStore(read), "a:6379, b:7000 (Redis cluster)");
});

const PLAIN = {
  kind: "postgres",
  host: "db.example.com",
  port: 5432,
  database: "app",
  user: "coatcheck",
  password: undefined,
  tls: "disable",
  rootCertificate: undefined,
  schema: "coatcheck",
  connections: 10,
  listen: { host: "db.example.com", port: 5432 },
  migrate: true,
  cache: undefined,
} as const;

test("F-46 an address in PostgreSQL is read with its parameters, and shown without user and password", () => {
  const address = "postgres://coatcheck@db.example.com/app";
  assert.deepEqual(readKind(store, address), PLAIN);
  assert.deepEqual(readKind(store, address.replace("postgres:", "postgresql:")), PLAIN);
  const all =
    "postgres://me%40home:can%2Fary@[::1]:6432/a%20b?sslmode=verify-ca&sslrootcert=ca.pem&schema=s1&connections=3&listen=pg:5433&migrate=false";
  assert.deepEqual(readKind(store, all, "/etc"), {
    ...PLAIN,
    host: "::1",
    port: 6432,
    database: "a b",
    user: "me@home",
    password: "can/ary",
    tls: "verify-ca",
    rootCertificate: "/etc/ca.pem",
    schema: "s1",
    connections: 3,
    listen: { host: "pg", port: 5433 },
    migrate: false,
  });
  assert.deepEqual(readKind(store, "postgres://me@any/app?host=/run/postgresql&listen=none"), {
    ...PLAIN,
    host: "/run/postgresql",
    user: "me",
    listen: undefined,
  });
  assert.equal(Object(readKind(store, `${address}?sslmode=require`)).tls, "verify-full");
  assert.equal(formatStore({ ...PLAIN, password: "canary" }), "db.example.com/app (PostgreSQL)");
});

test("F-46 an address in PostgreSQL that means nothing is refused, with what would be right, and not shown", () => {
  const table: readonly (readonly [rest: string, words: RegExp])[] = [
    ["db", /is no address of one PostgreSQL server Write postgres:\/\/USER@HOST/],
    ["db/a/b", /is no address of one/],
    ["db,other/a", /is no address of one/],
    ["db:port/a", /is no address of one/],
    ["db/%zz", /is no address of one/],
    ["db/a?sslmod=require", /has the parameter sslmod, which is none Did you mean sslmode\?/],
    ["db/a?canasta=1", /has the parameter canasta, which is none There are sslmode, /],
    ["db/a?sslmode=prefer", /has sslmode=prefer, which would go without TLS.*verify-full/],
    ["db/a?schema=A", /has no usable schema/],
    ["db/a?connections=0", /has no usable connections/],
    ["db/a?migrate=no", /has no usable migrate/],
    ["db/a?listen=a:b", /has no usable listen/],
    ["db/a?cache=1h", /has no usable cache It is how long a row may let requests in: 1s/],
  ];
  for (const [rest, words] of table) {
    const said = String(readKind(store, `postgres://user:canary@${rest}`));
    assert.match(said, words);
    assert.doesNotMatch(said, /canary/);
  }
  assert.match(String(readKind(store, "postgres://db/a")), /is no address of one/, "nobody as the user");
});
