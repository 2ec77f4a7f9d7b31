import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { OFFLINE, runCommand } from "../../test-support/command.ts";

test("S-64 a password file of sentinels that cannot be read is told by its name, before anything is asked", async () => {
  using folder = temporaryFolder("open-sentinels");
  const store = "redis+sentinel://127.0.0.1:1/main?sentinelPasswordFile=nowhere";
  const environment = { ...OFFLINE, COATCHECK_STORE: store, COATCHECK_STORE_PASSWORD: "store-canary" };
  const { out, err, code } = await runCommand(["check-config", "--online"], { environment, cwd: folder.path });
  assert.match(out, /nowhere, which sentinelPasswordFile of the store names, cannot be read/);
  assert.doesNotMatch(out + err, /canary/);
  assert.equal(code, 1);
});
