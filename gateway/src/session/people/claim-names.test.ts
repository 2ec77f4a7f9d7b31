/** Claims by the names that the settings say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity, JsonObject } from "coatcheck";
import { settingsOf } from "../../../test-support/harness.ts";
import { ClaimNames, claimOf } from "./claim-names.ts";

const ISSUER = "https://id.example.com";
const identityOf = (claims: JsonObject, more: Partial<Identity> = {}): Identity => {
  return { issuer: ISSUER, subject: "alice", claims, authenticatedAt: 0, method: "oidc:default", ...more };
};

test("S-54 a claim's name may have dots in it, and else names a nested one; nothing is inherited", () => {
  const claims = { a: { b: { c: 1 } }, "a.b": 2, "https://example.com/roles": ["x"], list: ["y"] };
  assert.equal(claimOf(claims, "a.b"), 2);
  assert.equal(claimOf(claims, "a.b.c"), 1);
  assert.deepEqual(claimOf(claims, "https://example.com/roles"), ["x"]);
  for (const name of ["a.c", "a.b.c.d", "list.0", "list.length", "constructor", "a.__proto__", "a.toString", ""])
    assert.equal(claimOf(claims, name), undefined, name);
});

test("S-54 each provider's users are read by its own names, and a program's token by those of its issuer", () => {
  const client = { clientId: "app", clientSecret: "s" };
  const providers = [
    { issuer: ISSUER, ...client, groupsClaim: "roles.app", userClaim: "nick", emailClaim: "mail" },
    { name: "plain", issuer: "https://plain.example", ...client },
  ];
  const names = new ClaimNames(settingsOf({ providers }));
  const claims = { roles: { app: ["staff", 1] }, nick: "al", mail: "a@example.com", groups: ["others"], email: "b@example.com" };
  const here = identityOf(claims);
  assert.deepEqual([names.groups(here), names.user(here), names.email(here)], [["staff"], "al", "a@example.com"]);
  assert.deepEqual(names.groups(identityOf(claims, { method: "bearer" })), ["staff"]);
  for (const elsewhere of [
    identityOf(claims, { issuer: "https://plain.example", method: "oidc:plain" }),
    identityOf(claims, { issuer: "proxy:generic", method: "proxy" }),
  ])
    assert.deepEqual(
      [names.groups(elsewhere), names.user(elsewhere), names.email(elsewhere)],
      [["others"], "alice", "b@example.com"],
    );
  assert.deepEqual(names.groups(null), []);
});

test("S-54 a role that stands alone is a group, and what is no text is none", () => {
  const names = new ClaimNames(
    settingsOf({ providers: [{ issuer: ISSUER, clientId: "app", clientSecret: "s", groupsClaim: "role" }] }),
  );
  for (const [role, groups] of [
    ["admin", ["admin"]],
    [
      ["a", null, "b"],
      ["a", "b"],
    ],
    [{ a: true }, []],
    [7, []],
  ] as const)
    assert.deepEqual(names.groups(identityOf({ role })), groups);
  assert.deepEqual(names.groups(identityOf({})), []);
});
