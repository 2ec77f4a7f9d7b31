import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssertedField } from "./asserted-values.ts";
import { claimsOf, decodeField, groupsOf, isSubject, isWellFormed } from "./asserted-values.ts";

const bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test("S-36 a field's bytes are UTF-8, whole and as they are, or no text", () => {
  assert.equal(decodeField("plain ~"), "plain ~");
  assert.equal(decodeField(""), "");
  assert.equal(decodeField(bytes("Zoë")), "Zoë");
  assert.equal(decodeField(bytes("\ufeffname")), "\ufeffname");
  assert.equal(decodeField("Zo\u00eb"), undefined, "a byte of Latin-1");
  assert.equal(decodeField("Zo\u0117"), undefined, "no byte at all");
  assert.equal(decodeField(`${bytes("ë")}\u0117`), undefined);
});

const LONGEST: readonly (readonly [AssertedField, number])[] = [
  ["user", 255],
  ["groups", 16_384],
  ["preferredUsername", 255],
  ["name", 255],
];

test("S-36 a text is as long as its field may be, and no longer", () => {
  for (const [field, most] of LONGEST) {
    assert.equal(isWellFormed(field, "x".repeat(most)), true, field);
    assert.equal(isWellFormed(field, "x".repeat(most + 1)), false, field);
  }
  const email = (length: number): string => `${"x".repeat(length - 4)}@b.c`;
  assert.equal(isWellFormed("email", email(254)), true);
  assert.equal(isWellFormed("email", email(255)), false);
  assert.equal(isSubject("x".repeat(255)), true);
  assert.equal(isSubject("x".repeat(256)), false);
});

const FIELDS: readonly AssertedField[] = ["user", "email", "groups", "preferredUsername", "name"];
const PLAIN: { readonly [text: string]: readonly AssertedField[] } = {
  "": [],
  " a@b": [],
  "a@b ": [],
  a: ["user", "groups", "preferredUsername", "name"],
  "a b": ["user", "groups", "preferredUsername", "name"],
  "a@b": FIELDS,
  "a@b.c": FIELDS,
  "a b@c": ["user", "groups", "preferredUsername", "name"],
  "@b": ["groups", "name"],
  "@": ["groups", "name"],
  "ab@": ["groups", "name"],
  "a@b@c": ["groups", "name"],
  "a,b": ["groups", "name"],
  "a,b@c": ["groups", "name"],
  "a\nb": [],
  "a\u0000b": [],
  "a\u2028b": [],
  "a\u202eb": [],
  "a\u200db": ["name"],
  "a\u00adb": ["name"],
  "a\ud800b": [],
  // Not in the normal form: "e" and an accent.
  "e\u0301": ["name"],
  "\u00e9": ["user", "groups", "preferredUsername", "name"],
};

for (const [text, fields] of Object.entries(PLAIN)) {
  test(`S-36 ${JSON.stringify(text)} can be: ${fields.join(", ")}`, () => {
    assert.deepEqual(
      FIELDS.filter((field) => isWellFormed(field, text)),
      fields,
    );
  });
}

test("S-36 a signed text may hold commas, and nothing that cannot be seen", () => {
  for (const text of ["a,b", "a@b@c", "@", "x y", "e\u0301"]) assert.equal(isSubject(text), true, text);
  for (const text of ["", " a", "a ", "a\nb", "a\u200db"]) assert.equal(isSubject(text), false, JSON.stringify(text));
});

test("groups are cut at the separator: a thousand of them, of 255 characters, none of them empty", () => {
  assert.deepEqual(groupsOf("staff, admins", ","), ["staff", "admins"]);
  assert.deepEqual(groupsOf("a b|c", "|"), ["a b", "c"]);
  for (const text of ["", "a,", ",a", "a,,b", "a, ,b"]) assert.equal(groupsOf(text, ","), undefined, text);
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `g${index}`).join(",");
  assert.equal(groupsOf(many(1000), ",")?.length, 1000);
  assert.equal(groupsOf(many(1001), ","), undefined);
  assert.equal(groupsOf(`a,${"x".repeat(255)}`, ",")?.length, 2);
  assert.equal(groupsOf(`a,${"x".repeat(256)}`, ","), undefined);
});

test("claims have the names of OpenID Connect, and only those that were asserted are there", () => {
  assert.deepEqual(claimsOf(new Map(), undefined), {});
  const fields = new Map<AssertedField, string>([
    ["user", "u"],
    ["email", "a@b"],
    ["preferredUsername", "p"],
    ["name", "n"],
  ]);
  assert.deepEqual(claimsOf(fields, ["g"]), { email: "a@b", preferred_username: "p", name: "n", groups: ["g"] });
});
