import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsOf } from "../../test-support/harness.ts";
import { movedRedirect, redirectAddresses } from "./redirect-addresses.ts";

test("F-46 that people come back to another address than before is said, and nothing where they do not", () => {
  const settings = settingsOf({ publicUrl: ["https://a.example", "https://b.example"], prefix: "/own" });
  const addresses = ["https://a.example/own/callback", "https://b.example/own/callback"];
  assert.deepEqual(redirectAddresses(settings), addresses);
  for (const before of [undefined, "", ...addresses]) assert.equal(movedRedirect(before, settings), undefined);
  const said = movedRedirect("https://a.example/oauth2/callback", settings) ?? "";
  assert.match(said, /^OAUTH2_PROXY_REDIRECT_URL is https:\/\/a\.example\/oauth2\/callback there; /);
  assert.ok(said.includes(` come back to ${addresses.join(", ")}: `), said);
});
