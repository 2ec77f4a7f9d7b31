/** Passive checkpoints in rounds: how the log is emptied without blocking a writer. */

/** What one passive checkpoint found in the log when it began, and how much of that is in the file now. */
export interface Pass {
  readonly frames: number;
  readonly moved: number;
}

/** With a write every few milliseconds some round falls between two of them; under more of them the rest gets small. */
const MOST_ROUNDS = 64;

/**
 * Checkpoints until nothing was written during a round: SQLite then restarts the log by itself with the next write, and
 * nobody is blocked. Returns `false` if writers, or a reader of old data, left no such round.
 */
export function caughtUp(checkpoint: () => Pass): boolean {
  for (let round = 0, before = 0; round < MOST_ROUNDS; round++) {
    const { frames, moved } = checkpoint();
    // Another process was at it, and this pass saw nothing.
    if (frames < 0) continue;
    // What the round before moved was everything, and still is; or the log has begun anew meanwhile.
    if (frames < before || (frames === before && moved === frames)) return true;
    before = frames;
  }
  return false;
}
