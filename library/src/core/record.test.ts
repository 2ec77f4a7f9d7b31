import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../contracts.ts";
import { ODD_TEXTS, sampleRow } from "../testing/store-suite/rows.ts";
import { CoatcheckError } from "./errors.ts";
import {
  EMPTY_BODY,
  emptied,
  isStorable,
  normalizeIdentity,
  ownerOf,
  parseBehind,
  parseBody,
  parseIdentity,
  readable,
  serializeBody,
  snapshot,
} from "./record.ts";

test("ID-14 users are keyed by issuer and subject: no two pairs share an owner, the e-mail does not count", () => {
  const owner = (issuer: string, subject: string, email = "a@b.c"): string =>
    ownerOf(normalizeIdentity({ issuer, subject, claims: { email } }, 0));
  assert.notEqual(owner("https://a", "b c"), owner("https://a2", "c"));
  assert.notEqual(owner("https://one", "alice"), owner("https://two", "alice"));
  assert.equal(owner("https://one", "alice", "old@x.y"), owner("https://one", "alice", "new@x.y"));
});

test("ID-08 S-36 a malformed identity is refused, never rewritten", () => {
  const subjects: readonly unknown[] = ["", "a\nb", "a\u0000", "x".repeat(256), 7, null, undefined, "\ud800"];
  for (const subject of subjects) {
    assert.throws(
      () => Reflect.apply(normalizeIdentity, null, [{ issuer: "i", subject }, 0]),
      TypeError,
      JSON.stringify(subject),
    );
  }
  for (const issuer of ["", "has space", "tab\t", "line\n", "a\u0000", "\ud83d"]) {
    assert.throws(() => normalizeIdentity({ issuer, subject: "s" }, 0), TypeError, JSON.stringify(issuer));
  }
  assert.equal(normalizeIdentity({ issuer: "i", subject: "__proto__" }, 0).subject, "__proto__");
  assert.equal(normalizeIdentity({ issuer: "i", subject: "Zoë Ängström" }, 0).subject, "Zoë Ängström");
});

test("SE-16 a record of an unknown format is unavailable, not absent", () => {
  const newer = sampleRow({ body: '{"format":2,"identity":null}' });
  assert.equal(readable(newer), false);
  assert.throws(
    () => parseBody(newer),
    (error) => error instanceof CoatcheckError && error.status === 503,
  );
  for (const body of ["", "{}", '{"format":12,"identity":null}', '{"format":10}', '{"format":1', "0123456789"]) {
    assert.equal(readable(sampleRow({ body })), false, body);
  }
  for (const body of ['{"format":1,broken', '{"Format":1,"identity":null}', "[null,5551,2]"]) {
    assert.throws(() => parseBody(sampleRow({ body })), CoatcheckError, body);
  }
});

test("a body survives being stored, odd keys included", () => {
  const body = { ...EMPTY_BODY, data: snapshot(JSON.parse('{"constructor":2,"toString":null,"é":[[]],"hasOwnProperty":{}}')) };
  const again = parseBody(sampleRow({ body: serializeBody(body) }));
  assert.equal(JSON.stringify(again.data), '{"constructor":2,"toString":null,"é":[[]],"hasOwnProperty":{}}');
});

test("F-29 a key named __proto__ is no key of data or claims, at any depth", () => {
  const hostile = JSON.parse(
    '{"__proto__":{"x":1},"in":{"__proto__":{"admin":true},"kept":[{"__proto__":1}]},"text":"__proto__"}',
  );
  assert.equal(JSON.stringify(snapshot(hostile)), '{"in":{"kept":[{}]},"text":"__proto__"}');
  const { claims } = normalizeIdentity({ issuer: "i", subject: "s", claims: hostile }, 0);
  assert.equal(JSON.stringify(claims), '{"in":{"kept":[{}]},"text":"__proto__"}');
});

