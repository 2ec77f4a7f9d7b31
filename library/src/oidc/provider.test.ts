import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../test-support/lying-provider.ts";
import type { AuditEvent, FinishLogin, LoginParameters } from "../contracts.ts";
import { systemClock } from "../engine/system.ts";
import type { OidcProvider } from "./provider.ts";
import { oidcProvider } from "./provider.ts";
import type { ProviderConfig } from "./provider-config.ts";

const op = await lyingProvider();
const events: AuditEvent[] = [];
const REDIRECT = "https://app.example.com/auth/callback";

function make(extra: Partial<ProviderConfig> = {}): OidcProvider {
  return oidcProvider(
    { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret, ...extra },
    {
      clock: systemClock,
      entropy: { bytes: (length) => new Uint8Array(randomBytes(length)) },
      report: (event) => events.push(event),
    },
  );
}
const provider = make();
after(async () => {
  await provider.close();
  await op.close();
});
afterEach(() => op.reset());

test("hello", async () => {
  const secrets = {
    state: randomBytes(24).toString("base64url"),
    nonce: randomBytes(24).toString("base64url"),
    verifier: randomBytes(32).toString("base64url"),
  };
  const parameters: LoginParameters = {};
  const begun = await provider.begin({ ...secrets, redirectUri: REDIRECT, parameters });
  assert.equal(begun.kind, "redirect");
  if (begun.kind !== "redirect") return;
  const { response } = await op.authorize(begun.url);
  const finish: FinishLogin = { ...secrets, redirectUri: REDIRECT, parameters, response };
  console.log(await provider.finish(finish));
});
