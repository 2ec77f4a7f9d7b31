/** What a list of users may name, and what is wrong with the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../../../../tools/suite/temporary-folder.ts";
import { isRefused, readKind } from "../../../test-support/read-kind.ts";
import { formatUsers, userEntry, withFiles } from "./user-entry.ts";

test("S-54 addresses and domains are taken in small letters; what could mean more is refused", () => {
  assert.deepEqual(readKind(userEntry, " Alice@Example.COM "), { file: null, addresses: ["alice@example.com"] });
  assert.deepEqual(readKind(userEntry, "@example.com"), { file: null, addresses: ["@example.com"] });
  for (const wrong of ["alice", "*", "@", "@*", "*@*", "a@b@c", "a b@c.d", "@*.example.com", "a@b,c@d", "", 1, null, "file:"])
    assert.ok(isRefused(userEntry, wrong), JSON.stringify(wrong));
});

test("S-54 a file has one entry a line, with comments between; what is wrong is said by its line", () => {
  using folder = temporaryFolder("users");
  folder.write("staff.txt", "# the staff\r\nAlice@example.com\r\n\r\n  @partner.test  \n");
  assert.deepEqual(readKind(userEntry, "file:staff.txt", folder.path), {
    file: "staff.txt",
    addresses: ["alice@example.com", "@partner.test"],
  });
  folder.write("wrong.txt", "a@b.c\nnobody\n");
  assert.match(String(readKind(userEntry, "file:wrong.txt", folder.path)), /file:wrong\.txt, whose line 2 is no address/);
  assert.match(String(readKind(userEntry, "file:none.txt", folder.path)), /cannot be read There is no such file/);
  folder.write("large.txt", "x".repeat(4_194_305));
  assert.match(String(readKind(userEntry, "file:large.txt", folder.path)), /which is too large/);
});

test("S-64 files that are read again replace their entries alone, and a list says what it holds", () => {
  const [alice, staff] = [
    { file: null, addresses: ["alice@example.com"] },
    { file: "staff.txt", addresses: ["@partner.test"] },
  ] as const;
  const fresh = { file: "staff.txt", addresses: ["@other.test", "@third.test"] };
  assert.deepEqual(withFiles([alice, staff], new Map([["staff.txt", fresh]])), [alice, fresh]);
  assert.deepEqual(withFiles([alice, staff], new Map()), [alice, staff]);
  assert.equal(formatUsers([alice, fresh]), "alice@example.com, 2 of staff.txt");
});
