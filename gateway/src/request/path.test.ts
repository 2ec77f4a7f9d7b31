import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LONGEST_TARGET, readTarget, withoutParameters } from "./path.ts";

const TAKEN: readonly (readonly [given: string, path: string, query: string])[] = [
  ["/", "/", ""],
  ["/a/b", "/a/b", ""],
  ["/a/", "/a/", ""],
  ["/a.b/..c/...", "/a.b/..c/...", ""],
  ["/a?", "/a", "?"],
  ["/a?x=/../%2e%2e//", "/a", "?x=/../%2e%2e//"],
  ["/%61dmin", "/admin", ""],
  ["/a%7Eb%2Db%5F", "/a~b-b_", ""],
  ["/caf%c3%a9", "/caf%C3%A9", ""],
  ["/a%20b%3Bc%23d%3F", "/a%20b%3Bc%23d%3F", ""],
  ["/100%25", "/100%25", ""],
  ["/a;v=1", "/a;v=1", ""],
];

const REFUSED: readonly (readonly [id: string, given: string])[] = [
  ["A-23", "/public/../admin"],
  ["A-23", "/public/.."],
  ["A-23", "/./admin"],
  ["A-23", "/."],
  ["A-23", "/..;/admin"],
  ["A-23", "/public/..;x=1/admin"],
  ["A-22", "/public/%2e%2e/admin"],
  ["A-22", "/public/.%2E/admin"],
  ["A-22", "/public%2f..%2fadmin"],
  ["A-22", "/public%5c..%5cadmin"],
  ["A-22", "/public/%252e%252e/admin"],
  ["A-22", "/a%252fb"],
  ["A-22", "/a%25252fb"],
  ["A-22", "//admin"],
  ["A-22", "/a//b"],
  ["A-08", "/public#/../admin"],
  ["A-08", "/public?x#y"],
  ["PX-01", "\\\\evil"],
  ["PX-01", "/a\\b"],
  ["PX-01", "/a%00"],
  ["PX-01", "/a%0d%0aX: y"],
  ["PX-01", "/a%7f"],
  ["PX-01", "/a b"],
  ["PX-01", "/a\tb"],
  ["PX-01", "/a?b c"],
  ["PX-01", "http://evil.example/a"],
  ["PX-01", "https://app.example.com/"],
  ["PX-01", "//evil.example/a"],
  ["PX-01", "@evil.example"],
  ["PX-01", "*"],
  ["PX-01", ""],
  ["A-28", "/%"],
  ["A-28", "/%4"],
  ["A-28", "/%zz"],
  ["A-28", "/%c0%af"],
  ["A-28", "/%ff"],
  ["A-28", "/\u00e9"],
  ["A-28", `/${"a".repeat(LONGEST_TARGET)}`],
];

test("A-22 one normalised path for rules and upstream: unreserved characters are plain, the query as it is", () => {
  for (const [given, path, query] of TAKEN) assert.deepEqual(readTarget(given), { path, query }, given);
});

for (const [id, given] of REFUSED) {
  test(`${id} refuses the target ${JSON.stringify(given.slice(0, 40))}`, () => {
    assert.equal(readTarget(given), undefined);
  });
}

test("A-07 the query never takes part: the path is the same with any query", () => {
  fc.assert(
    fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
      const bare = readTarget(path);
      if (bare === undefined) return;
      assert.equal(readTarget(`${path}?${query}`)?.path, bare.path);
    }),
  );
});

test("A-22 what is taken is stable, and a decoding server finds no other path in it", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\/[a-z.%0-9a-fA-F;/\\]{0,24}$/), (given) => {
      const target = readTarget(given);
      if (target === undefined) return;
      assert.deepEqual(readTarget(target.path), { path: target.path, query: "" });
      assert.equal(new URL(target.path, "http://a").pathname, target.path);
      const once = decodeURIComponent(target.path);
      assert.equal(once.split("/").length, target.path.split("/").length);
      assert.ok(!/[\\\0]|\/\.{1,2}(?:[/;]|$)/.test(once), once);
    }),
    { numRuns: 2000 },
  );
});

test("A-22 parameters are cut off as other servers do", () => {
  assert.equal(withoutParameters("/a;x=1/b;y/c"), "/a/b/c");
  assert.equal(withoutParameters("/a/b"), "/a/b");
});
