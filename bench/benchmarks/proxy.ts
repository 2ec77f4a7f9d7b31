/** `npm run bench -- proxy`: the gateway as a proxy, beside bare undici, @fastify/http-proxy and oauth2-proxy. */
import { request } from "undici";
import type { Pair } from "../harness/measure.ts";
import { bareRow, FULL, measurePairs, rowOf } from "../harness/measure.ts";
import type { Findings, Goal, Row } from "../harness/report.ts";
import { atLeast, atMost } from "../harness/report.ts";
import type { Stage } from "../harness/stage.ts";
import { requestTo } from "../harness/stage.ts";
import { subjectOf } from "../load/people.ts";
import { signOn } from "../load/sign-on.ts";
import { startBare } from "../subjects/bare.ts";
import { PUBLIC_URL, signInThrough, startGateway } from "../subjects/gateway.ts";
import type { World } from "../subjects/programs.ts";
import { haveOauth2Proxy, startOauth2Proxy } from "../subjects/programs.ts";

const BARE = "undici.dispatch";
const GATEWAY = "gateway, session and identity headers";
/** The same, and a token of ours for the upstream. */
const OWN = "gateway, token: own";
const OWN_TOKENS = { tokens: { audiences: ["api"] } };
const FASTIFY = "@fastify/http-proxy, no session";
const THEIRS = "oauth2-proxy";
const MOST_PEOPLE = 500;
const OF_BARE = 0.9;
/** Bare undici itself is at 1.28 to 1.35 of it. */
const OF_FASTIFY = 1.1;

/** Answers of 1 KB through the gateway, for people who are signed in, against the barest proxy on undici. */
export async function proxyBench(stage: Stage, only: RegExp): Promise<Findings> {
  const app = await stage.start("the app", "upstream");
  const upstream = `http://127.0.0.1:${app.port}`;
  const provider = await stage.start("the provider", "provider");
  const issuer = `http://127.0.0.1:${provider.port}`;
  const people = Math.min(MOST_PEOPLE, stage.effort.sessions);
  const world = { store: "memory:", issuer };
  const own = { ...OWN_TOKENS, upstreams: [{ url: upstream, audience: "api", token: "own" }] };
  const gateways = [
    [GATEWAY, { ...world, upstream }],
    [OWN, { ...world, config: own }],
  ] as const;
  const pairs: Pair[] = [];
  for (const [name, options] of gateways) {
    for (let instance = 1; only.test(name) && instance <= stage.effort.gateways; instance++) {
      const bare = await startBare(stage, BARE, "floors/bare-proxy", [upstream]);
      const server = await startGateway(stage, name, options);
      const credentials = await signInThrough(server, issuer, people);
      await verify(server.port, credentials.at(-1) ?? "", subjectOf(people - 1));
      const requests = `${name} ${instance}`;
      await stage.load.prepare(
        requests,
        credentials.map((line) => requestTo("/projects/alpha?page=2", "accept: text/html", "user-agent: bench", line)),
      );
      pairs.push({ name, requests, bare, server });
    }
  }
  if (only.test(FASTIFY)) pairs.push(await fastifyHttpProxy(stage, upstream));
  if (only.test(THEIRS) && haveOauth2Proxy(stage.effort.sessions >= FULL.sessions)) {
    pairs.push(await oauth2Proxy(stage, { issuer, upstream }));
  }
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  return { rows: [bareRow(BARE, figures), ...rows], goals: proxyGoals(rows) };
}

export function proxyGoals(rows: readonly Row[]): readonly Goal[] {
  const row = (wanted: string): Row | undefined => rows.find(({ name }) => name === wanted);
  const [ours, fastify, theirs] = [row(GATEWAY), row(FASTIFY), row(THEIRS)];
  if (ours === undefined) return [];
  const goals = [atLeast("the gateway, of bare undici.dispatch", ours.ofBare ?? 0, OF_BARE)];
  if (fastify !== undefined) {
    goals.push(atLeast("the gateway, of @fastify/http-proxy without a session", fastify.cpuMicros / ours.cpuMicros, OF_FASTIFY));
  }
  if (theirs !== undefined) goals.push(atMost("the gateway, of oauth2-proxy", ours.cpuMicros / theirs.cpuMicros, 0.2));
  return goals;
}

async function fastifyHttpProxy(stage: Stage, upstream: string): Promise<Pair> {
  const bare = await startBare(stage, BARE, "floors/bare-proxy", [upstream]);
  const server = await startBare(stage, FASTIFY, "peers/fastify-http-proxy", [upstream]);
  await stage.load.prepare(FASTIFY, [requestTo("/projects/alpha?page=2", "accept: text/html", "user-agent: bench")]);
  return { name: FASTIFY, bare, server };
}

/** People signed in, as at the gateway. */
async function oauth2Proxy(stage: Stage, world: World): Promise<Pair> {
  const bare = await startBare(stage, BARE, "floors/bare-proxy", [world.upstream]);
  const server = await startOauth2Proxy(stage, THEIRS, world);
  const front = { port: server.port, host: `127.0.0.1:${server.port}`, path: "/" };
  const people: string[] = [];
  for (let index = 0; index < Math.min(20, stage.effort.sessions); index++) people.push(await signOn(front));
  await stage.load.prepare(
    THEIRS,
    people.map((line) => requestTo("/projects/alpha?page=2", "accept: text/html", "user-agent: bench", line)),
  );
  return { name: THEIRS, bare, server };
}

async function verify(port: number, line: string, subject: string): Promise<void> {
  const [field = "", value = ""] = line.split(": ");
  const { host } = new URL(PUBLIC_URL);
  const { body } = await request(`http://127.0.0.1:${port}/who`, { headers: { host, [field]: value } });
  const told = await body.text();
  if (told !== subject) throw new Error(`behind the gateway ${subject} is ${JSON.stringify(told)}`);
}
