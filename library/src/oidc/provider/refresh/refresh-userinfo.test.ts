import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { steadily } from "../../../../../tools/suite/steady.ts";
import type { Lies } from "../../../../test-support/provider/lies.ts";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { clientOf, signIn } from "../../../../test-support/provider/sign-on.ts";

const op = await lyingProvider();
const { provider, events } = clientOf(op, { userinfo: true });
/** For UserInfo that never comes. */
const hasty = clientOf(op, { timeout: 300, refreshTimeout: 300, userinfo: true });
after(async () => {
  await provider.close();
  await hasty.provider.close();
  await op.close();
});
afterEach(() => op.reset());

/** A user who is signed in, with claims of both sources. */
async function login() {
  op.lies.userinfo = (honest) => ({ ...honest, groups: ["staff"] });
  const result = await signIn(op, provider);
  if (result.kind !== "login") return assert.fail(String(result.cause));
  assert.equal(result.identity.claims["email"], "alice@example.com");
  return result;
}

const withoutIdToken: Lies = { token: ({ id_token: _, ...rest }) => rest };

test("UserInfo is asked with the new access token, and its claims replace the old ones as at a login", async () => {
  const { tokens, identity } = await login();
  op.user.claims = { name: "Alice B." };
  op.lies.userinfo = (honest) => ({ ...honest, email: "b@example.com" });
  const outcome = await provider.refresh(tokens, identity);
  assert.ok(outcome.kind === "refreshed");
  assert.equal(op.journal.at(-1)?.headers.authorization, `Bearer ${outcome.tokens.accessToken}`);
  const { name, email, groups } = outcome.claims ?? {};
  assert.deepEqual([name, email, groups], ["Alice B.", "b@example.com", undefined]);
});

test("without a new ID token UserInfo, which is newer, goes before the old one, whose other claims stay", async () => {
  const { tokens, identity } = await login();
  op.user.claims = { name: "Alice B." };
  Object.assign(op.lies, withoutIdToken);
  const outcome = await provider.refresh(tokens, identity);
  assert.ok(outcome.kind === "refreshed");
  assert.equal(outcome.claims?.["name"], "Alice B.");
  assert.equal(outcome.claims?.["auth_time"], identity.claims["auth_time"]);
  assert.equal(outcome.claims?.["nonce"], undefined);
});

test("RF-04 UserInfo that fails costs neither tokens nor claims, in whatever way it fails", async () => {
  for (const [name, bend] of [
    ["down", (lies: Lies) => answer(lies, 503, "")],
    ["refuses the token", (lies: Lies) => answer(lies, 401, '{"error":"invalid_token"}')],
    ["not JSON", (lies: Lies) => answer(lies, 200, "<html>")],
    ["nobody", (lies: Lies) => answer(lies, 200, "{}")],
    ["a redirect", (lies: Lies) => answer(lies, 302, "")],
    ["silent", (lies: Lies) => Object.assign(lies, { raw: ({ endpoint }: { endpoint: string }) => endpoint === "userinfo" })],
  ] as const) {
    for (const refreshesIt of [true, false]) {
      const asked = name === "silent" ? hasty : { provider, events };
      await steadily(async () => {
        op.reset();
        const { tokens, identity } = await login();
        op.user.claims = { name: "Alice B." };
        if (!refreshesIt) Object.assign(op.lies, withoutIdToken);
        bend(op.lies);
        const outcome = await asked.provider.refresh(tokens, identity);
        assert.ok(outcome.kind === "refreshed", `${name}: ${JSON.stringify(outcome)}`);
        assert.notEqual(outcome.tokens.refreshToken, tokens.refreshToken);
        assert.equal(asked.events.at(-1)?.reason, "userinfo", name);
        if (refreshesIt) {
          const { name: person, email, groups } = outcome.claims ?? {};
          assert.deepEqual([person, email, groups], ["Alice B.", "alice@example.com", ["staff"]], name);
        } else assert.equal(outcome.claims, null, name);
      });
    }
  }
});

function answer(lies: Lies, status: number, body: string): void {
  lies.raw = ({ endpoint }, response) =>
    endpoint === "userinfo" && Boolean(response.writeHead(status, { "content-type": "application/json" }).end(body));
}

test("ID-13 UserInfo of another user ends the session", async () => {
  const { tokens, identity } = await login();
  op.lies.userinfo = (honest) => ({ ...honest, sub: "mallory" });
  const outcome = await provider.refresh(tokens, identity);
  assert.ok(outcome.kind === "refused" && outcome.cause instanceof Error && "check" in outcome.cause);
  assert.equal(outcome.cause.check, "userinfo_sub");
});
