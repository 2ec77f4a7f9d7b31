/** The gateways: one place behind the load balancer each, with one process after another in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eachLine, end, isOver, keepTrack } from "../child.ts";
import type { Fault, Life, Line } from "./journal.ts";

const COMMAND = join(import.meta.dirname, "../../gateway/src/main.ts");
const FLAGS = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
const LONGEST_START = 60_000;

export interface GatewayPlace {
  /** `a`, `b`, … */
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly folder: string;
  /** The module that it runs, and its arguments. */
  readonly command: readonly string[];
  /** What the process of a life is told by its environment. */
  readonly environment: (life: Life) => Readonly<Record<string, string>>;
}

/** The command of a gateway, with the file of its settings. */
export const serve = (config: string): readonly string[] => [COMMAND, "serve", "--config", config];

/** Where a gateway is told to listen. */
export const listens = ({ port, adminPort }: Pick<GatewayPlace, "port" | "adminPort">) => ({
  COATCHECK_LISTEN: `127.0.0.1:${port}`,
  COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
});

/** What gateways leave behind for the judge. */
export interface Records {
  readonly lines: Line[];
  readonly faults: Fault[];
}

/** One place behind the load balancer, and the gateways that live there one after the other. */
export class Gateway {
  readonly place: GatewayPlace;
  readonly #records: Records;
  #lives = 0;
  #child: ChildProcess | null = null;
  #struck = false;
  #out = new AbortController();
  #agent = new Agent({ keepAlive: true });
  /** All that its processes said which is no line of a log. */
  readonly said: string[] = [];

  constructor(place: GatewayPlace, records: Records) {
    this.place = place;
    this.#records = records;
  }

  get life(): Life {
    return `${this.place.name}${this.#lives}`;
  }

  /** Whether the load balancer sends requests there. */
  get inRotation(): boolean {
    return this.#child !== null && !this.#out.signal.aborted;
  }

  /** Whether nothing is being done to it. */
  get healthy(): boolean {
    return this.inRotation && !this.#struck;
  }

  get agent(): Agent {
    return this.#agent;
  }

  /** Aborted when the load balancer takes it out. */
  get out(): AbortSignal {
    return this.#out.signal;
  }

  /** Starts the command, and takes it in when it is ready. */
  async start(): Promise<void> {
    this.#lives += 1;
    const { folder, command, environment } = this.place;
    const life = this.life;
    const child = spawn(process.execPath, [...FLAGS, ...command], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...environment(life) },
      // With a channel it stops when we are gone.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    keepTrack(child);
    eachLine(child.stdout, (text) => this.#hear(life, text));
    eachLine(child.stderr, (text) => this.#say(text));
    await this.#becomesReady(child);
    this.#child = child;
    this.#out = new AbortController();
    this.#agent = new Agent({ keepAlive: true });
  }

  /** `kill -9`, and another life after a while. */
  async kill(pause: number): Promise<void> {
    const child = this.#strike();
    this.#records.faults.push({ kind: "kill", by: this.life, from: Date.now(), until: null });
    await end(child);
    this.#takeOut();
    this.#child = null;
    await sleep(pause);
    await this.start();
    this.#struck = false;
  }

  /** SIGSTOP for a while; the load balancer notices after `unnoticed` milliseconds. */
  async stop(duration: number, unnoticed: number): Promise<void> {
    const child = this.#strike();
    const from = Date.now();
    child.kill("SIGSTOP");
    await sleep(Math.min(duration, unnoticed));
    if (duration > unnoticed) {
      this.#takeOut();
      await sleep(duration - unnoticed);
    }
    child.kill("SIGCONT");
    this.#records.faults.push({ kind: "stop", by: this.life, from, until: Date.now() });
    if (this.#out.signal.aborted) {
      this.#out = new AbortController();
      this.#agent = new Agent({ keepAlive: true });
    }
    this.#struck = false;
  }

  /** Tells the process something; one that is gone hears nothing. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Whether its process runs, as it should when nothing was done to it. */
  get isAlive(): boolean {
    return this.#child !== null && !isOver(this.#child);
  }

  async close(): Promise<void> {
    if (this.#child !== null) await end(this.#child);
  }

  #strike(): ChildProcess {
    if (this.#child === null || isOver(this.#child)) throw new Error(`${this.life} ended by itself:\n${this.lastWords}`);
    this.#struck = true;
    return this.#child;
  }

  #takeOut(): void {
    this.#out.abort();
    this.#agent.destroy();
  }

  get lastWords(): string {
    return this.said.slice(-30).join("\n");
  }

  #say(text: string): void {
    this.said.push(text);
  }

  #hear(by: Life, text: string): void {
    const line = lineOf(by, text);
    if (line === null) this.#say(text);
    else this.#records.lines.push(line);
  }

  async #becomesReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + LONGEST_START;
    while (!(await isReady(this.place.adminPort))) {
      if (isOver(child)) throw new Error(`${this.life} did not start:\n${this.lastWords}`);
      if (Date.now() > deadline)
        throw new Error(`${this.life} was not ready after ${LONGEST_START / 1_000} s:\n${this.lastWords}`);
      await sleep(50);
    }
  }
}

/** What of a log line matters here. */
function lineOf(by: Life, text: string): Line | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  const member = (name: string): string | null => {
    const value: unknown = Reflect.get(Object(line), name);
    return typeof value === "string" ? value : null;
  };
  const event = member("event");
  if (event === null) return null;
  return { at: Date.parse(member("time") ?? ""), by, event, reason: member("reason"), session: member("session") };
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${adminPort}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
