import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { steadily } from "../../../../../tools/suite/steady.ts";
import type { Json, Lies } from "../../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { clientOf, signIn } from "../../../../test-support/provider/sign-on.ts";
import { hmacJwt, signingKey, signJwt, unsignedJwt } from "../../../../test-support/provider/signing.ts";
import type { RefreshOutcome } from "../../../contracts.ts";
import type { ProviderConfig } from "../config.ts";
import { payloadOf } from "./refreshed-id-token.ts";

const op = await lyingProvider();
const all = clientOf(op, { userinfo: true });
after(async () => {
  await all.provider.close();
  await op.close();
});
afterEach(() => op.reset());

interface Refreshed {
  readonly outcome: RefreshOutcome;
  readonly check: unknown;
  /** The claims of the ID token that is kept. */
  readonly kept: Json | null;
  /** Requests of UserInfo in the course of the refresh. */
  readonly userinfo: number;
  readonly reasons: readonly (string | undefined)[];
}

/** A login with the first lies, and a refresh of it with the second ones. */
async function refreshed(refresh: Lies, login: Lies = {}, config: Partial<ProviderConfig> | null = null): Promise<Refreshed> {
  op.reset();
  Object.assign(op.lies, login);
  const own = config === null ? null : clientOf(op, config);
  const { provider, events } = own ?? all;
  const signedIn = await signIn(op, provider);
  if (signedIn.kind !== "login") return assert.fail(String(signedIn.cause));
  for (const name of Object.keys(op.lies)) Reflect.deleteProperty(op.lies, name);
  Object.assign(op.lies, refresh);
  const [asked, reported] = [op.count("userinfo"), events.length];
  const outcome = await provider.refresh(signedIn.tokens, signedIn.identity);
  await own?.provider.close();
  return {
    outcome,
    check: "cause" in outcome && outcome.cause instanceof Error && "check" in outcome.cause ? outcome.cause.check : null,
    kept: outcome.kind === "refreshed" ? payloadOf(outcome.tokens.idToken) : null,
    userinfo: op.count("userinfo") - asked,
    reasons: events.slice(reported).map(({ reason }) => reason),
  };
}

const claims = (change: Json): Lies => ({ claims: (honest) => ({ ...honest, ...change }) });

test("ID-13 a refreshed ID token with another iss, sub, aud, azp, auth_time or nonce ends the session", async () => {
  for (const [check, refresh, login] of [
    ["iss", claims({ iss: "https://evil.example.com" }), {}],
    ["iss", claims({ iss: undefined }), {}],
    ["sub", claims({ sub: "mallory" }), {}],
    ["sub", claims({ sub: undefined }), {}],
    ["sub", claims({ sub: "Alice" }), {}],
    ["aud", claims({ aud: "another" }), {}],
    ["aud", claims({ aud: [op.clientId, "another"] }), {}],
    ["azp", claims({ azp: "another" }), claims({ azp: op.clientId })],
    ["azp", claims({ azp: "another" }), {}],
    ["auth_time", claims({ auth_time: 1 }), {}],
    ["nonce", claims({ nonce: "another" }), {}],
    ["sub", { ...claims({ sub: "mallory", exp: 1 }), header: (honest: Json) => ({ ...honest, kid: "unknown" }) }, {}],
  ] as const) {
    const { outcome, userinfo, check: failed } = await refreshed(refresh, login);
    assert.equal(outcome.kind, "refused", `${check}: ${JSON.stringify(outcome)}`);
    assert.equal(failed, check);
    assert.equal(userinfo, 0, check);
  }
});

test("ID-13 what a refreshed ID token may leave out or write in another way does not end anything", async () => {
  const without = (...names: readonly string[]): Lies => ({
    claims: (honest) => Object.fromEntries(Object.entries(honest).filter(([name]) => !names.includes(name))),
  });
  for (const [name, refresh, login] of [
    ["no nonce", without("nonce"), {}],
    ["a nonce where none is kept", {}, null],
    ["no auth_time", without("auth_time"), {}],
    ["auth_time only now", {}, without("auth_time")],
    ["a list of one audience", claims({ aud: [op.clientId] }), {}],
    ["an azp only now", claims({ azp: op.clientId }), {}],
    ["no azp any more", {}, claims({ azp: op.clientId })],
    ["another sid", claims({ sid: "another" }), {}],
  ] as const) {
    if (login === null) {
      op.reset();
      const signedIn = await signIn(op, all.provider);
      if (signedIn.kind !== "login") return assert.fail(String(signedIn.cause));
      const { kind } = await all.provider.refresh({ ...signedIn.tokens, idToken: null }, signedIn.identity);
      assert.equal(kind, "refreshed", name);
    } else assert.equal((await refreshed(refresh, login)).outcome.kind, "refreshed", name);
  }
});

