/** What is too small for a test file of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestWith } from "../../test-support/requests.ts";
import { detached } from "./detached.ts";
import { hookFailure } from "./errors/hook-failure.ts";
import { CoatcheckError, unavailable } from "./errors.ts";
import { isNavigation, isPrefetch, isSafe } from "./navigation.ts";

test("a detached text is the same text", () => {
  for (const text of ["", "a", "id-0123456789", "ë\u0000\ud83d\ude00"])
    assert.equal(detached(`${text}|rest`.slice(0, text.length)), text);
});

test("an app's function that says unavailable is an outage with its pause; all else it throws is a bug", () => {
  assert.deepEqual(hookFailure(new Error("boom")), { code: "ERR_APP_HOOK" });
  assert.deepEqual(hookFailure("text"), { code: "ERR_APP_HOOK" });
  assert.deepEqual(hookFailure({ status: 503, code: "ERR_STORE_UNAVAILABLE", retryAfter: 1 }), { code: "ERR_APP_HOOK" });
  assert.deepEqual(hookFailure(new CoatcheckError("ERR_FORBIDDEN")), { code: "ERR_APP_HOOK" });
  const cause = new Error("database");
  assert.throws(
    () => unavailable(cause),
    (error) => {
      assert.ok(error instanceof CoatcheckError);
      assert.deepEqual([error.code, error.cause], ["ERR_STORE_UNAVAILABLE", cause]);
      assert.deepEqual(hookFailure(error), { code: "ERR_STORE_UNAVAILABLE", retryAfter: 5_000 });
      return true;
    },
  );
  assert.deepEqual(hookFailure(new CoatcheckError("ERR_TOKEN_UNAVAILABLE", { retryAfter: 0.5 })), {
    code: "ERR_TOKEN_UNAVAILABLE",
    retryAfter: 500,
  });
});

test("AR-10 each header by which browsers tell of a prefetch counts, the newest first", () => {
  const asked = (headers: Readonly<Record<string, string>>): boolean => isPrefetch(requestWith(headers));
  for (const header of ["sec-purpose", "purpose", "x-moz"])
    for (const value of ["prefetch", "prerender", "preview", "Prefetch", "prefetch;prerender"])
      assert.equal(asked({ [header]: value }), true, `${header}: ${value}`);
  for (const value of ["", "fetch", "nopreview", "prefetched"]) assert.equal(asked({ purpose: value }), false, value);
  assert.equal(asked({}), false);
  assert.equal(asked({ "sec-purpose": "none", purpose: "prefetch" }), false);
  assert.equal(asked({ other: "prefetch" }), false);
});

test("CS-05 methods are told apart as they are written", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"]) assert.equal(isSafe(method), true);
  for (const method of ["", "get", "TRACE", "POST"]) assert.equal(isSafe(method), false);
});

test("AR-10 one of the two headers about a fetch is enough to judge by, and then Accept counts no more", () => {
  const navigates = (headers: Readonly<Record<string, string>>): boolean => isNavigation(requestWith(headers));
  assert.equal(navigates({ "sec-fetch-mode": "navigate", accept: "text/html" }), false);
  assert.equal(navigates({ "sec-fetch-dest": "document", accept: "text/html" }), false);
  assert.equal(navigates({ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }), true);
  assert.equal(navigates({ accept: "text/html" }), true);
});
