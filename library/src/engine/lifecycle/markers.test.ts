/** How a logout and a login that is on its way find each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionReader } from "../../contracts.ts";
import type { LoginIntent } from "../../core/draft.ts";
import { loginOverruled, notificationMarker, ownerMarker, readOwnerMarker } from "./markers.ts";

const ISSUER = "https://provider.test";
const OWNER = `${ISSUER} alice`;
const NOW = 1_000;
const SID = notificationMarker({ issuer: ISSUER, subject: null, sid: "s1" }) ?? "";
const SUBJECT = notificationMarker({ issuer: ISSUER, subject: "alice", sid: null }) ?? "";

function login(changes: Partial<LoginIntent> = {}): LoginIntent {
  const identity = { issuer: ISSUER, subject: "alice", claims: {}, authenticatedAt: 0, method: "oidc:default" };
  return { identity, owner: OWNER, fresh: false, tokens: null, provider: "default", sid: "s1", issuedAt: 500, ...changes };
}

function reader(markers: Readonly<Record<string, string>>): SessionReader {
  return {
    get: () => assert.fail("no row is read"),
    marked(key, now) {
      assert.equal(now, NOW);
      return markers[key];
    },
  };
}

test("F-46 markers are of one kind and one name each, and tell nothing of it", () => {
  const all = [
    ownerMarker(OWNER),
    notificationMarker({ issuer: ISSUER, subject: "alice", sid: "s1" }),
    notificationMarker({ issuer: ISSUER, subject: "s1", sid: null }),
    notificationMarker({ issuer: ISSUER, subject: "alice", sid: null }),
    notificationMarker({ issuer: ISSUER, subject: null, sid: "alice" }),
  ];
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(
    all.map((key) => key?.replace(/:[\w-]{43}$/, "")),
    ["owner", "sid", "sub", "sub", "sid"],
  );
  assert.equal(notificationMarker({ issuer: ISSUER, subject: null, sid: null }), null);
  assert.equal(
    SID,
    notificationMarker({ issuer: ISSUER, subject: "alice", sid: "s1" }),
    "a sid is its issuer's, whoever's it is",
  );
});

const CASES: {
  readonly [name: string]: readonly [
    Readonly<Record<string, string>>,
    before: string | undefined,
    Partial<LoginIntent>,
    object | string | null,
  ];
} = {
  "no mark": [{}, undefined, {}, null],
  "the owner's mark of before": [{ [ownerMarker(OWNER)]: "one" }, "one", {}, null],
  "an owner's mark since": [{ [ownerMarker(OWNER)]: "one" }, undefined, {}, "elsewhere"],
  "another owner's mark since": [{ [ownerMarker(OWNER)]: "two" }, "one", {}, "elsewhere"],
  "an owner's mark that has expired": [{}, "one", {}, null],
  "a notice of its sid, as old as the ID token": [{ [SID]: "500" }, undefined, {}, "provider"],
  "an older notice of its sid": [{ [SID]: "499" }, undefined, {}, null],
  "a notice of its subject": [{ [SUBJECT]: "501" }, undefined, {}, "provider"],
  "a notice of its subject, where it has no sid": [{ [SUBJECT]: "500" }, undefined, { sid: null }, "provider"],
  "a notice of a sid that it does not have": [{ [SID]: "501" }, undefined, { sid: "s2" }, null],
  "notices, of a login by the app": [{ [SID]: "501", [SUBJECT]: "501" }, undefined, { issuedAt: null }, null],
  "an owner's mark, of a login by the app": [{ [ownerMarker(OWNER)]: "one" }, undefined, { issuedAt: null }, "elsewhere"],
};

for (const [name, [markers, before, changes, expected]] of Object.entries(CASES)) {
  test(`F-46 a login that finds ${name} ${expected === null ? "goes on" : `ends: ${String(expected)}`}`, async () => {
    assert.equal(await loginOverruled(reader(markers), login(changes), before, NOW), expected);
  });
}

test("F-46 the marker of before is read at once, and a store that fails is told to the caller", async () => {
  assert.equal(await readOwnerMarker(reader({ [ownerMarker(OWNER)]: "one" }), OWNER, NOW), "one");
  const away = new Error("the store is away");
  const failing = {
    ...reader({}),
    marked() {
      throw away;
    },
  };
  await assert.rejects(readOwnerMarker(failing, OWNER, NOW), away);
});
