/** The app is asked whether a user may have a token: when it is given, and whenever it is refreshed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS, kindsWorld, signInBySid } from "../../test-support/token-kinds.ts";
import { FOR_PERSON, fromPage, nextOf, OWNER, PERSON, post, refreshed, shown } from "../../test-support/tokens.ts";
import type { TokenQuestion } from "../contracts.ts";
import { unavailable } from "../core/errors.ts";
import type { TokenOptions } from "../index.ts";

type Answer = ReturnType<NonNullable<TokenOptions["allow"]>>;

/** An app that answers as the test says, and what it was asked. */
function asking() {
  const asked: TokenQuestion[] = [];
  const app: { answer: (question: TokenQuestion) => Answer } = { answer: () => true };
  const allow = (question: TokenQuestion): Answer => {
    asked.push(question);
    return app.answer(question);
  };
  return { of: kindsWorld({ tokens: { ...KINDS, allow } }), asked, app };
}

const WANTED = { ...FOR_PERSON, scope: "read write", refreshable: true };

test("S-43 the app is asked before a user gets a token and at each refresh, with all that it decides by", async () => {
  const { of, asked } = asking();
  const cookie = await signInBySid(of);
  const answer = await post(of, "tokens", { audience: "app", scope: "read" }, fromPage(cookie));
  const { refresh_token } = await answer.json();
  await nextOf(of, refresh_token);
  await of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop" });
  await of.auth.tokens.issue(FOR_PERSON);
  assert.deepEqual(
    asked.map(({ kind, owner, identity, audience, scope, refresh }) => [kind, owner, identity.subject, audience, scope, refresh]),
    [
      ["family", OWNER, "42", "app", "read", false],
      ["family", OWNER, "42", "app", "read", true],
      ["personal", OWNER, "42", "app", "", false],
    ],
  );
});

test("S-43 what the app does not allow is not given: 403, and nothing is stored", async () => {
  const { of, app } = asking();
  const cookie = await signInBySid(of);
  for (const answer of [false, "write", ""]) {
    app.answer = () => answer;
    assert.equal((await post(of, "tokens", { audience: "app", scope: "read write" }, fromPage(cookie))).status, 403);
    const personal = of.auth.tokens.issuePersonal({ subject: PERSON, name: "laptop", scope: "read write" });
    await assert.rejects(personal, { code: "ERR_FORBIDDEN" });
  }
  assert.deepEqual(await of.auth.tokens.list(OWNER), []);
});

test("S-43 JT-05 a refresh narrows a family to what the app still allows, for good, and at once", async () => {
  const { of, app } = asking();
  const { refreshToken = "", accessToken } = await of.auth.tokens.issue(WANTED);
  app.answer = async () => "read other";
  const answer = await (await refreshed(of, refreshToken)).json();
  assert.equal(answer.scope, "read");
  app.answer = () => true;
  assert.deepEqual(await (await refreshed(of, refreshToken)).json(), answer);
  assert.equal((await (await refreshed(of, answer.refresh_token)).json()).scope, "read");
  const { claims } = (await shown(of, accessToken)).body;
  assert.equal(JSON.stringify(claims).includes('"scope":"read"'), true);
});

test("S-43 a refresh that the app refuses ends the family", async () => {
  const { of, app } = asking();
  const { refreshToken = "", accessToken, id } = await of.auth.tokens.issue(WANTED);
  app.answer = () => false;
  assert.equal((await refreshed(of, refreshToken)).status, 401);
  assert.equal((await of.store.get(id))?.reason, "admin");
  app.answer = () => true;
  assert.equal((await refreshed(of, refreshToken)).status, 401);
  assert.equal((await shown(of, accessToken)).status, 401);
  assert.equal(of.told("token.reused").length, 0);
});

test("S-56 if the app cannot say, nothing is stored: 503 for an outage, 500 for a bug", async () => {
  const { of, app } = asking();
  const { refreshToken = "", id } = await of.auth.tokens.issue(WANTED);
  const before = await of.store.get(id);
  const wrong: readonly (readonly [number, () => Answer])[] = [
    [503, () => unavailable(new Error("the database is away"))],
    [503, async () => unavailable()],
    [500, () => assert.fail("a bug")],
    [500, () => "two  spaces"],
  ];
  for (const [status, answer] of wrong) {
    app.answer = answer;
    assert.equal((await refreshed(of, refreshToken)).status, status);
    assert.deepEqual(await of.store.get(id), before);
  }
  const codes = of.told("credential.failed").map(({ reason, code }) => [reason, code]);
  const [outage, bug] = [
    ["allow", "ERR_STORE_UNAVAILABLE"],
    ["allow", "ERR_APP_HOOK"],
  ];
  assert.deepEqual(codes, [outage, outage, bug, bug]);
  assert.equal(of.told("store.failed").length, 0);
  app.answer = () => true;
  assert.equal((await refreshed(of, refreshToken)).status, 200);
});
