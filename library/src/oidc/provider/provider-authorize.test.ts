import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, begin, clientOf, REDIRECT_URI, signIn } from "../../../test-support/provider/sign-on.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { newSecrets } from "../../endpoints/login/login-state.ts";

const op = await lyingProvider();
const { provider } = clientOf(op);
after(async () => {
  await provider.close();
  await op.close();
});
afterEach(() => op.reset());

test("AR-01 AR-06 AR-07 the request asks for a code, with our redirect URI and the configured scope", async () => {
  const secrets = newSecrets(systemEntropy);
  const url = await begin(provider, secrets);
  assert.equal(url.origin + url.pathname, `${op.issuer}/authorize`);
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    client_id: "app",
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: "openid profile email offline_access",
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: createHash("sha256").update(secrets.verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
});

test("AR-02 the verifier at the token endpoint hashes to the challenge", async () => {
  assert.equal((await signIn(op, provider)).kind, "login");
  const asked = op.journal.find(({ endpoint }) => endpoint === "authorization");
  const sent = op.journal.find(({ endpoint }) => endpoint === "token")?.form.get("code_verifier") ?? "";
  assert.match(sent, /^[A-Za-z0-9_-]{43,128}$/);
  assert.equal(asked?.query.get("code_challenge"), createHash("sha256").update(sent).digest("base64url"));
});

test("AR-02 a provider that offers plain alone is refused, not obliged", async () => {
  for (const methods of [["plain"], [], "S256", { S256: true }]) {
    op.lies.metadata = (honest) => ({ ...honest, code_challenge_methods_supported: methods });
    const { provider: refused } = clientOf(op);
    assertFailed(
      await refused.authorizationUrl({ ...newSecrets(systemEntropy), redirectUri: REDIRECT_URI, parameters: {} }),
      "invalid",
      "pkce",
    );
    await refused.close();
  }
});

test("AR-02 a provider that does not say is asked with S256 all the same", async () => {
  op.lies.metadata = ({ code_challenge_methods_supported: _, ...rest }) => rest;
  const { provider: silent } = clientOf(op);
  assert.equal((await begin(silent, newSecrets(systemEntropy))).searchParams.get("code_challenge_method"), "S256");
  await silent.close();
});

test("AR-03 state, nonce and verifier repeat nowhere and hold none of each other", () => {
  const seen = new Set<string>();
  const counts = new Array<number>(256).fill(0);
  for (let i = 0; i < 10_000; i += 1) {
    const { state, nonce, verifier } = newSecrets(systemEntropy);
    for (const [one, other] of [
      [state, nonce],
      [state, verifier],
      [nonce, verifier],
    ] as const) {
      assert.ok(!one.includes(other) && !other.includes(one));
    }
    for (const text of [state, nonce, verifier]) {
      assert.match(text, /^[A-Za-z0-9_-]{22,}$/);
      seen.add(text);
      for (const byte of Buffer.from(text, "base64url")) counts[byte] = (counts[byte] ?? 0) + 1;
    }
  }
  assert.equal(seen.size, 30_000);
  const expected = counts.reduce((sum, count) => sum + count, 0) / 256;
  const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 255 degrees of freedom: outside of this once in some millions of runs.
  assert.ok(chi > 150 && chi < 390, `chi-square ${chi}`);
});

test("AR-08 the five parameters go on, under their names", async () => {
  const parameters = { prompt: "login", login_hint: "a&b=c", acr_values: "gold", max_age: 0, ui_locales: "de en" };
  const { searchParams } = await begin(provider, newSecrets(systemEntropy), parameters);
  for (const [name, value] of Object.entries(parameters)) assert.deepEqual(searchParams.getAll(name), [String(value)]);
});

test("CB-08 form_post is asked for if it is configured", async () => {
  const { provider: posting } = clientOf(op, { responseMode: "form_post" });
  const url = await begin(posting, newSecrets(systemEntropy));
  assert.equal(url.searchParams.get("response_mode"), "form_post");
  const { location, response } = await op.authorize(url.href);
  assert.equal(location.href, REDIRECT_URI);
  assert.ok(response.has("code") && response.has("state"));
  await posting.close();
});
