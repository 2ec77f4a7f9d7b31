/** Starts the gateway under test by its command, with the hook that measures it and fails its store. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { eachLine, end, isOver, keepTrack } from "../../child.ts";
import { GROUP, HOST } from "../clients/people.ts";
import { AUDIENCE, type Provider } from "./provider.ts";

const COMMAND = join(import.meta.dirname, "../../../gateway/src/main.ts");
const INSIDE = join(import.meta.dirname, "inside.ts");
/**
 * V8 lets its young generation grow with how much is going on, up to 128 MiB, and keeps that: with one size what grows
 * is kept by something.
 */
const YOUNG = ["--min-semi-space-size=16", "--max-semi-space-size=16"];
const NODE = ["--expose-gc", "--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
const FLAGS = [...YOUNG, ...NODE, "--import", INSIDE];
const LONGEST_START = 60_000;
const LONGEST_MEASURE = 30_000;
/** What the file of sessions holds while everything is in its log. */
const ONE_PAGE = 4_096;

/** What the process is asked through its channel, which `inside.ts` answers. */
export type Order =
  | { readonly kind: "outage"; readonly on: boolean }
  /** `collect`: garbage is collected first. `snapshot`: the heap is written to that file, for who looks for a leak. */
  | { readonly kind: "measure"; readonly collect: boolean; readonly snapshot: string | null };

/** What it costs: memory, and handles that are open. */
export interface Measured {
  readonly kind: "measured";
  readonly rss: number;
  /** Live objects of JavaScript. */
  readonly heap: number;
  /** What they hold outside of the heap: buffers. */
  readonly external: number;
  readonly sockets: number;
}
/** An unhandled rejection, or an uncaught exception. */
export interface Unhandled {
  readonly kind: "unhandled";
  readonly what: string;
}

export const isFromInside = (message: unknown): message is Measured | Unhandled =>
  typeof message === "object" &&
  message !== null &&
  "kind" in message &&
  (message.kind === "measured" || message.kind === "unhandled");

/** The gateway under test: a real process, which is started again where it ended. */
export class FuzzedGateway {
  port = 0;
  /** Everything unhandled, in all lives. */
  readonly unhandled: string[] = [];
  /** Warnings of the process, which are easily overlooked. */
  readonly complaints: string[] = [];
  /** The last lines of the log and of stderr. */
  readonly words: string[] = [];
  starts = 0;
  readonly #folder = temporaryFolder("fuzz");
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #ended: () => void;
  #child: ChildProcess | null = null;
  /** Who waits for a measurement; they are answered in order. */
  #measuring: PromiseWithResolvers<Measured>[] = [];

  readonly #plants: readonly string[];

  /** `ended` is called where the process ends without being asked to; `plants` are modules that are loaded into it. */
  constructor(
    provider: Provider,
    upstream: string,
    { plants, ended }: { readonly plants: readonly string[]; readonly ended: () => void },
  ) {
    this.#ended = ended;
    this.#plants = plants;
    this.#secrets = { COATCHECK_SECRET: randomBytes(32).toString("base64url"), COATCHECK_CLIENT_SECRET: provider.clientSecret };
    process.once("exit", () => this.#folder[Symbol.dispose]());
    this.#folder.write("coatcheck.config.json", JSON.stringify(settings(provider, upstream)));
  }

  get alive(): boolean {
    return this.#child !== null && !isOver(this.#child);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /**
   * Whether SQLite's log was moved into its file once: the thread that does so is started by the first 4 MB of log, and
   * stays.
   */
  get hasCheckpointed(): boolean {
    return statSync(this.#folder.file("sessions.db")).size > ONE_PAGE;
  }

  /** Starts it; the port stays the same over all its lives. */
  async start(): Promise<void> {
    this.starts += 1;
    const listening = Promise.withResolvers<number>();
    const child = spawn(process.execPath, [...FLAGS, ...this.#plants.flatMap((plant) => ["--import", plant]), COMMAND, "serve"], {
      cwd: this.#folder.path,
      env: {
        PATH: process.env["PATH"],
        ...this.#secrets,
        COATCHECK_LISTEN: `127.0.0.1:${this.port}`,
        COATCHECK_ADMIN_LISTEN: "127.0.0.1:0",
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // In a group of its own: who stops the run at a terminal stops us, and we report.
      detached: true,
    });
    keepTrack(child);
    this.#child = child;
    const hear = (line: string): void => {
      this.#say(line);
      const port = /listening +http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    };
    eachLine(child.stdout, hear);
    eachLine(child.stderr, (line) => {
      hear(line);
      if (/Warning:|unhandled/i.test(line)) this.complaints.push(line);
    });
    child.on("message", (message) => {
      if (!isFromInside(message)) return;
      if (message.kind === "measured") this.#measuring.shift()?.resolve(message);
      else this.unhandled.push(message.what);
    });
    child.once("exit", (code, signal) => {
      this.#say(`the gateway ended: ${signal ?? `status ${code}`}`);
      listening.reject(new Error(`the gateway did not start:\n${this.words.join("\n")}`));
      for (const { reject } of this.#measuring.splice(0)) reject(new Error("the gateway ended"));
      if (this.#child === child) this.#ended();
    });
    const timer = setTimeout(() => listening.reject(new Error("the gateway took too long to start")), LONGEST_START);
    this.port = await listening.promise.finally(() => clearTimeout(timer));
  }

  /** The store fails from now on, or no longer. */
  outage(on: boolean): void {
    this.#send({ kind: "outage", on });
  }

  async measure(collect: boolean, snapshot: string | null = null): Promise<Measured> {
    const measured = Promise.withResolvers<Measured>();
    this.#measuring.push(measured);
    const timer = setTimeout(() => measured.reject(new Error("the gateway does not answer its channel")), LONGEST_MEASURE);
    this.#send({ kind: "measure", collect, snapshot });
    return measured.promise.finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null) await end(child);
    this.#folder[Symbol.dispose]();
  }

  #send(order: Order): void {
    if (this.alive && this.#child?.connected === true) this.#child.send(order, () => {});
  }

  #say(line: string): void {
    this.words.push(line);
    if (this.words.length > 60) this.words.shift();
  }
}

/** How long the gateway waits for an answer of the app to begin, and to go on. */
export const UPSTREAM_TIMEOUT = 3_000;
/** The largest body that the gateway takes. */
export const LARGEST_BODY = 65_536;

const RULES = [
  { name: "public", access: "public" },
  { name: "optional", access: "optional" },
  { name: "user", access: "user" },
  { name: "groups", access: "groups", groups: [GROUP] },
  { name: "api", access: "api", assertion: true },
  { name: "token", access: "user", token: "authorization" },
];

function settings({ issuer, clientId }: Provider, url: string): object {
  const upstream = (kind: string) =>
    RULES.map(({ name, ...rule }) => ({
      ...rule,
      url,
      name: `${kind}-${name}`,
      paths: [`/${kind}/${name}`],
      timeouts: { connect: "2s", head: `${UPSTREAM_TIMEOUT}ms`, idle: `${UPSTREAM_TIMEOUT}ms` },
    }));
  return {
    publicUrl: `https://${HOST}`,
    store: "sqlite:sessions.db",
    accessLog: false,
    log: { level: "warn" },
    trustedProxies: ["127.0.0.1/32"],
    providers: [{ issuer, clientId, scope: "openid offline_access" }],
    bearer: { jwt: [{ issuer, audience: [AUDIENCE] }] },
    upstreams: [...upstream("calm"), ...upstream("rough"), ...upstream("ws")],
    limits: { body: LARGEST_BODY, headTimeout: "5s", bodyIdle: "5s", keepAlive: "3s" },
  };
}
