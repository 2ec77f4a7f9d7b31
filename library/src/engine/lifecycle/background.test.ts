/** Work that outlives its request: what fails there is told, and nothing of it is left behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turns } from "../../../test-support/event-loop.ts";
import type { AuditEvent } from "../../contracts.ts";
import { createBackground } from "./background.ts";

test("F-46 work that fails in the background is an error for operators, and stops nothing else", async () => {
  const events: AuditEvent[] = [];
  const background = createBackground((event) => void events.push(event));
  const error = new Error("a bug");
  background.waitUntil(Promise.reject(error));
  background.waitUntil(Promise.resolve("done"));
  await background.drain();
  assert.deepEqual(events, [{ name: "background.failed", level: "error", error }]);
});

test("F-46 draining waits for what is under way, and for what that begins", async () => {
  const background = createBackground(() => assert.fail("nothing failed"));
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let drained = false;
  background.waitUntil((gates[0]?.promise ?? assert.fail()).then(() => background.waitUntil(gates[1]?.promise ?? assert.fail())));
  const draining = background.drain().then(() => {
    drained = true;
  });
  for (const gate of gates) {
    await turns();
    assert.equal(drained, false);
    gate.resolve();
  }
  await draining;
  await background.drain();
});
