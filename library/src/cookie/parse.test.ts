import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findCookie, MAX_HEADER_CHARACTERS, readCookies, readCookiesByPrefix, type SentCookie } from "./parse.ts";

const NAME = "__Host-Http-coatcheck";

/** What the scan must find, the slow and plain way. */
function reference(header: string): SentCookie[] {
  const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, "");
  return header.split(";").flatMap((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 0) return [];
    const raw = trim(pair.slice(equals + 1));
    return [{ name: trim(pair.slice(0, equals)), value: /^".*"$/s.test(raw) && raw.length >= 2 ? raw.slice(1, -1) : raw }];
  });
}

/** Headers that look like cookies, and such that were made to confuse. */
const header = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(
      fc.constantFrom("n", "nn", "n.1", "N", "m", "=", "==", ";", "; ", " ", "\t", '"', "v", "w", ",", "\u0000", "é", "n=v"),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("")),
);

test("A-42 the scan finds in any header what splitting it would, and never throws", () => {
  fc.assert(
    fc.property(header, fc.constantFrom("n", "nn", "n.1"), fc.integer({ min: 1, max: 5 }), (text, name, max) => {
      const values = reference(text).filter((cookie) => cookie.name === name);
      assert.deepEqual(readCookies(text, name, max), [...new Set(values.map((cookie) => cookie.value))].slice(0, max));
      const found = findCookie(text, name);
      assert.equal(found === undefined ? undefined : text.slice(found.start, found.end), values[0]?.value);
      const another = found === undefined ? undefined : findCookie(text, name, found.behind);
      assert.equal(another === undefined ? undefined : text.slice(another.start, another.end), values[1]?.value);
      const prefixed = reference(text).filter((cookie) => cookie.name.startsWith(name));
      assert.deepEqual(readCookiesByPrefix(text, name, max), prefixed.slice(0, max));
    }),
    { numRuns: 2000 },
  );
});

test("no header, no name, and a header that is too long are no cookie", () => {
  for (const [text, name] of [
    [undefined, "a"],
    ["a=1", ""],
    [`a=${"1".repeat(MAX_HEADER_CHARACTERS)}`, "a"],
  ] as const) {
    assert.equal(findCookie(text, name), undefined);
    assert.deepEqual(readCookies(text, name), []);
  }
});

test("CK-11 a cookie counts only under its exact name", () => {
  for (const other of [
    `x${NAME}=v`,
    `${NAME}x=v`,
    `${NAME}.login.abc=v`,
    NAME.toLowerCase(),
    `${NAME.toLowerCase()}=v`,
    NAME,
    `${NAME};=v`,
    `a=${NAME}=v`,
    `a="${NAME}=v"`,
    `a=b, ${NAME}=v`,
    `=${NAME}=v`,
    `\u00a0${NAME}=v`,
    "",
    ";",
    "=",
  ]) {
    assert.deepEqual(readCookies(other, NAME), [], JSON.stringify(other));
  }
  for (const same of [
    `${NAME}=v`,
    `a=b; ${NAME}=v; c=d`,
    `a=b;${NAME}=v`,
    `;;\t ${NAME} \t= v \t;`,
    `${NAME}="v"`,
    `a; ${NAME}=v`,
  ]) {
    assert.deepEqual(readCookies(same, NAME), ["v"], JSON.stringify(same));
  }
});

test("CK-11 S-14 of several cookies of the name the different values are told, in order, four at most", () => {
  assert.deepEqual(readCookies(`${NAME}=attacker; ${NAME}=victim`, NAME), ["attacker", "victim"]);
  assert.deepEqual(readCookies(`${NAME}=a; ${NAME}=a; ${NAME}=b; ${NAME}=a`, NAME), ["a", "b"]);
  const many = Array.from({ length: 50 }, (_, index) => `${NAME}=v${index}`).join("; ");
  assert.deepEqual(readCookies(many, NAME), ["v0", "v1", "v2", "v3"]);
  assert.deepEqual(readCookies(many, NAME, 2), ["v0", "v1"]);
});

test("CK-10 several Cookie lines, joined as servers join them, are one list", () => {
  const lines = ["a=b", `${NAME}=one`, `c=d; ${NAME}=two`];
  assert.deepEqual(readCookies(lines.join("; "), NAME), ["one", "two"]);
});

test("values are taken as they are: unquoted, not decoded", () => {
  for (const [sent, value] of [
    ["%41", "%41"],
    ["a=b==", "a=b=="],
    ['""', ""],
    ['"', '"'],
    ['"a', '"a'],
    ["", ""],
    ["  ", ""],
  ] as const) {
    assert.deepEqual(readCookies(`x=y; ${NAME}=${sent}; z=w`, NAME), [value], sent);
  }
});

test("no cookie costs no list: the same frozen one is told each time", () => {
  assert.equal(readCookies(undefined, NAME), readCookies("a=b", NAME));
  assert.equal(readCookiesByPrefix(undefined, NAME), readCookiesByPrefix("a=b", NAME));
  assert.ok(Object.isFrozen(readCookies(undefined, NAME)) && Object.isFrozen(readCookiesByPrefix(undefined, NAME)));
  assert.deepEqual(readCookies("a=b", ""), []);
  assert.deepEqual(readCookiesByPrefix("a=b", ""), []);
});

test("A-42 a header past the limit counts as none; one made to be slow is read in linear time", () => {
  const padded = (length: number): string => `${NAME}=v; a=`.padEnd(length, "x");
  assert.deepEqual(readCookies(padded(MAX_HEADER_CHARACTERS), NAME), ["v"]);
  assert.deepEqual(readCookies(padded(MAX_HEADER_CHARACTERS + 1), NAME), []);
  assert.deepEqual(readCookiesByPrefix(padded(MAX_HEADER_CHARACTERS + 1), NAME), []);
  const unit = ["n;", "n ;", ";n", "n\t", ";", "=", " ", "n=;", 'n="', "nn;"];
  const started = process.cpuUsage();
  for (const text of unit) {
    const hostile = text.repeat(MAX_HEADER_CHARACTERS / text.length).slice(0, -2);
    for (const end of ["", "=", ";="]) {
      readCookies(hostile + end, "n");
      readCookiesByPrefix(hostile + end, "n", Number.POSITIVE_INFINITY);
    }
  }
  const spent = process.cpuUsage(started);
  assert.ok(spent.user + spent.system < 2_000_000, `${spent.user} µs for 30 headers of 32 KiB`);
});

test("cookies are found by the beginning of their name, as many as are wanted", () => {
  const sent = `${NAME}=t; ${NAME}.login.aaa=1; x=${NAME}.login.bbb; ${NAME}.login.ccc="3"; ${NAME}.login.ddd; ${NAME}.login.=5`;
  assert.deepEqual(readCookiesByPrefix(sent, `${NAME}.login.`), [
    { name: `${NAME}.login.aaa`, value: "1" },
    { name: `${NAME}.login.ccc`, value: "3" },
    { name: `${NAME}.login.`, value: "5" },
  ]);
  const many = Array.from({ length: 100 }, (_, index) => `p${index}=v`).join("; ");
  assert.equal(readCookiesByPrefix(many, "p").length, 32);
  assert.equal(readCookiesByPrefix(many, "p", 3).length, 3);
});