test("F-29 data and claims are at most 32 levels deep; deeper ones are told so where they are set", () => {
  const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels - 1)}[]${"}".repeat(levels - 1)}`);
  assert.doesNotThrow(() => snapshot(nested(32)));
  const tooDeep = (error: unknown): boolean =>
    error instanceof CoatcheckError && error.code === "ERR_DATA_TOO_LARGE" && /32 levels/.test(error.message);
  for (const levels of [33, 3_000, 1_000_000]) assert.throws(() => snapshot(nested(levels)), tooDeep, String(levels));
  const claims = snapshot(nested(32));
  assert.throws(() => normalizeIdentity({ issuer: "i", subject: "s", claims: { claims } }, 0), tooDeep);
});

test("data that JSON cannot say are a TypeError", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  for (const value of [circular, { n: 1n }, [], null, "text", undefined, () => 1])
    assert.throws(() => snapshot(value), TypeError);
  assert.deepEqual(snapshot({ kept: 1, dropped: undefined }), { kept: 1 });
});

test("OP-03 SE-08 an ended row holds id, secret hash, times and reason, and nothing of the user", () => {
  const row = sampleRow({ owner: "i alice", issuer: "i", sid: "s1", body: serializeBody(EMPTY_BODY), lease: "x" });
  const ended = emptied(row, "logout", 99);
  assert.deepEqual(
    { ...ended },
    {
      ...row,
      previousHash: null,
      previousUntil: 0,
      version: row.version + 1,
      owner: null,
      issuer: null,
      sid: null,
      renewAt: null,
      tokenExpires: null,
      lease: null,
      ended: 99,
      reason: "logout",
      body: "",
    },
  );
});

test("ID-08 an issuer and a subject are as long as they may be, and no longer", () => {
  const taken = (issuer: string, subject: string): boolean => {
    try {
      normalizeIdentity({ issuer, subject }, 0);
      return true;
    } catch (error) {
      assert.match(String(error), /^TypeError: identity\.(?:issuer .* 2048|subject .* 255) characters/);
      return false;
    }
  };
  assert.equal(taken("i".repeat(2048), "s".repeat(255)), true);
  assert.equal(taken("i".repeat(2049), "s"), false);
  assert.equal(taken("i", "s".repeat(256)), false);
  assert.equal(taken("i", "with space"), true);
});

test("an identity is taken as it is given, and completed if it says nothing", () => {
  assert.deepEqual(normalizeIdentity({ issuer: "i", subject: "s" }, 7), {
    issuer: "i",
    subject: "s",
    claims: {},
    authenticatedAt: 7,
    method: "app",
  });
  const given = { issuer: "i", subject: "s", claims: { a: 1 }, authenticatedAt: 0, method: "bearer" };
  assert.deepEqual(normalizeIdentity(given, 7), given);
  assert.throws(
    () => Reflect.apply(normalizeIdentity, null, [{ issuer: "i", subject: "s", claims: [] }, 0]),
    /^TypeError: claims must be an object of JSON values/,
  );
});

test("a stored body begins with its format, whatever order it was built in", () => {
  const { format, ...rest } = EMPTY_BODY;
  assert.match(serializeBody({ ...rest, format }), /^\{"format":1,/);
});

test("a stored body has its format, then the identity, then the data, also once tokens were refreshed", () => {
  const { identity, data, ...rest } = EMPTY_BODY;
  assert.match(serializeBody({ ...rest, data, identity }), /^\{"format":1,"identity":null,"data":\{\}/);
});

const TRICKS: readonly (readonly [what: string, claims: JsonObject, data: JsonObject])[] = [
  ["nothing", {}, {}],
  ["members of that name", { before: 1, data: { inner: true }, list: [{ a: 1, data: {} }] }, { a: 1, data: { data: {} } }],
  ["texts like it", { text: ',"data":{', end: '"', '","data":{': 1, slash: "\\" }, { '}},"data":{': '{"format":1' }],
  ["letters of two bytes", { name: "Łukasz 🦊", '","data":{"': "é" }, { note: "żółw" }],
];

test("F-59 an identity that is parsed alone is the one in the record, whatever claims and data hold", () => {
  for (const [what, claims, data] of TRICKS) {
    const identity = { ...normalizeIdentity({ issuer: "https://id.example", subject: "alice", claims }, 5) };
    for (const given of [identity, null]) {
      const body = { ...EMPTY_BODY, identity: given, data, tokens: "sealed", userAgent: ',"data":{' };
      const stored = sampleRow({ body: serializeBody(body) });
      const part = parseIdentity(stored);
      if (part === null) {
        assert.equal(what, "members of that name");
        continue;
      }
      assert.deepEqual(part.identity, given, what);
      assert.deepEqual(parseBehind(stored, part.identity, part.end), body, what);
    }
  }
});

test("F-59 what stands otherwise, or is broken, is not parsed in parts", () => {
  for (const body of [
    '{"format":1,"data":{},"identity":null}',
    '{"format":1,"identity":{"a":1,"data":{}}',
    '{"format":1,"identity":{',
  ]) {
    assert.equal(parseIdentity(sampleRow({ body })), null, body);
  }
  const broken = sampleRow({ body: '{"format":1,"identity":null,"data":{"a"' });
  const part = parseIdentity(broken);
  assert.ok(part !== null);
  assert.throws(() => parseBehind(broken, part.identity, part.end), { code: "ERR_RECORD_FORMAT" });
});

test("the cause of an unreadable record is kept if the JSON is broken", () => {
  const caught = (body: string): unknown => {
    try {
      return parseBody(sampleRow({ body }));
    } catch (error) {
      return error instanceof CoatcheckError ? [error.code, error.cause instanceof SyntaxError] : error;
    }
  };
  assert.deepEqual(caught('{"format":1,broken'), ["ERR_RECORD_FORMAT", true]);
  assert.deepEqual(caught('{"format":2,"a":1}'), ["ERR_RECORD_FORMAT", false]);
  assert.deepEqual(caught('{"Format":1,"a":1}'), ["ERR_RECORD_FORMAT", false]);
});

test("a body that does not begin with its format is not read, whatever stands further on", () => {
  for (const body of ['{"data":{},"format":1}', ' {"format":1,"data":{}}', '{"format": 1,"data":{}}'])
    assert.throws(() => parseBody(sampleRow({ body })), { code: "ERR_RECORD_FORMAT" }, body);
});

test("what cannot be stored is told by its name", () => {
  assert.throws(() => snapshot([]), /^TypeError: session data must be an object/);
  assert.throws(() => snapshot([], "claims"), /^TypeError: claims must be an object/);
});

test("SE-16 a text can be stored if it is well-formed and has no NUL, however odd it is", () => {
  for (const text of ODD_TEXTS) assert.equal(isStorable(text), true, JSON.stringify(text));
  for (const text of ["\0", "a\0", "\0b", "\ud800", "\udc00", "a\udfffb", "\udc00\ud800", "\ud83d", "👩\u200d\ud83d"]) {
    assert.equal(isStorable(text), false, JSON.stringify(text));
  }
});
