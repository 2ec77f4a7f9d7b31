import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../test-support/lying-provider.ts";
import { clientOf, signIn } from "../../test-support/sign-on.ts";

const op = await lyingProvider();
const { provider } = clientOf(op, { timeout: 1_500 });
after(async () => {
  await provider.close();
  await op.close();
});
afterEach(() => op.reset());

async function login() {
  const result = await signIn(op, provider);
  if (result.kind !== "login") return assert.fail(String(result.cause));
  return result;
}

test("a refresh gives new tokens and claims, and keeps what the answer leaves out", async () => {
  const { tokens, identity } = await login();
  op.user.claims = { name: "Alice B." };
  const first = await provider.refresh(tokens, identity);
  assert.ok(first.kind === "renewed" && first.claims?.["name"] === "Alice B.");
  assert.notEqual(first.tokens.refreshToken, tokens.refreshToken);
  op.lies.token = ({ access_token, token_type }) => ({ access_token, token_type });
  const second = await provider.refresh(first.tokens, identity);
  assert.ok(second.kind === "renewed" && second.claims === null);
  assert.equal(second.tokens.refreshToken, first.tokens.refreshToken);
  assert.equal(second.tokens.idToken, first.tokens.idToken);
});

test("only the provider's word ends the grant", async () => {
  const { tokens, identity } = await login();
  assert.equal((await provider.refresh({ ...tokens, refreshToken: null }, identity)).kind, "refused");
  assert.equal((await provider.refresh({ ...tokens, refreshToken: "spent" }, identity)).kind, "refused");
  for (const [status, body, kind] of [
    [401, '{"error":"invalid_client"}', "unavailable"],
    [400, '{"error":"invalid_request"}', "unavailable"],
    [503, "", "unavailable"],
    [500, "", "unavailable"],
    [429, "", "unavailable"],
    [200, "<html>", "unknown"],
    [200, "{}", "unknown"],
    [302, "", "unknown"],
  ] as const) {
    op.lies.raw = ({ endpoint }, response) =>
      endpoint === "token" &&
      Boolean(response.writeHead(status, { "content-type": "application/json", "retry-after": "7" }).end(body));
    const outcome = await provider.refresh(tokens, identity);
    assert.equal(outcome.kind, kind, `${status} ${body}`);
    if (status === 503) assert.ok(outcome.kind === "unavailable" && outcome.retryAfter === 7_000);
  }
});

test("an answer that is lost leaves the outcome unknown, one that was never asked for does not", async () => {
  const { tokens, identity } = await login();
  op.lies.lost = ({ endpoint }, response) => endpoint === "token" && Boolean(response.destroy());
  assert.equal((await provider.refresh(tokens, identity)).kind, "unknown");
  op.lies.lost = ({ endpoint }) => endpoint === "token";
  assert.equal((await provider.refresh(tokens, identity)).kind, "unknown");
  const gone = await lyingProvider();
  await gone.close();
  op.reset();
  op.lies.metadata = (honest) => ({ ...honest, token_endpoint: `${gone.issuer}/token` });
  const { provider: other } = clientOf(op);
  assert.equal((await other.refresh(tokens, identity)).kind, "unavailable");
  await other.close();
});

test("a renewed ID token of somebody else is refused", async () => {
  const { tokens, identity } = await login();
  op.lies.claims = (claims) => ({ ...claims, sub: "mallory" });
  assert.equal((await provider.refresh(tokens, identity)).kind, "refused");
});
