import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pass } from "./checkpoint-rounds.ts";
import { caughtUp } from "./checkpoint-rounds.ts";

/** Answers these passes in turn, and the last for ever. */
function log(...passes: readonly Pass[]) {
  let asked = 0;
  const checkpoint = (): Pass => passes[Math.min(asked++, passes.length - 1)] ?? { frames: 0, moved: 0 };
  return { checkpoint, rounds: () => asked };
}

const all = (frames: number): Pass => ({ frames, moved: frames });

test("F-71 the log is emptied between two writes if there is time for it, and no writer is blocked", () => {
  const few = log(all(9_000), all(9_020), all(9_021), all(9_021));
  assert.equal(caughtUp(few.checkpoint), true);
  assert.equal(few.rounds(), 4);
  assert.equal(caughtUp(log(all(9_000), all(9_020), all(3)).checkpoint), true, "it has begun anew");
});

test("F-71 a pass that another process kept from the log proves nothing", () => {
  const busy = { frames: -1, moved: -1 };
  assert.equal(caughtUp(log(all(9_000), busy).checkpoint), false);
  const then = log(all(9_000), busy, all(9_000));
  assert.equal(caughtUp(then.checkpoint), true);
  assert.equal(then.rounds(), 3);
});

test("F-71 if writers never pause or a reader holds old data, after 64 rounds the log is left to a restart", () => {
  let frames = 9_000;
  assert.equal(
    caughtUp(() => all(frames++)),
    false,
  );
  assert.equal(frames, 9_064);
  const read = log({ frames: 9_000, moved: 100 });
  assert.equal(caughtUp(read.checkpoint), false);
  assert.equal(read.rounds(), 64);
});
