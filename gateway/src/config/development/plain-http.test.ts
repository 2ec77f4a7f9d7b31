import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readinessOf } from "../../observe/admin.ts";
import { loadConfig } from "../config.ts";
import { formatProblems } from "../sources/place.ts";

const AT_HOME = "http://nas.home.arpa:4180";

function load(publicUrl: string, plainHttp?: string) {
  const file = { publicUrl, store: "memory:", secrets: [randomBytes(32).toString("base64url")] };
  const provider = { issuer: "https://id.example.com", clientId: "app", clientSecret: "s" };
  const environment = plainHttp === undefined ? {} : { COATCHECK_PLAIN_HTTP: plainHttp };
  const loaded = loadConfig({ args: [], environment, directory: ".", file: { ...file, providers: [provider] } });
  return loaded.ok ? loaded.warnings.join("\n") : formatProblems(loaded.problems);
}

test("S-68 plain http on a private network is refused unless the setting says so, and said at each start", () => {
  assert.match(load(AT_HOME), /publicUrl has http:\/\/nas\.home\.arpa:4180: http where others can listen\n.*https-at-home/);
  assert.match(load(AT_HOME, "private-network"), /nas\.home\.arpa:4180 is plain http on a private network: whoever is on it/);
  assert.match(load("http://app.example.com", "private-network"), /http where others can listen/);
  assert.match(load("http://localhost:4180"), /http on a loopback address: cookies go without Secure/);
});

test("S-68 the health page says it too", async () => {
  const keys = { seals: "a", opens: ["a"], signs: "b", verifies: ["b"] };
  const health = { store: () => true, providers: () => [], keys };
  assert.equal((await readinessOf({ ...health, plainHttp: true }, false)).plainHttp, true);
  assert.equal("plainHttp" in (await readinessOf({ ...health, plainHttp: false }, false)), false);
});
