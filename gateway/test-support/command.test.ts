/** What tests lean on that run the command `coatcheck`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { Command, OFFLINE, runCommand } from "./command.ts";

test("a command sees the settings that it is given, and no others", async () => {
  using folder = temporaryFolder("command-kit");
  process.env["COATCHECK_PREFIX"] = "nonsense";
  try {
    const found = await runCommand(["check-config"], { cwd: folder.path, environment: OFFLINE });
    assert.equal(found.code, 0, found.err);
    const without = await runCommand(["check-config"], { cwd: folder.path });
    assert.equal(without.code, 2);
    assert.match(without.err, /COATCHECK_PUBLIC_URL/);
  } finally {
    delete process.env["COATCHECK_PREFIX"];
  }
});

test("waiting for what a command never writes fails as soon as it ends, with all that it wrote", async () => {
  await using command = new Command(["--version"]);
  await assert.rejects(command.until(/never written/), /^Error: coatcheck \d/);
  assert.equal(command.isOver, true);
});

test("a command that runs is ended with the block that uses it", async () => {
  let child: Command["child"];
  {
    await using command = new Command(["serve"], { environment: OFFLINE });
    await command.introduced();
    child = command.child;
    assert.equal(command.isOver, false);
  }
  assert.equal(child.signalCode, "SIGKILL");
});
