import assert from "node:assert/strict";
import { test } from "node:test";
import { knownOptions } from "./option-names.ts";

interface Options {
  readonly name?: string;
  readonly path?: string;
  readonly domain?: string;
}
const NAMES = { name: true, path: true, domain: true } as const;
const HINTS = { "cookie.secure": "It is always secure." };

const refused = (part: string, given: unknown): string => {
  try {
    knownOptions<Options>(part, given, NAMES, HINTS);
  } catch (error) {
    assert.ok(error instanceof TypeError);
    return error.message;
  }
  return "taken";
};

test("options that exist are taken, and those that are not given, and what is no object of options", () => {
  for (const given of [{}, { name: "a", path: "/" }, { namme: undefined }, null, undefined, "name", 7])
    assert.equal(refused("cookie", given), "taken", JSON.stringify(given));
});

test("an option that does not exist is refused by its whole name, with what it may have meant", () => {
  assert.equal(refused("cookie", { namme: 1 }), "cookie.namme is no option. Did you mean cookie.name?");
  assert.equal(refused("", { namme: 1 }), "namme is no option. Did you mean name?");
  assert.equal(refused("cookie", { secure: 1 }), "cookie.secure is no option. It is always secure.");
  assert.equal(
    refused("cookie", { zzzzzz: null }),
    "cookie.zzzzzz is no option. There are: cookie.name, cookie.path, cookie.domain.",
  );
  assert.equal(
    refused("cookie", { name: 1, secure: 1, namme: 0 }),
    "cookie.secure is no option. It is always secure.\ncookie.namme is no option. Did you mean cookie.name?",
  );
  assert.match(refused("", { toString: 1 }), /^toString is no option/);
});
