/** Starts the gateway by its command, and signs users in through it. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dispatcher } from "undici";
import { request } from "undici";
import { freePort } from "../../tools/suite/free-port.ts";
import type { Running } from "../harness/measure.ts";
import type { Stage } from "../harness/stage.ts";

export const PUBLIC_URL = "https://app.example.com";

export interface GatewayOptions {
  readonly store: string;
  readonly issuer: string;
  readonly upstream?: string;
  /** What its file says besides. */
  readonly config?: object;
}

/** The settings of every gateway that is measured. */
export function settingsOf({ port, admin, store, issuer }: Addresses): { readonly [variable: string]: string } {
  return {
    COATCHECK_SECRET: randomBytes(32).toString("base64url"),
    COATCHECK_PUBLIC_URL: PUBLIC_URL,
    COATCHECK_LISTEN: `127.0.0.1:${port}`,
    COATCHECK_ADMIN_LISTEN: `127.0.0.1:${admin}`,
    COATCHECK_STORE: store,
    COATCHECK_ISSUER: issuer,
    COATCHECK_CLIENT_ID: "bench",
    COATCHECK_CLIENT_SECRET: "bench-secret",
    COATCHECK_TRUSTED_PROXIES: "127.0.0.1",
    COATCHECK_ACCESS_LOG: "false",
  };
}

interface Addresses {
  readonly port: number;
  readonly admin: number;
  readonly store: string;
  readonly issuer: string;
}

/** Starts the gateway as its users do, by its command and its settings. */
export async function startGateway(stage: Stage, name: string, options: GatewayOptions): Promise<Running> {
  const { store, issuer, upstream, config = {} } = options;
  const [port, admin] = [await freePort(), await freePort()];
  const file = join(stage.directory, `${port}.json`);
  writeFileSync(file, JSON.stringify(config));
  const helper = stage.run(name, new URL("../../gateway/src/main.ts", import.meta.url), ["serve", "--config", file], {
    cwd: stage.directory,
    execArgv: ["--import", new URL("../servers/report-cpu.ts", import.meta.url).href],
    env: {
      ...process.env,
      ...settingsOf({ port, admin, store, issuer }),
      // So that no user's visit is due to be written down while reading is measured.
      COATCHECK_IDLE: "30d",
      COATCHECK_LIFETIME: "30d",
      ...(upstream === undefined ? {} : { COATCHECK_UPSTREAM: upstream }),
    },
  });
  await until(async () => (await fetch(`http://127.0.0.1:${admin}/health/ready`)).ok);
  return { name, port, helper };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the gateway does not get ready");
}

/** Signs people in through the gateway, as a browser would; answers their `Cookie` headers. */
export async function signInThrough(gateway: Running, issuer: string, people: number): Promise<readonly string[]> {
  const credentials: string[] = [];
  for (let index = 0; index < people; index++) credentials.push(await signIn(gateway, issuer, index));
  return credentials;
}

async function signIn({ port }: Running, issuer: string, index: number): Promise<string> {
  const login = await navigate(port, "/auth/login", "");
  const ask = new URL(String(login.headers["location"])).searchParams;
  const query = new URLSearchParams({ code: `${index}.${ask.get("nonce")}`, state: ask.get("state") ?? "", iss: issuer });
  const callback = await navigate(port, `/auth/callback?${query}`, cookiesIn(login).join("; "));
  const cookie = cookiesIn(callback).find((one) => one.startsWith("__Host-Http-coatcheck="));
  if (cookie === undefined) throw new Error(`no user could sign in: ${callback.statusCode} ${callback.headers["location"]}`);
  return `cookie: ${cookie}`;
}

async function navigate(port: number, path: string, cookie: string): Promise<Dispatcher.ResponseData> {
  const headers = { host: new URL(PUBLIC_URL).host, cookie, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  const answer = await request(`http://127.0.0.1:${port}${path}`, { headers });
  await answer.body.dump();
  return answer;
}

function cookiesIn({ headers }: Dispatcher.ResponseData): readonly string[] {
  const lines = headers["set-cookie"];
  return (typeof lines === "string" ? [lines] : (lines ?? [])).map((line) => line.slice(0, line.indexOf(";")));
}
