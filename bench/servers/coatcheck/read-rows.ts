/** Another process that reads rows of a store: answers how long each look-up took, milliseconds. */
import { postgres } from "coatcheck/postgres";
import { sqlite } from "coatcheck/sqlite";
import pg from "pg";
import { TEST_USER } from "../../../tools/suite/postgres-server.ts";
import { answer, say } from "../../harness/talk.ts";

/** What it reads, and for how long. */
export interface Reading {
  readonly ids: readonly string[];
  readonly millis: number;
}

const AT_ONCE = 10;
const [, , kind = "", where = ""] = process.argv;
const store =
  kind === "sqlite"
    ? sqlite(where)
    : postgres({ pool: new pg.Pool({ host: where, ...TEST_USER, max: 2 }), onWarning: () => undefined });

async function read({ ids, millis }: Reading): Promise<readonly number[]> {
  const took: number[] = [];
  const end = performance.now() + millis;
  while (performance.now() < end) {
    for (let n = 0; n < AT_ONCE; n++) {
      const id = ids[Math.floor(Math.random() * ids.length)] ?? "";
      const started = performance.now();
      const row = await store.get(id);
      took.push(performance.now() - started);
      if (row === undefined) throw new Error("a live row is missing");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return took;
}

answer((question: Reading) => read(question));
say("ready");