test("A-45 ID-01 a refreshed ID token that is forged ends the session, whatever it says", async () => {
  const forger = { ...signingKey("forger"), kid: "first" };
  for (const [name, lies] of [
    ["another key under the known name", { idToken: (header: Json, body: Json) => signJwt(header, body, forger) }],
    ["no signature", { idToken: (header: Json, body: Json) => unsignedJwt(header, body) }],
    [
      "keyed with what is public",
      { idToken: (header: Json, body: Json) => hmacJwt(header, body, JSON.stringify(signingKey("first").jwk)) },
    ],
    ["a changed payload", { idToken: (header: Json, body: Json, key) => changed(signJwt(header, body, key)) }],
    ["another algorithm", { header: (honest: Json) => ({ ...honest, alg: "PS256" }) }],
    ["critical extensions", { header: (honest: Json) => ({ ...honest, crit: ["exp"] }) }],
    ["a token of another kind", { header: (honest: Json) => ({ ...honest, typ: "at+jwt" }) }],
    ["at_hash of another access token", claims({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" })],
    ["no JWS", { idToken: () => "not-a-token" }],
    ["no text", { idToken: () => 7 }],
  ] as const satisfies readonly (readonly [string, Lies])[]) {
    const { outcome, userinfo } = await refreshed(lies);
    assert.equal(outcome.kind, "refused", `${name}: ${JSON.stringify(outcome)}`);
    assert.equal(userinfo, 0, name);
  }
});

/** The same token with another person's name in it, under the old signature. */
function changed(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const body = Buffer.from(payload, "base64url").toString().replace('"name":"Alice"', '"name":"Admin"');
  return [header, Buffer.from(body).toString("base64url"), signature].join(".");
}

test("RF-04 A-45 an ID token that cannot be checked is left aside; the tokens that came with it are kept", async () => {
  const late = Math.floor(Date.now() / 1_000) - 3_600;
  for (const [reason, lies] of [
    ["id_token:exp", claims({ exp: late, name: "canary" })],
    ["id_token:iat", claims({ iat: late + 7_200, name: "canary" })],
    ["id_token:nbf", claims({ nbf: late + 7_200, name: "canary" })],
    [
      "id_token:key_selection_failed",
      { header: (honest: Json) => ({ ...honest, kid: "unknown" }), ...claims({ name: "canary" }) },
    ],
  ] as const satisfies readonly (readonly [string, Lies])[]) {
    const { outcome, kept, reasons } = await refreshed(lies, {}, {});
    assert.ok(outcome.kind === "refreshed", `${reason}: ${JSON.stringify(outcome)}`);
    assert.deepEqual([outcome.claims, kept?.["name"], reasons], [null, "Alice", [reason]]);
  }
});

test("RF-04 A-45 keys that cannot be had cost no tokens", async () => {
  for (const [reason, answer] of [
    ["id_token:status", 503],
    ["id_token:keys", 404],
    ["id_token:timeout", null],
  ] as const) {
    await steadily(async () => {
      op.reset();
      const { provider } = clientOf(op);
      const signedIn = await signIn(op, provider);
      await provider.close();
      if (signedIn.kind !== "login") return assert.fail(String(signedIn.cause));
      op.lies.raw = ({ endpoint }, response) =>
        endpoint === "keys" && (answer === null || Boolean(response.writeHead(answer).end()));
      const { provider: other, events } = clientOf(op, { timeout: 200, refreshTimeout: 200 });
      const outcome = await other.refresh(signedIn.tokens, signedIn.identity);
      assert.ok(outcome.kind === "refreshed" && outcome.claims === null, String(answer));
      assert.notEqual(outcome.tokens.refreshToken, signedIn.tokens.refreshToken);
      assert.equal(outcome.tokens.idToken, signedIn.tokens.idToken);
      assert.equal(events.at(-1)?.reason, reason);
      op.lies.claims = (honest) => ({ ...honest, sub: "mallory" });
      assert.equal((await other.refresh(outcome.tokens, signedIn.identity)).kind, "refused");
      await other.close();
    });
  }
});
