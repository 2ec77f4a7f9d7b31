/** The worker thread that checkpoints the write-ahead log into the file, so that no request waits for it. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { Pass } from "./checkpoint-rounds.ts";
import { caughtUp } from "./checkpoint-rounds.ts";
import type { CheckpointWork } from "./checkpointer.ts";

/**
 * SQLite restarts the log by itself if nothing was written during a checkpoint. Under steady writes it would grow
 * without end, so past this many frames (32 MB) it is emptied between two writes, or else writers are blocked while the
 * rest is moved: for two disk flushes, which a request waits for.
 */
const MOST_FRAMES = 8_192;

const port = parentPort;
if (port === null) throw new TypeError("runs as a worker");
const { path, running }: CheckpointWork = workerData;

const db = new DatabaseSync(path);
// How long a checkpoint may block writers while it waits for readers.
db.exec("PRAGMA busy_timeout = 50; PRAGMA wal_autocheckpoint = 0");
const passive = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
const restart = db.prepare("PRAGMA wal_checkpoint(RESTART)");

/** Checkpoints without blocking. */
function checkpoint(): Pass {
  const { log, checkpointed } = passive.get() ?? {};
  return { frames: Number(log ?? 0), moved: Number(checkpointed ?? 0) };
}

port.on("message", (message) => {
  if (message === "close") {
    db.close();
    port.close();
    return;
  }
  try {
    if (checkpoint().frames > MOST_FRAMES && !caughtUp(checkpoint)) restart.get();
  } catch {
    // Another process checkpoints, or the disk is full: the log grows a little, and the next message tries again.
  }
  Atomics.store(running, 0, 0);
});
