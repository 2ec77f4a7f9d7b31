import { join } from "node:path";
import { request } from "undici";
import { startBare } from "./bare.ts";
import { PUBLIC_URL, signInThrough, startGateway } from "./gateway.ts";
import type { Pair, Running } from "./measure.ts";
import { bareRow, measurePairs, rowOf } from "./measure.ts";
import { subjectOf } from "./people.ts";
import type { Findings } from "./report.ts";
import { atLeast } from "./report.ts";
import type { Stage } from "./stage.ts";
import { requestTo } from "./stage.ts";

const BARE = "node:http 204";
const MEMORY = "check/nginx, memory";
const SQLITE = "check/nginx, SQLite";
/** They sign in one by one, through the provider. */
const MOST_IN_MEMORY = 500;

/** What nginx asks, against a server that answers 204 to everything. */
export async function checkBench(stage: Stage, only: RegExp): Promise<Findings> {
  const { port } = await stage.start("the provider", "provider");
  const issuer = `http://127.0.0.1:${port}`;
  const pairs: Pair[] = [];
  if (only.test(MEMORY)) {
    const people = Math.min(MOST_IN_MEMORY, stage.effort.sessions);
    for (let instance = 1; instance <= stage.effort.gateways; instance++) {
      const server = await startGateway(stage, MEMORY, { store: "memory:", issuer });
      pairs.push(await paired(stage, server, await signInThrough(server, issuer, people), instance));
    }
  }
  if (only.test(SQLITE)) {
    const file = join(stage.directory, "check.db");
    const { credentials } = await stage.start("the filling of the store", "fill-sqlite", [file]);
    for (let instance = 1; instance <= stage.effort.gateways; instance++) {
      const server = await startGateway(stage, SQLITE, { store: `sqlite:${file}`, issuer });
      pairs.push(await paired(stage, server, credentials, instance));
    }
  }
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  const goals = rows.map(({ name, ofBare }) => atLeast(`${name}, of the bare 204`, ofBare ?? 0, name === MEMORY ? 0.8 : 0.55));
  return { rows: [bareRow(BARE, figures), ...rows], goals };
}

async function paired(stage: Stage, server: Running, credentials: readonly string[], instance: number): Promise<Pair> {
  const lines = credentials.map((line) => [
    `x-original-url: ${PUBLIC_URL}/dashboard`,
    "x-original-method: GET",
    "x-forwarded-for: 203.0.113.7",
    line,
  ]);
  await verify(server, lines.at(-1) ?? [], subjectOf(credentials.length - 1));
  const requests = `${server.name} ${instance}`;
  await stage.load.prepare(
    requests,
    lines.map((each) => requestTo("/auth/check/nginx", ...each)),
  );
  return { name: server.name, requests, bare: await startBare(stage, BARE, "bare-204"), server };
}

async function verify({ name, port }: Running, lines: readonly string[], subject: string): Promise<void> {
  const headers = ["host", new URL(PUBLIC_URL).host, ...lines.flatMap((line) => line.split(": "))];
  const url = `http://127.0.0.1:${port}/auth/check/nginx`;
  const known = await request(url, { headers });
  const stranger = await request(url, { headers: headers.slice(0, -2) });
  await Promise.all([known.body.dump(), stranger.body.dump()]);
  const user = known.headers["x-auth-request-user"];
  if (user !== subject || stranger.statusCode !== 401) {
    throw new Error(
      `${name} takes ${subject} for ${known.statusCode} ${String(user)}, and a stranger for ${stranger.statusCode}`,
    );
  }
}
