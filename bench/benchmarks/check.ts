/** `npm run bench -- check`: the gateway's auth request for nginx, beside a bare 204 and oauth2-proxy. */
import { join } from "node:path";
import { request } from "undici";
import type { Pair, Running } from "../harness/measure.ts";
import { bareRow, FULL, measurePairs, rowOf } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atLeast, atMost } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import { subjectOf } from "../load/people.ts";
import { signOn } from "../load/sign-on.ts";
import { startBare } from "../subjects/bare.ts";
import { PUBLIC_URL, signInThrough, startGateway } from "../subjects/gateway.ts";
import { haveOauth2Proxy, startOauth2Proxy } from "../subjects/programs.ts";

const BARE = "node:http 204";
const MEMORY = "check/nginx, memory";
/** People who come again, so that the gateway has kept their rows. */
const SQLITE = "check/nginx, SQLite";
const ANY_USER = "check/nginx, SQLite, any user";
const THEIRS = "oauth2-proxy, /oauth2/auth";
/** Of the bare 204. */
const GOALS: { readonly [name: string]: number } = { [MEMORY]: 0.8, [SQLITE]: 0.65, [ANY_USER]: 0.55 };
/** Half of the rows that the gateway keeps. */
const MOST_KEPT = 4_000;
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
  if (only.test(SQLITE) || only.test(ANY_USER)) {
    const file = join(stage.directory, "check.db");
    const { credentials } = await stage.start("the filling of the store", "coatcheck/fill-sqlite", [file], stage.effort.crowd);
    for (let instance = 1; instance <= stage.effort.gateways; instance++) {
      const server = await startGateway(stage, SQLITE, { store: `sqlite:${file}`, issuer });
      const again = Math.min(MOST_KEPT, Math.ceil(credentials.length / 10));
      if (only.test(SQLITE)) pairs.push(await paired(stage, server, credentials.slice(0, again), instance));
      if (only.test(ANY_USER)) pairs.push(await paired(stage, { ...server, name: ANY_USER }, credentials, instance));
    }
  }
  if (only.test(THEIRS) && haveOauth2Proxy(stage.effort.sessions >= FULL.sessions)) pairs.push(await oauth2Proxy(stage, issuer));
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  return { rows: [bareRow(BARE, figures), ...rows], goals: checkGoals(rows) };
}

export function checkGoals(rows: readonly Row[]): readonly Goal[] {
  const goals = rows.flatMap(({ name, ofBare }) => {
    const goal = GOALS[name];
    return goal === undefined ? [] : [atLeast(`${name}, of the bare 204`, ofBare ?? 0, goal)];
  });
  const [ours, theirs] = [MEMORY, THEIRS].map((name) => rows.find((row) => row.name === name)?.cpuMicros);
  if (ours !== undefined && theirs !== undefined) goals.push(atMost(`${MEMORY}, of oauth2-proxy`, ours / theirs, 0.2));
  return goals;
}

/** What nginx would ask of it, by people who signed in at it. */
async function oauth2Proxy(stage: Stage, issuer: string): Promise<Pair> {
  const server = await startOauth2Proxy(stage, THEIRS, { issuer, upstream: "static://202" });
  const front = { port: server.port, host: `127.0.0.1:${server.port}`, path: "/" };
  const people: string[] = [];
  for (let index = 0; index < Math.min(20, stage.effort.sessions); index++) people.push(await signOn(front));
  await stage.load.prepare(
    THEIRS,
    people.map((line) => requestTo("/oauth2/auth", line)),
  );
  return { name: THEIRS, bare: await startBare(stage, BARE, "floors/bare-204"), server };
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
  return { name: server.name, requests, bare: await startBare(stage, BARE, "floors/bare-204"), server };
}

async function verify({ name, port }: Running, lines: readonly string[], subject: string): Promise<void> {
  const headers = ["host", new URL(PUBLIC_URL).host, ...lines.flatMap((line) => line.split(": "))];
  const url = `http://127.0.0.1:${port}/auth/check/nginx`;
  const known = await request(url, { headers });
  const anonymous = await request(url, { headers: headers.slice(0, -2) });
  await Promise.all([known.body.dump(), anonymous.body.dump()]);
  const user = known.headers["x-auth-request-user"];
  if (user !== subject || anonymous.statusCode !== 401) {
    throw new Error(
      `${name} takes ${subject} for ${known.statusCode} ${String(user)}, and an anonymous caller for ${anonymous.statusCode}`,
    );
  }
}
