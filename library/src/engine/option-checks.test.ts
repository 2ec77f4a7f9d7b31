import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { scriptedProvider } from "../../test-support/refresh/scripted-provider.ts";
import {
  checkedCount,
  checkedOrigin,
  checkedPrefix,
  checkedProvider,
  checkedUrl,
  isProvider,
  origins,
  validator,
} from "./option-checks.ts";

const ORIGINS: readonly [given: string, origin: string | null][] = [
  ["https://app.example.com", "https://app.example.com"],
  ["http://localhost:3000/", "http://localhost:3000"],
  ["https://app.example.com/path", null],
  ["https://app.example.com/?a", null],
  ["https://app.example.com/#a", null],
  ["ftp://app.example.com", null],
  ["xhttps://app.example.com", null],
  ["httpsx://app.example.com", null],
  ["app.example.com", null],
  ["", null],
];

test("F-46 an origin is one and nothing more", () => {
  for (const [given, origin] of ORIGINS) {
    if (origin !== null) assert.equal(checkedOrigin(given), origin);
    else
      assert.throws(() => checkedOrigin(given), {
        name: "TypeError",
        message: new RegExp(`^${JSON.stringify(given).replace("?", "\\?")} is not an origin`),
      });
  }
  assert.deepEqual(origins("https://a.example/"), ["https://a.example"]);
  assert.deepEqual(origins(["https://a.example", "https://b.example/"]), ["https://a.example", "https://b.example"]);
  assert.throws(() => origins([]), /^TypeError: publicUrl is empty/);
});

test("F-46 a browser may be sent to a URL of the web", () => {
  for (const good of ["https://login.example.com/out?a=b", "http://localhost/"]) assert.equal(checkedUrl(good), good);
  for (const bad of ["", "/out", "javascript:alert(1)", "xhttp://a", "httpx://a"])
    assert.throws(() => checkedUrl(bad), /^TypeError: proxy\.signOutUrl is /);
});

test("F-46 a count is a whole number, and none of it is one too", () => {
  assert.deepEqual([checkedCount("most", undefined, 7), checkedCount("most", 0, 7), checkedCount("most", 12, 7)], [7, 0, 12]);
  for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => checkedCount("most", bad, 7), {
      name: "TypeError",
      message: `most is ${bad}; it is a whole number, 0 or more`,
    });
});

test("F-46 a prefix is a path", () => {
  for (const good of ["/auth", "/a/b-c_d.e~f"]) assert.equal(checkedPrefix(good), good);
  for (const bad of ["", "/", "auth", "/auth/", "//auth", "/au th", "x/auth", "/auth?x"])
    assert.throws(() => checkedPrefix(bad), {
      name: "TypeError",
      message: `prefix is ${JSON.stringify(bad)}; it would be as /auth`,
    });
});

test("F-46 a schema takes what fits, and says where what does not fit stands, never what it is", () => {
  assert.deepEqual(validator(undefined)({ a: 1 }), { a: 1 });
  const validate = validator(
    z.object({ cart: z.array(z.object({ id: z.number() })).default([]), name: z.string().default("x") }),
  );
  assert.deepEqual(validate({}), { cart: [], name: "x" });
  assert.throws(() => validate({ cart: [{ id: "a secret" }], name: 1 }), {
    code: "ERR_DATA_INVALID",
    message: "The session's data do not fit their schema: cart.0.id; name",
  });
  assert.throws(
    () => validator(z.object({ name: z.string() })),
    /^TypeError: the schema given as data must take \{\}: .* name: .*expected string/,
  );
  const standard = (result: unknown) => ({ "~standard": { version: 1, vendor: "test", validate: () => result } }) as const;
  assert.throws(() => Reflect.apply(validator, null, [standard(Promise.resolve({ value: {} }))]), /it must be synchronous/);
  assert.throws(
    () =>
      Reflect.apply(validator, null, [
        standard({ issues: [{ message: "odd", path: [{ key: "a" }, "b"] }, { message: "bare" }] }),
      ]),
    /fit their schema: a\.b: odd; : bare/,
  );
});

test("F-46 a provider of the app's own may take more than nothing and at most eight minutes for a refresh", () => {
  const taking = (refreshTimeout: number) => ({ ...scriptedProvider("own"), refreshTimeout });
  for (const good of [0.5, 1, 480_000]) {
    const provider = taking(good);
    assert.equal(checkedProvider(provider), provider);
  }
  for (const bad of [480_001, 0, -1, Number.NaN])
    assert.throws(() => checkedProvider(taking(bad)), {
      name: "TypeError",
      message: `refreshTimeout of the provider own is ${bad}; it is milliseconds, more than 0 and at most 480000`,
    });
});

test("a provider of the app's own is told from the configuration of ours by what only it can do", () => {
  assert.ok(isProvider<object>(scriptedProvider("own")));
  assert.ok(!isProvider<object>({ issuer: "https://id.example.com", clientId: "app" }));
});
