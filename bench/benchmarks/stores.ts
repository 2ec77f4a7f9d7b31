/** The stores by themselves: what a session takes in memory, how the size of a file shows, and what a server costs. */
import { findServer } from "../../tools/suite/servers.ts";
import { FULL } from "../harness/measure.ts";
import type { Findings, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import type { PostgresFigures } from "../servers/coatcheck/measure-postgres.ts";
import type { RedisFigures } from "../servers/coatcheck/measure-redis.ts";
import type { StoreFigures } from "../servers/coatcheck/measure-stores.ts";
import { postgresRequests, postgresSize } from "./stores-postgres.ts";

/** Ten times as many as elsewhere: a million. */
const TIMES = 10;

export async function storesBench(stage: Stage): Promise<Findings> {
  const { rounds, sessions } = stage.effort;
  const many = sessions * TIMES;
  const module = new URL("../servers/coatcheck/measure-stores.ts", import.meta.url);
  const helper = stage.run("the stores", module, [String(many), stage.directory, String(rounds)], { execArgv: ["--expose-gc"] });
  const all = [storesFindings(await helper.listen<StoreFigures>(), many)];
  const server = (name: string, file: string, rows: number) =>
    stage.run(name, new URL(`../servers/coatcheck/${file}`, import.meta.url), [String(rows), stage.directory, String(rounds)]);
  // A machine without a server has the rest all the same.
  if (findServer("postgresql") !== undefined) {
    all.push(
      postgresFindings(await server("PostgreSQL", "measure-postgres.ts", Math.min(sessions, FEW)).listen<PostgresFigures>()),
      await postgresRequests(stage, Math.min(sessions, FEW)),
      await postgresSize(stage),
    );
  }
  if (findServer("redis-server") !== undefined) {
    all.push(redisFindings(await server("Redis", "measure-redis.ts", many).listen<RedisFigures>()));
  }
  return { rows: all.flatMap(({ rows }) => rows), goals: all.flatMap(({ goals }) => goals) };
}

/** So many rows in a server: more would take longer to write than all else. */
const FEW = 20_000;

/** What look-ups and touches in PostgreSQL cost the process, with 64 at once. */
export function postgresFindings(found: PostgresFigures): Findings {
  const rows = [
    rowOf("PostgreSQL, a look-up", found.get),
    rowOf("floor, PostgreSQL, gathered by hand", found.gatheredGet),
    rowOf("pg alone, a look-up", found.plainGet),
    rowOf("PostgreSQL, a touch", found.touch),
  ];
  const goals = [
    atMost("PostgreSQL, a look-up, of one gathered by hand", found.get / found.gatheredGet, 1.3),
    atMost("PostgreSQL, a look-up, of one by pg alone", found.get / found.plainGet, 0.5),
  ];
  return { rows, goals };
}

/** Ten million sessions, in gigabytes: computed from what one takes. */
const gigabytes = (bytes: number): number => (bytes * 10_000_000) / 1e9;

/** What look-ups in Redis cost the process, with 64 at once, and what sessions take in the server. */
export function redisFindings({ bytes, get, bareGet, hit }: RedisFigures): Findings {
  return {
    rows: [rowOf("Redis, a look-up", get), rowOf("redis alone, a GET", bareGet), rowOf("Redis, a row that was kept", hit)],
    goals: [
      atMost("Redis, a look-up, of a GET by redis alone", get / bareGet, 1.5),
      atMost("Redis, µs of a row that was kept", hit, 3),
      atMost("Redis, GB of ten million sessions", gigabytes(bytes), 19),
    ],
  };
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
