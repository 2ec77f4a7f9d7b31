import { request } from "undici";
import { startBare } from "./bare.ts";
import { PUBLIC_URL, signInThrough, startGateway } from "./gateway.ts";
import type { Pair } from "./measure.ts";
import { bareRow, measurePairs, rowOf } from "./measure.ts";
import { subjectOf } from "./people.ts";
import type { Findings } from "./report.ts";
import { atLeast } from "./report.ts";
import type { Stage } from "./stage.ts";
import { requestTo } from "./stage.ts";

const BARE = "undici.dispatch";
const GATEWAY = "gateway, session and identity headers";
const MOST_PEOPLE = 500;

/** Answers of 1 KB through the gateway, for people who are signed in, against the barest proxy on undici. */
export async function proxyBench(stage: Stage): Promise<Findings> {
  const app = await stage.start("the app", "upstream");
  const upstream = `http://127.0.0.1:${app.port}`;
  const provider = await stage.start("the provider", "provider");
  const issuer = `http://127.0.0.1:${provider.port}`;
  const people = Math.min(MOST_PEOPLE, stage.effort.sessions);
  const pairs: Pair[] = [];
  for (let instance = 1; instance <= stage.effort.gateways; instance++) {
    const bare = await startBare(stage, BARE, "bare-proxy", [upstream]);
    const server = await startGateway(stage, GATEWAY, { store: "memory:", issuer, upstream });
    const credentials = await signInThrough(server, issuer, people);
    await verify(server.port, credentials.at(-1) ?? "", subjectOf(people - 1));
    const requests = `${GATEWAY} ${instance}`;
    await stage.load.prepare(
      requests,
      credentials.map((line) => requestTo("/projects/alpha?page=2", "accept: text/html", "user-agent: bench", line)),
    );
    pairs.push({ name: GATEWAY, requests, bare, server });
  }
  const figures = await measurePairs(stage.load, pairs, stage.effort);
  const rows = figures.map(rowOf);
  const goals = rows.map(({ ofBare }) => atLeast("the gateway, of bare undici.dispatch", ofBare ?? 0, 0.9));
  return { rows: [bareRow(BARE, figures), ...rows], goals };
}

async function verify(port: number, line: string, subject: string): Promise<void> {
  const [field = "", value = ""] = line.split(": ");
  const { host } = new URL(PUBLIC_URL);
  const { body } = await request(`http://127.0.0.1:${port}/who`, { headers: { host, [field]: value } });
  const told = await body.text();
  if (told !== subject) throw new Error(`behind the gateway ${subject} is ${JSON.stringify(told)}`);
}
