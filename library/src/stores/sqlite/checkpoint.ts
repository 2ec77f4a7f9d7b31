/** The worker thread that checkpoints the write-ahead log into the file, so that no request waits for it. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { CheckpointWork } from "./checkpointer.ts";

/**
 * SQLite restarts the log by itself if nothing was written during a checkpoint. Under steady writes it would grow
 * without end, so past this many frames (32 MB) writers are blocked while the rest is moved.
 */
const MOST_FRAMES = 8_192;
/** Before writers are blocked, passive checkpoints make the rest small: until a round adds fewer frames than this. */
const FEW_FRAMES = 256;
const MOST_ROUNDS = 8;

const port = parentPort;
if (port === null) throw new TypeError("runs as a worker");
const { path, running }: CheckpointWork = workerData;

const db = new DatabaseSync(path);
// How long a checkpoint may block writers while it waits for readers.
db.exec("PRAGMA busy_timeout = 50; PRAGMA wal_autocheckpoint = 0");
const passive = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
const restart = db.prepare("PRAGMA wal_checkpoint(RESTART)");

/** Checkpoints without blocking, and returns how many frames the log has. */
const checkpoint = (): number => Number(passive.get()?.["log"] ?? 0);

port.on("message", (message) => {
  if (message === "close") {
    db.close();
    port.close();
    return;
  }
  try {
    if (checkpoint() > MOST_FRAMES) {
      // Each round counts what writers have added since the last one.
      for (let round = 0, before = 0; round < MOST_ROUNDS; round++) {
        const frames = checkpoint();
        if (frames - before < FEW_FRAMES) break;
        before = frames;
      }
      restart.get();
    }
  } catch {
    // Another process checkpoints, or the disk is full: the log grows a little, and the next message tries again.
  }
  Atomics.store(running, 0, 0);
});
