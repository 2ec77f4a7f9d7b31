import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxyReader, Strategy } from "../contracts.ts";
import type { Chain } from "../engine/request/authenticate/authenticate.ts";
import { Resolver } from "../engine/request/authenticate/resolver.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { userPolicy } from "./user-policy.ts";

const strategy = (name: string): Strategy => ({
  name,
  ambient: false,
  presented: () => false,
  examine: () => ({ kind: "abstain" }),
});
const reader: ProxyReader = { headers: [], read: () => ({ kind: "absent" }) };
const plain: Chain = { explicit: [], proxy: null, session: strategy("session") };
const whole: Chain = {
  explicit: [strategy("bearer"), strategy("badge")],
  proxy: { reader, resolver: new Resolver({}, { clock: manualClock(), report: () => undefined }) },
  session: strategy("session"),
};

test("F-46 a route takes whom the ways that it names authenticate; all where it names none", () => {
  assert.deepEqual(userPolicy(undefined, { chain: plain }), { require: "user" });
  assert.deepEqual(userPolicy({}, { chain: plain }), { require: "user" });
  for (const via of [["session"], ["proxy", "badge"], ["session", "proxy", "bearer", "badge"]])
    assert.deepEqual(userPolicy({ via }, { chain: whole }), { require: "user", via });
});

test("F-46 a route that nobody could pass is refused at once, and what there is is named", () => {
  assert.throws(
    () => userPolicy({ via: [] }, { chain: whole }),
    /^TypeError: via is empty, .* there are session, proxy, bearer, badge$/,
  );
  assert.throws(
    () => userPolicy({ via: ["session", "proxy"] }, { chain: plain }),
    /^TypeError: via names "proxy", .* there are session$/,
  );
  assert.throws(() => Reflect.apply(userPolicy, null, [{ vai: ["session"] }, { chain: plain }]), /^TypeError: vai is no option/);
});
