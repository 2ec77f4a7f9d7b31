/** The stores by themselves: what a session takes in memory, and how the size of a file shows. */
import { FULL } from "../harness/measure.ts";
import type { Findings, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import type { StoreFigures } from "../servers/coatcheck/measure-stores.ts";

/** Ten times as many as elsewhere: a million. */
const TIMES = 10;

export async function storesBench(stage: Stage): Promise<Findings> {
  const { rounds, sessions } = stage.effort;
  const many = sessions * TIMES;
  const module = new URL("../servers/coatcheck/measure-stores.ts", import.meta.url);
  const helper = stage.run("the stores", module, [String(many), stage.directory, String(rounds)], { execArgv: ["--expose-gc"] });
  return storesFindings(await helper.listen<StoreFigures>(), many);
}

/** @param many how many sessions the larger stores had */
export function storesFindings(found: StoreFigures, many: number): Findings {
  const counted = many.toLocaleString("en-GB");
  const rows = [
    rowOf(`memory, a look-up among ${counted}`, found.memoryGet),
    rowOf(`SQLite, a look-up among ${Math.min(FULL.sessions / TIMES, many).toLocaleString("en-GB")}`, found.fewGet),
    rowOf(`SQLite, a look-up among ${counted}`, found.manyGet),
    rowOf("SQLite, a row that is swept", found.sweptMicros),
    rowOf("SQLite alone, a row that is deleted", found.bareSweptMicros),
  ];
  const goals = [
    atMost("memory, bytes of a session over its data", found.memoryBytes, 300),
    atMost(`memory, ms of a full collection with ${counted}`, found.collectionMillis, 50),
    atMost("SQLite, a look-up among many, of one among few", found.manyGet / found.fewGet, 1.3),
    atMost("SQLite, a row that is swept, of one that SQLite alone deletes", found.sweptMicros / found.bareSweptMicros, 1.3),
    atMost("SQLite, ms of a batch, p99", found.batchMillis, 5),
  ];
  return { rows, goals };
}

const rowOf = (name: string, micros: number): Row => ({
  name,
  rate: Math.round(1e6 / micros),
  cpuMicros: rounded(micros),
  addedMicros: null,
  ofBare: null,
});
