/** What sessions in PostgreSQL add to a request, beside a floor by hand and a peer, and what their number costs. */
import { startPostgresProcess } from "../../tools/suite/postgres-server.ts";
import { measurePairs, type Pair, rowOf } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost, rounded } from "../harness/report.ts";
import { requestTo, type Stage } from "../harness/stage.ts";
import type { SizeFigures } from "../servers/postgres/size.ts";
import { startBare } from "../subjects/bare.ts";
import { verify } from "../subjects/verify.ts";

const OURS = "PostgreSQL, a request";
const FLOOR = "floor, PostgreSQL, a request";
const PEER = "PostgreSQL, a request, connect-pg-simple";

/** Requests under way at once. */
const AT_ONCE = 64;
/** Times as many as elsewhere: ten million. */
const TIMES = 100;

/** @param sessions how many are signed in */
export async function postgresRequests(stage: Stage, sessions: number): Promise<Findings> {
  const database = await startPostgresProcess();
  stage.adopt({ stop: async () => database[Symbol.asyncDispose]() });
  const start = (name: string, file: string) => stage.start(name, `postgres/${file}`, [database.folder], sessions);
  const ours = await start(OURS, "coatcheck");
  const { credentials } = ours;
  const servers = [ours, { ...(await start(FLOOR, "floor")), credentials }, await start(PEER, "connect-pg-simple")];
  const [node, express] = [
    await startBare(stage, "node:http", "floors/bare-node"),
    await startBare(stage, "express", "floors/bare-express"),
  ];
  const pairs: Pair[] = [];
  for (const server of servers) {
    await verify(server, "/");
    await stage.load.prepare(
      server.name,
      server.credentials.map((line) => requestTo("/", line)),
    );
    pairs.push({ name: server.name, bare: server.name === PEER ? express : node, server });
  }
  const rows = (await measurePairs(stage.load, pairs, { ...stage.effort, connections: AT_ONCE })).map(rowOf);
  return { rows, goals: requestGoals(rows) };
}

export function requestGoals(rows: readonly Row[]): readonly Goal[] {
  const added = (name: string): number => rows.find((row) => row.name === name)?.addedMicros ?? Number.NaN;
  return [
    atMost("PostgreSQL adds to a request, of its floor", added(OURS) / added(FLOOR), 1.3),
    atMost("PostgreSQL adds to a request, of connect-pg-simple", added(OURS) / added(PEER), 1),
  ];
}

export async function postgresSize(stage: Stage): Promise<Findings> {
  const { rounds, sessions } = stage.effort;
  const module = new URL("../servers/postgres/size.ts", import.meta.url);
  const helper = stage.run("PostgreSQL, large", module, [String(sessions * TIMES), stage.directory, String(rounds)]);
  return sizeFindings(await helper.listen<SizeFigures>());
}

/** What the number of sessions makes of a look-up, with the server's part of it. */
export function sizeFindings({ few, many, rows }: SizeFigures): Findings {
  const row = (count: number, micros: number): Row => ({
    name: `PostgreSQL, a look-up among ${count.toLocaleString("en-GB")}, with the server`,
    rate: Math.round(1e6 / micros),
    cpuMicros: rounded(micros),
    addedMicros: null,
    ofBare: null,
  });
  return {
    rows: [row(rows.few, few), row(rows.many, many)],
    goals: [atMost("PostgreSQL, a look-up among many, of one among few", many / few, 1.3)],
  };
}
