import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CoatcheckError, ERRORS, problem } from "./errors.ts";

test("docs/errors.md lists exactly the codes of the table, with their status", () => {
  const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(/^\| `(ERR_[A-Z_]+)` \| (\d{3}) \|/gm)].map((row) => [row[1], Number(row[2])]);
  const known = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
  assert.deepEqual(documented.sort(), known.sort());
});

test("OP-01 a problem document holds what the table says and nothing of the cause", () => {
  const error = new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause: new Error("password=hunter2") });
  assert.equal(error.status, 503);
  assert.equal(error.retryAfter, 5);
  assert.equal(problem(error.code).includes("hunter2"), false);
  assert.deepEqual(JSON.parse(problem("ERR_FORBIDDEN")), {
    type: "urn:coatcheck:error:ERR_FORBIDDEN",
    title: ERRORS.ERR_FORBIDDEN.message,
    status: 403,
    code: "ERR_FORBIDDEN",
  });
});

test("OP-01 an error says what the table says unless it is told better, and waits if it is an outage", () => {
  const plain = new CoatcheckError("ERR_FORBIDDEN");
  assert.deepEqual(
    [plain.name, plain.code, plain.status, plain.message, plain.retryAfter, "cause" in plain],
    ["CoatcheckError", "ERR_FORBIDDEN", 403, ERRORS.ERR_FORBIDDEN.message, null, false],
  );
  const cause = new Error("inner");
  const told = new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: "other words", cause, retryAfter: 0 });
  assert.deepEqual([told.message, told.cause, told.retryAfter], ["other words", cause, 0]);
  assert.equal(new CoatcheckError("ERR_STORE_UNAVAILABLE", { cause: null }).cause, null);
});

test("a problem document has a detail if there is one", () => {
  assert.equal("detail" in JSON.parse(problem("ERR_FORBIDDEN")), false);
  assert.equal(JSON.parse(problem("ERR_FORBIDDEN", "more")).detail, "more");
});
