import assert from "node:assert/strict";
import { test } from "node:test";
import { userPolicy } from "./user-policy.ts";

const plain = { strategies: ["session"] };
const whole = { strategies: ["session", "proxy", "bearer", "badge"] };

test("F-46 a route takes whom the ways that it names authenticate; all if it names none", () => {
  assert.deepEqual(userPolicy(undefined, plain), { require: "user" });
  assert.deepEqual(userPolicy({}, plain), { require: "user" });
  assert.deepEqual(userPolicy({ sensitive: true }, plain), { require: "user", sensitive: true });
  for (const via of [["session"], ["proxy", "badge"], ["session", "proxy", "bearer", "badge"]])
    assert.deepEqual(userPolicy({ via }, whole), { require: "user", via });
});

test("F-46 a route that no caller could pass is refused at once, and what there is is named", () => {
  assert.throws(() => userPolicy({ via: [] }, whole), /^TypeError: via is empty, .* there are session, proxy, bearer, badge$/);
  assert.throws(() => userPolicy({ via: ["session", "proxy"] }, plain), /^TypeError: via names "proxy", .* there are session$/);
  assert.throws(() => Reflect.apply(userPolicy, null, [{ sensitive: "yes" }, plain]), /^TypeError: sensitive is true or false/);
  assert.throws(() => Reflect.apply(userPolicy, null, [{ vai: ["session"] }, plain]), /^TypeError: vai is no option/);
});
