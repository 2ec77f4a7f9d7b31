/** `npm run bench -- reconcile`: a session behind a proxy that asserts its user, beside the session alone. */
import { bareRow, measurePairs, rowOf } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atMost } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import { subjectOf } from "../load/people.ts";

const SESSION = "coatcheck, session";
const MATCHED = "coatcheck, a proxy's user and their session";
const PATHS: readonly (readonly [name: string, path: string])[] = [
  [SESSION, "/session"],
  [MATCHED, "/matched"],
];

/** What it costs if a proxy in front asserts the user whose session it is. Both get the same bytes. */
export async function reconcileBench(stage: Stage, only: RegExp): Promise<Findings> {
  const bare = await stage.start("node:http", "floors/bare-node");
  const server = await stage.start(MATCHED, "coatcheck/proxied");
  const active = server.credentials.slice(0, stage.effort.active);
  const pairs = PATHS.filter(([name]) => only.test(name)).map(([name]) => ({ name, bare, server }));
  for (const [name, path] of PATHS) {
    await verify(server.port, path, active);
    await stage.load.prepare(
      name,
      active.map((lines) => requestTo(path, lines)),
    );
  }
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  return { rows: [bareRow("node:http", figures), ...rows], goals: reconcileGoals(rows) };
}

export function reconcileGoals(rows: readonly Row[]): readonly Goal[] {
  const micros = (name: string): number | undefined => rows.find((row) => row.name === name)?.cpuMicros;
  const [plain, asserted] = [micros(SESSION), micros(MATCHED)];
  return plain === undefined || asserted === undefined ? [] : [atMost("a matched user, of a session", asserted / plain, 1.15)];
}

// Quick because it takes all for anonymous, or for the same user, would not count.
async function verify(port: number, path: string, credentials: readonly string[]): Promise<void> {
  for (const index of new Set([0, credentials.length - 1])) {
    const lines = (credentials[index] ?? "").split("\r\n").map((line): [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    const body = await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: lines })).text();
    if (body !== subjectOf(index)) throw new Error(`${path} takes ${subjectOf(index)} for ${JSON.stringify(body)}`);
  }
}
