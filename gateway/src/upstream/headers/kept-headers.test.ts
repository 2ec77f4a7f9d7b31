/** Identity headers are kept for users who come again, and never given to another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "coatcheck/contracts";
import fc from "fast-check";
import { settingsOf } from "../../../test-support/harness.ts";
import { type IdentityHeaderMaker, identityHeaderMaker } from "./identity-headers.ts";
import { KeptHeaders } from "./kept-headers.ts";

const maker = (): IdentityHeaderMaker => identityHeaderMaker(settingsOf({}));
const unheard = (): void => assert.fail("nothing is left out");

function identityOf(subject: string, groups: readonly string[] = []): Identity {
  return { issuer: "https://idp.example", subject, claims: { groups }, authenticatedAt: 1, method: "oidc:default" };
}

test("A-15 the headers of an identity that comes again are kept, from its second time on", () => {
  const [made, alice] = [maker(), identityOf("alice", ["staff"])];
  const [first, second, third] = [made.of(alice, unheard), made.of(alice, unheard), made.of(alice, unheard)];
  assert.equal(first.text, undefined);
  assert.notEqual(second, first);
  assert.equal(third, second);
  assert.deepEqual(second.lines, first.lines);
  assert.match(second.text ?? "", /^x-auth-request-user: alice\r\n.*x-auth-request-groups: staff\r\n/s);
});

test("A-15 whoever comes, in whatever order, gets the headers of their own identity", () => {
  // Subjects that end alike share a place, and the claims of one user change.
  const subject = fc.constantFrom("a-same-end", "b-same-end", "c-same-end", "bob", "carol");
  const visit = fc.record({
    subject,
    groups: fc.constantFrom<readonly string[]>([], ["staff"], ["staff", "ops"]),
    anew: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 40 }), (visits) => {
      const made = maker();
      const known = new Map<string, Identity>();
      for (const { subject: name, groups, anew } of visits) {
        const before = known.get(`${name} ${groups}`);
        const identity = before === undefined || anew ? identityOf(name, groups) : before;
        known.set(`${name} ${groups}`, identity);
        const { lines, text } = made.of(identity, unheard);
        assert.deepEqual(lines.slice(0, 6), [
          ...["x-auth-request-user", name, "x-auth-request-email", ""],
          ...["x-auth-request-groups", groups.join(",")],
        ]);
        if (text !== undefined) assert.equal(text, lines.map((part, at) => part + (at % 2 === 0 ? ": " : "\r\n")).join(""));
      }
    }),
  );
});

test("A-15 half as many users as there are places find their headers, nearly all of them", () => {
  const made = maker();
  const users = Array.from({ length: 4_000 }, (_, index) => identityOf(`user ${index}`));
  for (let round = 0; round < 3; round++) for (const user of users) made.of(user, unheard);
  const there = users.filter((user) => made.of(user, unheard).text !== undefined).length;
  assert.ok(there > 3_400, `${there} of 4,000`);
});

test("what is left out of the headers is reported each time, and such headers are not kept", () => {
  const [made, odd] = [maker(), identityOf("odd", ["a,b", "staff"])];
  let reported = 0;
  for (let time = 1; time <= 4; time++) {
    assert.equal(made.of(odd, () => reported++).text, undefined);
    assert.equal(reported, time);
  }
});

test("of an identity that is parsed anew for each request hardly anything is kept", () => {
  const kept = new KeptHeaders<string>();
  const again = Array.from({ length: 300 }, () => identityOf("alice")).filter((identity) => {
    if (!kept.comesAgain(identity)) return false;
    kept.keep(identity, "");
    return true;
  });
  assert.equal(again.length, 100);
});
