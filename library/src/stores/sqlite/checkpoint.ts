/** The thread that moves what the write-ahead log holds into the file, so that no request waits for it. Started by sqlite-checkpointer. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { CheckpointWork } from "./checkpointer.ts";

/**
 * The log begins anew by itself when nothing was written during a checkpoint. Where somebody always writes it would grow without end, so past
 * this many frames (32 MB) writers are made to wait, for the moment that the rest takes.
 */
const MOST_FRAMES = 8_192;
/** While writers wait only what is left is moved. First it is made little, by further checkpoints for which nobody waits. */
const FEW_FRAMES = 256;
const MOST_ROUNDS = 8;

const port = parentPort;
if (port === null) throw new TypeError("runs as a worker");
const { path, running }: CheckpointWork = workerData;

const db = new DatabaseSync(path);
// The time for which a checkpoint may hold up writers while it waits for readers.
db.exec("PRAGMA busy_timeout = 50; PRAGMA wal_autocheckpoint = 0");
const passive = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
const restart = db.prepare("PRAGMA wal_checkpoint(RESTART)");

/** Moves what there is, and answers how many frames the log has. */
const checkpoint = (): number => Number(passive.get()?.["log"] ?? 0);

port.on("message", (message) => {
  if (message === "close") {
    db.close();
    port.close();
    return;
  }
  try {
    if (checkpoint() > MOST_FRAMES) {
      // What writers add meanwhile shows in the next.
      for (let round = 0, before = 0; round < MOST_ROUNDS; round++) {
        const frames = checkpoint();
        if (frames - before < FEW_FRAMES) break;
        before = frames;
      }
      restart.get();
    }
  } catch {
    // Another process is at it, or the disk is full: the log grows a little, and the next request tries again.
  }
  Atomics.store(running, 0, 0);
});
