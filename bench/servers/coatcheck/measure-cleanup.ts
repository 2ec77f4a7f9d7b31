/** Fills a store with live rows and many more dead ones, and sweeps it when it is told to. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { coatcheck } from "coatcheck";
import type { SessionRow, SessionStore } from "coatcheck/contracts";
import { postgres } from "coatcheck/postgres";
import { sqlite } from "coatcheck/sqlite";
import pg from "pg";
import { startPostgresProcess, TEST_USER } from "../../../tools/suite/postgres-server.ts";
import { answer, say } from "../../harness/talk.ts";
import { given, wanted } from "../serving.ts";
import { DEAD } from "./dead-rows.ts";
import { storedRow } from "./stored-row.ts";

/** A store that is filled. */
export interface Filled {
  /** The file, or the folder of the server's socket. */
  readonly where: string;
  /** Some of the live ones. */
  readonly ids: readonly string[];
}

/** What a sweep of it did. */
export interface CleanupFigures {
  readonly deleted: number;
  readonly complete: boolean;
  readonly rows: { readonly live: number; readonly dead: number } | null;
  /** Live rows that are not there any more. */
  readonly lost: number;
  readonly seconds: number;
  /** Milliseconds of look-ups in the sweeping process, each from the moment at which it was due. */
  readonly own: readonly number[];
}

const HOUR = 3_600_000;
const { sessions: live, directory } = wanted();
const start = Date.now();

/** Half of them anonymous and past their day, some of users, some ended, some idle for so long that they go as well. */
function deadRow(index: number): SessionRow {
  const old = start - 26 * HOUR;
  const row = { ...storedRow(index, old - HOUR), created: old, seen: old, expires: start - HOUR };
  const anonymous = { owner: null, issuer: null, sid: null, renewAt: null, tokenExpires: null };
  if (index % 10 < 5) return { ...row, ...anonymous };
  if (index % 10 < 8) return row;
  if (index % 10 < 9) return { ...row, ...anonymous, ended: old + 1, reason: "logout", body: "" };
  return { ...row, expires: start + HOUR };
}

async function fill(store: SessionStore): Promise<readonly string[]> {
  const ids: string[] = [];
  const most = live * (DEAD + 1);
  for (let at = 0; at < most; at += 250) {
    const rows = Array.from({ length: Math.min(250, most - at) }, (_, n) =>
      (at + n) % (DEAD + 1) === 0 ? storedRow(at + n, start + HOUR) : deadRow(at + n),
    );
    for (const row of rows) if (row.expires > start && row.seen >= start) ids.push(row.id);
    await Promise.all(rows.map(async (row) => store.put(row, "absent")));
    if (at % 5_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return ids;
}

async function lostOf(store: SessionStore, ids: readonly string[]): Promise<number> {
  let lost = 0;
  for (let at = 0; at < ids.length; at += 250) {
    const found = await Promise.all(ids.slice(at, at + 250).map(async (id) => store.get(id)));
    lost += found.filter((row) => row === undefined).length;
  }
  return lost;
}

async function open() {
  if (given() === "sqlite") {
    const where = join(directory, "cleanup.db");
    return { where, store: sqlite(where), end: async () => undefined };
  }
  const server = await startPostgresProcess();
  const pool = new pg.Pool({ host: server.folder, ...TEST_USER, max: 8 });
  pool.on("error", () => undefined);
  const end = async () => {
    await pool.end();
    await server[Symbol.asyncDispose]();
  };
  return { where: server.folder, store: postgres({ pool, onWarning: () => undefined }), end };
}

const { where, store, end } = await open();
const ids = await fill(store);
const auth = coatcheck({
  publicUrl: "https://app.example.com",
  secrets: randomBytes(32).toString("base64url"),
  sweep: { every: false, within: "1d" },
  store,
});
/** Touches live rows, fifty a second. */
async function touch(stop: number): Promise<void> {
  for (let n = 0; performance.now() < stop; n++) {
    await store.touch(ids[(n * 7_919) % ids.length] ?? "", Date.now() + HOUR);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Look-ups at any time: one that is due while a batch holds the event loop waits for its end. */
async function ownReads(isOver: () => boolean): Promise<readonly number[]> {
  const took: number[] = [];
  while (!isOver()) {
    const wait = 1 + Math.random() * 5;
    const due = performance.now() + wait;
    await new Promise((resolve) => setTimeout(resolve, wait));
    await store.get(ids[Math.floor(Math.random() * ids.length)] ?? "");
    took.push(performance.now() - due);
  }
  return took;
}

answer(async (question: "sweep" | "end" | { readonly touch: number }) => {
  if (typeof question === "object") {
    const stop = performance.now() + question.touch;
    const [own] = await Promise.all([ownReads(() => performance.now() >= stop), touch(stop)]);
    return own;
  }
  if (question === "end") {
    await auth.close();
    await store.close();
    await end();
    return null;
  }
  const began = performance.now();
  let over = false;
  const reads = ownReads(() => over);
  const { deleted, complete, rows } = await auth.sweep();
  const seconds = (performance.now() - began) / 1_000;
  over = true;
  return { deleted, complete, rows, seconds, own: await reads, lost: await lostOf(store, ids) } satisfies CleanupFigures;
});
say({ where, ids: ids.filter((_, index) => index % Math.ceil(ids.length / 2_000) === 0) } satisfies Filled);
