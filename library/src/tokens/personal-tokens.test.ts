/** Personal access tokens: made by their owner, shown once, verified by one read of the store. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { turns } from "../../test-support/event-loop.ts";
import { SECRET } from "../../test-support/origin.ts";
import { failingStore } from "../../test-support/stores/failing-store.ts";
import { KINDS, kindsWorld } from "../../test-support/token-kinds.ts";
import { ask, FOR_PERSON, OWNER, PERSON, post, refreshed, shown } from "../../test-support/tokens.ts";
import type { SessionStore } from "../contracts.ts";
import { createKeyring } from "../crypto/keyring.ts";
import { signingKeys } from "../crypto/signing/signing-keys.ts";
import { parseTicket } from "../crypto/ticket.ts";
import type { TokenOptions } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { spelled } from "./verify/personal-token.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const WANTED = { subject: PERSON, name: "laptop", scope: "read" };

test("S-58 a personal token is shown once, stored as a hash, and authenticates as its owner", async () => {
  const of = kindsWorld();
  const made = await of.auth.tokens.issuePersonal({ ...WANTED, lifetime: "90d" });
  assert.match(made.token, /^coatcheck_[\w-]{71}$/);
  assert.deepEqual([made.name, made.scope, made.expiresAt], ["laptop", "read", of.clock.now() + 90 * DAY]);
  const stored = JSON.stringify(await of.store.get(made.id));
  assert.equal(stored.includes(made.token.slice(32, 75)), false);
  const { body } = await shown(of, made.token);
  assert.deepEqual([body["subject"], body["owner"], body["via"]], ["42", OWNER, "bearer"]);
  assert.equal(JSON.stringify(body["claims"]).includes('"scope":"read"'), true);
  const told = of.told("token.issued").map(({ reason, sessionId, owner }) => [reason, sessionId, owner]);
  assert.deepEqual(told, [["personal", made.id, OWNER]]);
  assert.equal(JSON.stringify(of.events).includes(made.token.slice(32)), false);
});

test("S-44 personal tokens are listed with name, beginning, end and last use, and revoked one by one", async () => {
  const of = kindsWorld();
  const { auth, clock } = of;
  const [kept, revoked] = [await auth.tokens.issuePersonal(WANTED), await auth.tokens.issuePersonal({ ...WANTED, name: "old" })];
  const begun = clock.now();
  const entry = async (id: string) => (await auth.tokens.list(OWNER)).find((one) => one.id === id);
  const info = await entry(kept.id);
  assert.deepEqual(
    [info?.kind, info?.name, info?.createdAt, info?.expiresAt, info?.lastUsedAt, info?.audience],
    ["personal", "laptop", begun, null, null, "app"],
  );
  clock.advance(DAY);
  await shown(of, kept.token);
  await turns(5);
  assert.equal((await entry(kept.id))?.lastUsedAt, begun + DAY);
  clock.advance(MINUTE - 1);
  await shown(of, kept.token);
  assert.equal((await entry(kept.id))?.lastUsedAt, begun + DAY);
  clock.advance(1);
  await ask(of, { authorization: `Bearer ${kept.token}` }, "/");
  assert.equal((await entry(kept.id))?.lastUsedAt, begun + DAY + MINUTE);
  assert.equal(await auth.tokens.revoke(revoked.id), true);
  assert.equal((await shown(of, revoked.token)).status, 401);
  assert.equal((await shown(of, kept.token)).status, 200);
  assert.deepEqual(
    of.told("token.revoked").map(({ reason, sessionId }) => [reason, sessionId]),
    [["personal", revoked.id]],
  );
});

test("SE-03 a personal token that is not used for long is deleted by no sweep; at its end it is over", async () => {
  const of = kindsWorld({ session: { idle: "10m" } });
  const [endless, short] = [
    await of.auth.tokens.issuePersonal(WANTED),
    await of.auth.tokens.issuePersonal({ ...WANTED, lifetime: "1d" }),
  ];
  await shown(of, endless.token);
  of.clock.advance(DAY - 1);
  await of.auth.sweep();
  for (const { token } of [endless, short]) assert.equal((await shown(of, token)).status, 200);
  of.clock.advance(1);
  assert.equal((await shown(of, short.token)).status, 401);
  of.clock.advance(1_000 * DAY);
  await of.auth.sweep();
  assert.equal((await shown(of, endless.token)).status, 200);
  assert.equal(await of.store.get(short.id), undefined);
});

test("S-58 a made-up personal token is 401, and the store is asked only if it is spelled right", async () => {
  const real = memory();
  let reads = 0;
  const get: SessionStore["get"] = (id) => {
    reads += 1;
    return real.get(id);
  };
  const of = kindsWorld({ store: overStore(real, { get }) });
  const { token } = await of.auth.tokens.issuePersonal(WANTED);
  const access = await of.auth.tokens.issue(FOR_PERSON);
  const withSum = (text: string): string => text + hash("sha256", text, "base64url").slice(0, 6);
  const body = token.slice("coatcheck_".length, -6);
  const wrong = [
    token.slice(0, -1),
    `${token}A`,
    token.replace("coatcheck_", "coatcheck_A"),
    "coatcheck_",
    `${token.slice(0, -1)}~`,
  ];
  for (const one of [...wrong, `coatcheck_${"A".repeat(71)}`]) assert.equal((await shown(of, one)).status, 401, one);
  assert.equal(reads, 0);
  const secret = "A".repeat(43);
  for (const one of [`${body.slice(0, 22)}${secret}`, `${"A".repeat(22)}${secret}`, `${access.id}${secret}`])
    assert.equal((await shown(of, withSum(`coatcheck_${one}`))).status, 401, one);
  assert.equal(reads, 3);
  assert.equal((await shown(of, token)).status, 200);
  assert.equal(reads, 4);
});

test("S-27 a personal token is no refresh token, and its row is shown by nothing else", async () => {
  const of = kindsWorld();
  const { token, id } = await of.auth.tokens.issuePersonal(WANTED);
  const [first, secret] = [token.slice(10, 32), token.slice(32, 75)];
  assert.equal(first, id);
  for (const one of [token, `${id}.${secret}`]) {
    assert.equal((await refreshed(of, one)).status, 401);
    assert.equal((await post(of, "tokens/revoke", { token: one })).status, 401);
    assert.equal((await ask(of, { cookie: `__Host-Http-coatcheck=${one}` })).body["subject"], null);
  }
  assert.equal((await shown(of, token)).status, 200);
  // A refresh token in other letters, and an access token that names the row of a personal one.
  const { refreshToken = "" } = await of.auth.tokens.issue({ ...FOR_PERSON, refreshable: true });
  assert.equal((await shown(of, spelled("coatcheck", parseTicket(refreshToken) ?? assert.fail()))).status, 401);
  const { accessToken } = await of.auth.tokens.issue(FOR_PERSON);
  const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
  const forged = signingKeys(createKeyring(SECRET)).sign({ typ: "at+jwt" }, { ...claims, sid: id });
  assert.equal((await shown(of, forged)).status, 401);
});

test("S-58 SE-11 a user has at most maxPerUser personal tokens, also if they are made at once", async () => {
  const of = kindsWorld({ tokens: { ...KINDS, personal: { maxPerUser: 3 } } });
  const attempts = Array.from({ length: 10 }, (_, index) => of.auth.tokens.issuePersonal({ ...WANTED, name: `${index}` }));
  const settled = await Promise.allSettled(attempts);
  assert.equal(settled.filter(({ status }) => status === "fulfilled").length, 3);
  assert.equal((await of.auth.tokens.list(OWNER)).length, 3);
  await assert.rejects(of.auth.tokens.issuePersonal(WANTED), { code: "ERR_TOO_MANY_TOKENS" });
  const other = { ...PERSON, subject: "43" };
  assert.ok((await of.auth.tokens.issuePersonal({ ...WANTED, subject: other })).token);
  const [oldest] = await of.auth.tokens.list(OWNER);
  await of.auth.tokens.revoke(oldest?.id ?? "");
  assert.ok((await of.auth.tokens.issuePersonal(WANTED)).token);
});

test("JT-05 a personal token is no wider or longer than configured, now and when it was made", async () => {
  const of = kindsWorld({ tokens: { ...KINDS, personal: { lifetime: "30d" } } });
  const wrong = [{ name: "" }, { name: "x".repeat(101) }, { name: "a\nb" }, { scope: "admin" }, { scope: "read  write" }];
  for (const part of [...wrong, { lifetime: "31d" as const }, { lifetime: 1 }])
    await assert.rejects(of.auth.tokens.issuePersonal({ ...WANTED, ...part }), { code: "ERR_BAD_REQUEST" }, JSON.stringify(part));
  const made = await of.auth.tokens.issuePersonal({ ...WANTED, scope: "read write read" });
  assert.deepEqual([made.scope, made.expiresAt], ["read write", of.clock.now() + 30 * DAY]);
  const { store, clock } = of;
  const narrower = kindsWorld({ store, clock, tokens: { audiences: { app: { scope: "write" } }, accept: "app", personal: {} } });
  const { body } = await shown(narrower, made.token);
  assert.equal(JSON.stringify(body["claims"]).includes('"scope":"write"'), true);
  const without = kindsWorld({ store, clock, tokens: { audiences: { app: {} }, accept: "app" } });
  assert.equal((await shown(without, made.token)).status, 401);
  await assert.rejects(without.auth.tokens.issuePersonal(WANTED), TypeError);
});

test("S-58 options of personal tokens that cannot be right stop the start, by name", () => {
  const refuses = (tokens: Partial<TokenOptions>, about: RegExp): void => {
    assert.throws(() => kindsWorld({ tokens: { ...KINDS, ...tokens } }), about);
  };
  refuses({ personal: { audience: "orders" } }, /tokens\.personal\.audience/);
  refuses({ accept: [], personal: {} }, /tokens\.personal\.audience/);
  for (const prefix of ["a", "1a", "a_", "a-b", "x".repeat(33)]) refuses({ personal: { prefix } }, /tokens\.personal\.prefix/);
  for (const maxPerUser of [0, 1.5, 1_001]) refuses({ personal: { maxPerUser } }, /tokens\.personal\.maxPerUser/);
  refuses({ personal: { lifetime: "500d" } }, /tokens\.personal\.lifetime/);
  refuses({ revocation: { within: "2h" } }, /tokens\.revocation\.within/);
  assert.throws(() => kindsWorld({ tokens: { ...KINDS, personal: Object.fromEntries([["max", 1]]) } }), /tokens\.personal\.max/);
});

test("SE-16 while the store is away a personal token is neither refused nor taken: 503", async () => {
  const { store, failing } = failingStore();
  const of = kindsWorld({ store });
  const { token } = await of.auth.tokens.issuePersonal(WANTED);
  failing.add("get");
  const { status, body } = await shown(of, token);
  assert.deepEqual([status, body["code"]], [503, "ERR_STORE_UNAVAILABLE"]);
  failing.clear();
  failing.add("touch");
  assert.equal((await shown(of, token)).status, 200);
  failing.clear();
  failing.add("list");
  await assert.rejects(of.auth.tokens.issuePersonal(WANTED), { code: "ERR_STORE_UNAVAILABLE" });
});
