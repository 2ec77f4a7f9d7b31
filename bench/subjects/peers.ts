/** Who is measured beside whom: the gateway, oauth2-proxy, nginx that asks one of them, and Apache. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../tools/suite/free-port.ts";
import type { Stage } from "../harness/stage.ts";
import { signOn } from "../load/sign-on.ts";
import { PUBLIC_URL, settingsOf } from "./gateway.ts";
import { Program } from "./native.ts";
import type { Started, World } from "./programs.ts";
import {
  firstAnswer,
  haveApache,
  haveOauth2Proxy,
  installed,
  startApache,
  startBareServer,
  startNginx,
  startOauth2Proxy,
  startRedis,
} from "./programs.ts";

export const OURS = "coatcheck, memory";
export const THEIRS = "oauth2-proxy, cookie";
const FLOOR = "node:http 204";
const { host: HOST } = new URL(PUBLIC_URL);

/** A program with people signed in. */
export interface Subject {
  readonly started: Started;
  /** Header lines of all users' requests, and each one's `Cookie`. */
  readonly lines: readonly string[];
  readonly cookies: readonly string[];
  /** Where it is asked whether a user may pass, with the lines for that. */
  readonly check?: { readonly path: string; readonly lines: readonly string[] };
  /** It authenticates no caller and has no app behind it: what any check by a process of Node's costs at least. */
  readonly isFloor?: true;
}

const GATEWAY = new URL("../../gateway/", import.meta.url);
const BUILD = fileURLToPath(new URL("../../tools/build/build.ts", import.meta.url));

/** Builds it as it is published. */
export function buildOurs(): void {
  if (spawnSync(process.execPath, [BUILD], { stdio: ["ignore", 2, 2] }).status !== 0) throw new Error("the build failed");
}

/** The gateway as it is installed, where it was built, else from its source. */
export async function startOurs(
  stage: Stage,
  name: string,
  { issuer, upstream }: World,
  store: string,
  built: boolean,
): Promise<Started> {
  const [port, admin] = [await freePort(), await freePort()];
  const manifest: { readonly bin: { readonly coatcheck: string } } = JSON.parse(
    readFileSync(new URL("package.json", GATEWAY), "utf8"),
  );
  const main = fileURLToPath(new URL(built ? manifest.bin.coatcheck : "src/main.ts", GATEWAY));
  const { NODE_OPTIONS, ...environment } = process.env;
  const program = new Program(name, process.execPath, [main, "serve"], {
    cwd: stage.directory,
    env: {
      ...environment,
      ...(built || NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }),
      ...settingsOf({ port, admin, store, issuer }),
      COATCHECK_UPSTREAM: upstream,
    },
  });
  stage.adopt(program);
  const since = performance.now();
  const startMillis = await firstAnswer(program, port, since);
  await firstAnswer(program, admin, performance.now(), "/health/live");
  return { name, port, helper: program, startMillis };
}

async function people(count: number, port: number, host: string, path = "/bytes/1"): Promise<readonly string[]> {
  const cookies: string[] = [];
  for (let index = 0; index < count; index++) cookies.push(await signOn({ port, host, path }));
  return cookies;
}

const METADATA = [`x-original-url: https://${HOST}/dashboard`, "x-original-method: GET", "x-forwarded-for: 203.0.113.7"];
const ASKING_US = [
  `Host ${HOST}`,
  `X-Original-URL https://${HOST}$request_uri`,
  "X-Original-Method $request_method",
  "X-Forwarded-For $remote_addr",
];

/** Starts all whose name matches and who are installed. */
export async function startSubjects(
  stage: Stage,
  world: World,
  only: RegExp,
  count: number,
  full: boolean,
): Promise<readonly Subject[]> {
  const found: Subject[] = [];
  const wanted = (...names: readonly string[]): boolean => names.some((name) => only.test(name));
  const nginx = installed("nginx") !== undefined;

  for (const [name, store] of [
    [OURS, "memory:"],
    ["coatcheck, SQLite", `sqlite:${join(stage.directory, "peers.db")}`],
  ] as const) {
    const behind = `nginx asking ${name}`;
    if (!wanted(name, behind)) continue;
    const started = await startOurs(stage, name, world, store, full);
    const cookies = await people(count, started.port, HOST);
    const lines = [`host: ${HOST}`];
    if (wanted(name)) found.push({ started, lines, cookies, check: { path: "/auth/check/nginx", lines: METADATA } });
    if (!nginx || name !== OURS || !wanted(behind)) continue;
    const asked = { program: started.helper, port: started.port, ask: "/auth/check/nginx", lines: ASKING_US };
    found.push({ started: await startNginx(stage, behind, world, asked), lines, cookies });
  }

  if (wanted(FLOOR)) {
    const started = await startBareServer(stage, FLOOR);
    const check = { path: "/auth/check/nginx", lines: METADATA };
    found.push({ started, lines: [`host: ${HOST}`], cookies: ["cookie: any=1"], check, isFloor: true });
  }

  const redisWanted = installed("redis-server") !== undefined;
  for (const [name, isRedis] of [
    [THEIRS, false],
    ["oauth2-proxy, Redis", true],
  ] as const) {
    const behind = `nginx asking ${name}`;
    if (!wanted(name, behind) || (isRedis && !redisWanted) || !haveOauth2Proxy(full)) continue;
    const started = await startOauth2Proxy(stage, name, world, isRedis ? await startRedis(stage) : undefined);
    const host = `127.0.0.1:${started.port}`;
    const cookies = await people(count, started.port, host);
    if (wanted(name)) found.push({ started, lines: [`host: ${host}`], cookies, check: { path: "/oauth2/auth", lines: [] } });
    if (!nginx || isRedis || !wanted(behind)) continue;
    const asked = { program: started.helper, port: started.port, ask: "/oauth2/auth", lines: [`Host ${host}`] };
    found.push({ started: await startNginx(stage, behind, world, asked), lines: [`host: ${host}`], cookies });
  }

  const apache = "Apache, mod_auth_openidc";
  if (wanted(apache) && haveApache()) {
    const started = await startApache(stage, apache, world);
    const host = `127.0.0.1:${started.port}`;
    found.push({ started, lines: [`host: ${host}`], cookies: await people(count, started.port, host) });
  }
  return found;
}
