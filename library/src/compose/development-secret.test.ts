/** An app on a loopback address starts without a secret, and no other does. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { authWith } from "../../test-support/auth.ts";
import { LOOPBACK, ORIGIN } from "../../test-support/origin.ts";
import type { SessionStore } from "../contracts.ts";
import { coatcheck } from "../index.ts";
import { sealedCookie } from "../stores/cookie.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { overStore } from "../testing/over-store.ts";

const without = (store: SessionStore, publicUrl: string | readonly string[] = LOOPBACK) =>
  authWith({ store, publicUrl, secrets: undefined });

test("S-67 on a loopback address an app starts without a secret, which is said aloud", async () => {
  const warned = once(process, "warning");
  const store = memory();
  const { auth } = without(store);
  const [warning] = await warned;
  assert.deepEqual([warning.code, /loopback addresses alone/.test(warning.message)], ["COATCHECK_DEVELOPMENT_SECRET", true]);
  assert.equal(without(store).auth.keys.seals, auth.keys.seals);
  assert.notEqual(without(memory()).auth.keys.seals, auth.keys.seals);
});

test("S-67 it lies beside the database with mode 0600, one for all processes, and stays over a restart", () => {
  using folder = temporaryFolder("development-secret");
  const path = folder.file("app.db");
  const seals = (): string => {
    const store = sqlite(path);
    const { auth } = without(store);
    store.close();
    return auth.keys.seals;
  };
  const first = seals();
  const file = `${path}.development-secret`;
  assert.deepEqual([statSync(file).mode & 0o777, seals()], [0o600, first]);
  assert.equal(authWith({ publicUrl: ORIGIN, secrets: readFileSync(file, "utf8").trim() }).auth.keys.seals, first);
  chmodSync(file, 0o644);
  assert.throws(seals, { code: "ERR_STORE_INVALID", message: /can be read by others\n {2}Run chmod 600/ });
});

test("S-67 S-38 anywhere else, and with any other store, a start without a secret is refused", () => {
  for (const [store, url] of [
    [memory(), ORIGIN],
    [memory(), [LOOPBACK.replace("http:", "https:"), ORIGIN]],
    [overStore(memory(), {}), LOOPBACK],
  ] as const)
    assert.throws(() => without(store, url), { code: "ERR_SECRET" });
  assert.throws(() => coatcheck({ publicUrl: LOOPBACK, secrets: undefined, store: sealedCookie() }), { code: "ERR_SECRET" });
  assert.throws(() => authWith({ publicUrl: LOOPBACK, secrets: "" }), { code: "ERR_SECRET" });
});
