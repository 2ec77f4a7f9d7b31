import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../cli/explain.ts";
import { loadConfig } from "../config.ts";
import { formatProblems } from "../sources/place.ts";

const BASE = { publicUrl: "http://localhost:4180", store: "memory:" };
const PROVIDER = { issuer: "https://id.example.com", clientId: "app", clientSecret: "s" };

/** The settings of a file and an environment without a provider, or what is wrong with them. */
function load(more: object, environment: { readonly [name: string]: string } = {}) {
  const file = { ...BASE, ...more };
  const loaded = loadConfig({ args: [], environment, directory: ".", file, development: "read" });
  return loaded.ok ? loaded : formatProblems(loaded.problems);
}

test("S-67 devUsers takes names alone, or with e-mail and groups, and no provider is asked for then", () => {
  const loaded = load({ devUsers: ["alice", { name: "bob", email: "bob@example.org", groups: ["staff"] }] });
  assert.ok(typeof loaded !== "string", String(loaded));
  const { settings, warnings } = loaded;
  assert.deepEqual(settings.devUsers, [
    { name: "alice", email: undefined, groups: [] },
    { name: "bob", email: "bob@example.org", groups: ["staff"] },
  ]);
  assert.deepEqual(settings.providers, []);
  assert.match(warnings.join("\n"), /whoever is at this machine signs in as alice, bob, without a password/);
  const keys = { seals: "k7Qd", opens: ["k7Qd"] };
  assert.match(
    explain(settings, { file: undefined, warnings, keys }),
    /provider +for development: alice, bob, without passwords/,
  );
});

test("S-67 COATCHECK_DEV_USERS says the same", () => {
  const loaded = load({}, { COATCHECK_DEV_USERS: "alice,bob" });
  assert.ok(typeof loaded !== "string", String(loaded));
  assert.deepEqual(
    loaded.settings.devUsers.map(({ name }) => name),
    ["alice", "bob"],
  );
});

test("S-67 devUsers is refused beside a provider, and says what to remove", () => {
  const said = load({ devUsers: ["alice"], providers: [PROVIDER] });
  assert.match(String(said), /devUsers is given beside a provider\n.*Remove them \(COATCHECK_DEV_USERS\)/);
});
