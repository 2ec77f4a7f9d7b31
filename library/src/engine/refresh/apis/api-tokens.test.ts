/** Access tokens for single APIs: got once over replicas, kept with the session, under the lease of its refreshes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIFETIME, refreshWorld } from "../../../../test-support/refresh/refresh-world.ts";
import type { ApiTokenOutcome, ProviderTokens, TokenTarget } from "../../../contracts.ts";
import type { CoatcheckError } from "../../../core/errors.ts";
import { parseBody } from "../../../core/record.ts";

const BILLING: TokenTarget = { audience: "https://billing.example.com" };
/** How long a token for an API lives. */
const MINUTES = 120_000;

/** Replicas at a provider that gives tokens for APIs, `api-1` and so on, each for a refresh token that is good once. */
function apiWorld(replicas = 1, answer?: () => ApiTokenOutcome) {
  const world = refreshWorld(replicas);
  const asked: { readonly refreshToken: string | null; readonly target: TokenTarget }[] = [];
  const tokenFor = async ({ refreshToken }: ProviderTokens, target: TokenTarget): Promise<ApiTokenOutcome> => {
    asked.push({ refreshToken, target });
    const count = asked.length;
    const expires = world.clock.now() + MINUTES;
    return answer?.() ?? { kind: "granted", accessToken: `api-${count}`, expires, refreshToken: `rotated-${count}` };
  };
  Object.assign(world.provider, { tokenFor });
  const token = async (cookie: string, target: TokenTarget & { readonly rejected?: string } = BILLING, at = 0) => {
    const { exchange } = await world.replica(at).ask(cookie);
    return exchange.session.accessToken(target);
  };
  const failure = async (cookie: string, target = BILLING): Promise<CoatcheckError["code"]> => {
    const error: unknown = await token(cookie, target).then(assert.fail, (thrown: unknown) => thrown);
    return Reflect.get(Object(error), "code");
  };
  return { ...world, asked, token, failure };
}

test("RF-02 a token for an API is got once over tabs and replicas, and kept until it runs out", async () => {
  const { token, asked, signIn, pass, clock, close } = apiWorld(3);
  const cookie = await signIn();
  const all = Promise.all([0, 0, 1, 1, 2, 2].map((at) => token(cookie, BILLING, at)));
  await pass(5_000);
  assert.deepEqual(await all, Array(6).fill("api-1"));
  assert.equal(await token(cookie), "api-1");
  assert.equal(asked.length, 1);
  clock.advance(MINUTES);
  assert.equal(await token(cookie), "api-2");
  assert.deepEqual(asked, [
    { refreshToken: "refresh-0", target: BILLING },
    { refreshToken: "rotated-1", target: BILLING },
  ]);
  await close();
});

test("RF-02 each API and scope has its own token, scopes in any order, and a refused one is got anew", async () => {
  const { token, asked, signIn, close } = apiWorld();
  const cookie = await signIn();
  assert.equal(await token(cookie, { ...BILLING, scope: "read write" }), "api-1");
  assert.equal(await token(cookie, { ...BILLING, scope: "write  read" }), "api-1");
  assert.equal(await token(cookie, { scope: "read write" }), "api-2");
  assert.equal(await token(cookie, BILLING), "api-3");
  assert.equal(await token(cookie, { ...BILLING, rejected: "api-0" }), "api-3", "not the newest any more");
  assert.equal(await token(cookie, { ...BILLING, rejected: "api-3" }), "api-4");
  for (let count = 5; count < 14; count++) await token(cookie, { audience: `api-${count}` });
  assert.equal(asked.length, 13);
  assert.equal(await token(cookie, { audience: "api-13" }), "api-13", "most of them are kept");
  assert.equal(await token(cookie, { scope: "read write" }), "api-14", "not all");
  await close();
});

test("RF-02 a refresh shows the token that an API's brought, and keeps the tokens of APIs", async () => {
  const { token, provider, refreshed, signIn, clock, rowOf, replica, close } = apiWorld();
  const cookie = await signIn();
  clock.advance(LIFETIME - 70_000);
  assert.equal(await token(cookie), "api-1");
  provider.always(() => refreshed(1));
  clock.advance(70_000);
  const { exchange } = await replica().ask(cookie);
  assert.equal(await exchange.session.accessToken(), "access-1");
  assert.deepEqual(
    provider.calls.map(({ tokens }) => tokens.refreshToken),
    ["rotated-1"],
  );
  assert.equal(await token(cookie), "api-1");
  const row = await rowOf(cookie);
  assert.deepEqual([row.lease, row.tokenExpires, parseBody(row).renewal], [null, clock.now() + LIFETIME, undefined]);
  await close();
});

test("RF-02 a session whose own token ran out is brought in step first, with one refresh for both", async () => {
  const { token, provider, refreshed, signIn, clock, asked, close } = apiWorld();
  const cookie = await signIn();
  provider.always(() => refreshed(1));
  clock.advance(LIFETIME);
  assert.equal(await token(cookie), "api-1");
  assert.deepEqual([provider.calls.length, asked[0]?.refreshToken], [1, "refresh-1"]);
  await close();
});

test("RF-02 an API for which the provider gives no token is 403, and the session goes on as it was", async () => {
  const { failure, replica, signIn, rowOf, told, close } = apiWorld(1, () => ({
    kind: "denied",
    cause: new Error("invalid_target"),
  }));
  const cookie = await signIn();
  assert.equal(await failure(cookie), "ERR_PROVIDER_REFUSED");
  const row = await rowOf(cookie);
  assert.deepEqual([row.ended, row.lease, parseBody(row).renewal], [null, null, undefined]);
  assert.deepEqual(
    told("refresh.failed").map(({ reason, level }) => [reason, level]),
    [["denied", "error"]],
  );
  const { exchange } = await replica().ask(cookie);
  assert.equal(await exchange.session.accessToken(), "access-0");
  await close();
});

test("RF-02 an answer that was lost may have used the refresh token up; an outage has not", async () => {
  for (const [kind, unknown] of [
    ["unknown", true],
    ["unavailable", false],
  ] as const) {
    const { failure, signIn, rowOf, asked, close } = apiWorld(1, () =>
      kind === "unknown" ? { kind, cause: null } : { kind, retryAfter: null, cause: null },
    );
    const cookie = await signIn();
    assert.equal(await failure(cookie), "ERR_TOKEN_UNAVAILABLE");
    assert.equal(parseBody(await rowOf(cookie)).renewal?.unknown, unknown);
    assert.equal(await failure(cookie), "ERR_TOKEN_UNAVAILABLE");
    assert.equal(asked.length, 1, "the second waits for the pause");
    await close();
  }
});

test("RF-02 what names no API is a TypeError; a provider without tokens for APIs gives none", async () => {
  const { token, signIn, failure, provider, close } = apiWorld();
  const cookie = await signIn();
  for (const target of [{ audience: "" }, { scope: " " }, { audience: "x".repeat(1_025) }]) {
    await assert.rejects(token(cookie, target), TypeError);
  }
  Object.assign(provider, { tokenFor: undefined });
  assert.equal(await failure(cookie), "ERR_TOKEN_UNAVAILABLE");
  await close();
});

test("RF-02 who has signed out gets no token for an API either", async () => {
  const { token, signIn, replica, close } = apiWorld();
  const cookie = await signIn();
  await token(cookie);
  const { exchange } = await replica().ask(cookie);
  exchange.session.logout();
  await exchange.settle(200);
  await assert.rejects(token(cookie), { code: "ERR_SESSION_ENDED" });
  await close();
});
