/** Connections to the PostgreSQL of a benchmark, as many for each server that is measured. */
import pg from "pg";
import { TEST_USER } from "../../../tools/suite/postgres-server.ts";

/** @param host the folder of its socket */
export function poolAt(host: string): pg.Pool {
  const pool = new pg.Pool({ host, ...TEST_USER, max: 8 });
  // Connections that are being closed hear of the server's stop.
  pool.on("error", () => undefined);
  return pool;
}

/** Does this for each number below the count, so many at once; the answers in their order. */
export async function inOrder<Answer>(count: number, work: (index: number) => Promise<Answer>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < count; at += 64) {
    const few = Array.from({ length: Math.min(64, count - at) }, (_, index) => work(at + index));
    answers.push(...(await Promise.all(few)));
  }
  return answers;
}
