import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRequirements, idsOfTests, REQUIREMENTS } from "./check-requirements.ts";

const ids = (text: string, path = "library/src/x.test.ts") => [...idsOfTests([{ path, text }])].sort();
const messages = (table: string, tested: readonly string[]) =>
  checkRequirements(table, new Set(tested), ["CB-01", "CB-02"]).map(({ message }) => message);

test("requirements: ids are found in every way to name a test", () => {
  assert.deepEqual(ids('test("CB-03 rejects", f); it("rejects (CB-04)", f); describe(`CK-01, CK-02: x ${y}`, f);'), [
    "CB-03",
    "CB-04",
    "CK-01",
    "CK-02",
  ]);
  assert.deepEqual(
    ids('const rows = [["A-07 query", 1], { name: "S-05 outage" }, "HD-03 and A-01 x"]; test("A-02…A-04 x", f);'),
    ["A-01", "A-02", "A-03", "A-04", "A-07", "HD-03", "S-05"],
  );
  assert.deepEqual(ids("export const title = 1;", "conformance/modules/cb-03-a-40-iss.ts"), ["A-40", "CB-03"]);
});

test("requirements: an id in a comment, in other text or of another kind is no test", () => {
  assert.deepEqual(ids('// CB-03\nconst s = "see CB-03"; assert(x, "as CB-04"); test("UTF-16 x", f); test("SHA-25 y", f);'), []);
});

test("requirements: what is listed, tested, reasoned or stale", () => {
  const row = (id: string, state: string) => `| ${id} | something | ${state} |`;
  const reason = "not offered: there is no such thing yet.";
  assert.deepEqual(messages([row("CB-01", "tested"), row("CB-02", reason)].join("\n"), ["CB-01"]), []);
  assert.deepEqual(messages(row("CB-01", "tested"), []), ["has no row for CB-02", "CB-01 has no test"]);
  assert.match(messages([row("CB-01", reason), row("CB-02", "tested")].join("\n"), ["CB-01", "CB-02"])[0] ?? "", /stale/);
  assert.match(
    messages([row("CB-01", "not offered: "), row("CB-02", "not offered: later")].join("\n"), []).join(),
    /none of.*no reason/,
  );
  assert.match(
    messages([row("CB-01", "tested"), row("CB-01", "tested"), row("CB-02", reason)].join("\n"), ["CB-01"])[0] ?? "",
    /second/,
  );
  assert.match(
    messages([row("CB-01", "tested"), row("CB-02", reason), row("XX-01", "tested")].join("\n"), ["CB-01"])[0] ?? "",
    /no req/,
  );
});

test("requirements: what holds in part has a test and a reason; what was decided otherwise a reason", () => {
  const row = (id: string, state: string) => `| ${id} | something | ${state} |`;
  const part = "tested in part: all but the part that nobody offers.";
  const otherwise = "decided otherwise: something else holds, and this is why.";
  assert.deepEqual(messages([row("CB-01", part), row("CB-02", otherwise)].join("\n"), ["CB-01"]), []);
  assert.deepEqual(messages([row("CB-01", part), row("CB-02", otherwise)].join("\n"), ["CB-01", "CB-02"]), []);
  assert.deepEqual(messages([row("CB-01", part), row("CB-02", otherwise)].join("\n"), []), ["CB-01 has no test"]);
  assert.deepEqual(
    messages([row("CB-01", "tested in part: some"), row("CB-02", "decided otherwise: so")].join("\n"), ["CB-01"]),
    ["CB-01 is tested in part for no reason", "CB-02 is decided otherwise for no reason"],
  );
});

test("requirements: the list is the groups, whole", () => {
  assert.equal(REQUIREMENTS.length, 368);
  assert.equal(new Set(REQUIREMENTS).size, 368);
});
