/** What was opened is closed after each test, the last first. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { closingAfterEach } from "./closing.ts";

const closed: string[] = [];

suite("closing after each test", () => {
  const closing = closingAfterEach();

  test("a test that opens two", () => {
    closing(async () => closed.push("first"));
    closing(() => closed.push("second"));
    assert.deepEqual(closed, []);
  });

  test("the next one finds both closed, and closes nothing again", () => {
    assert.deepEqual(closed.splice(0), ["second", "first"]);
  });
});

test("what was closed once is not closed after later tests", () => assert.deepEqual(closed, []));
