/**
 * F-71: what a refresh costs this process beside the network: nothing that grows with the provider's metadata, no web
 * stream, nothing of openid-client.
 */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { after, mock, test } from "node:test";
import { lyingProvider } from "../../../../test-support/provider/lying-provider.ts";
import { clientOf, signIn } from "../../../../test-support/provider/sign-on.ts";

const op = await lyingProvider();
const { provider } = clientOf(op);
after(async () => {
  await provider.close();
  await op.close();
});

test("F-71 refreshes copy no metadata, import no key, make no Response or Headers, and check as before", async () => {
  const login = await signIn(op, provider);
  assert.ok(login.kind === "login");
  let { tokens } = login;
  const refresh = async (): Promise<void> => {
    const outcome = await provider.refresh(tokens, login.identity);
    if (outcome.kind !== "refreshed") return assert.fail(JSON.stringify(outcome));
    tokens = outcome.tokens;
  };
  await refresh();
  const copies = mock.method(globalThis, "structuredClone");
  const fetches = mock.method(globalThis, "fetch");
  const imports = mock.method(crypto.subtle, "importKey");
  const responses = mock.method(globalThis, "Response");
  // openid-client makes them for whatever it sends.
  const headers = mock.method(globalThis, "Headers");
  // Every call of openid-client runs in a context of its own.
  const calls = mock.method(AsyncLocalStorage.prototype, "run");
  try {
    for (let count = 0; count < 20; count += 1) await refresh();
    const counts = [copies, fetches, imports, responses, headers, calls].map((one) => one.mock.callCount());
    assert.deepEqual(counts, [0, 0, 0, 0, 0, 0]);
  } finally {
    mock.restoreAll();
  }
  assert.equal(op.count("keys"), 1, "and the keys are read once");
});
