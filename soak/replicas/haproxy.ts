/** A real HAProxy before all replicas: round robin, without stickiness, with health checks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { findServer } from "../../tools/suite/servers.ts";
import type { TemporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { eachLine, isOver, keepTrack } from "../child.ts";

/** A replica as the balancer knows it. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
}

/** Which replicas serve which paths: gateways all but those of the apps. */
export interface Backends {
  readonly gateways: readonly Server[];
  readonly apps: readonly Server[];
}

const LONGEST_START = 20_000;
/** How long the worker of before a reload may finish what it has. */
const LEAVES_WITHIN = "10s";

/** Where the apps answer; everything else is the gateways'. */
const OF_APPS = "{ path_beg /app/ } || { path_beg /auth/tokens }";

function configuration(port: number, { gateways, apps }: Backends): string {
  const servers = (some: readonly Server[]): readonly string[] =>
    some.map(({ name, port, adminPort }) => `  server ${name} 127.0.0.1:${port} check port ${adminPort}`);
  return [
    "global",
    `  hard-stop-after ${LEAVES_WITHIN}`,
    "defaults",
    "  mode http",
    "  balance roundrobin",
    "  timeout connect 1s",
    "  timeout client 60s",
    "  timeout server 20s",
    "  timeout check 1s",
    // A request that was sent may have been carried out: only what no server has seen is sent to another.
    "  retries 3",
    "  retry-on conn-failure",
    "  option redispatch 1",
    "  option httpchk GET /health/ready",
    "  http-check send hdr Host localhost",
    "  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions",
    "frontend public",
    `  bind 127.0.0.1:${port}`,
    "  http-response set-header x-replica %s",
    `  use_backend apps if ${OF_APPS}`,
    "  default_backend gateways",
    "backend gateways",
    ...servers(gateways),
    "backend apps",
    ...servers(apps),
    "",
  ].join("\n");
}

/** HAProxy as a master and its worker, as Debian runs it. */
export class Haproxy {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #words: string[] = [];

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    keepTrack(child);
    eachLine(child.stderr, (line) => this.#words.push(line));
  }

  static async start(port: number, backends: Backends, folder: TemporaryFolder): Promise<Haproxy> {
    const file = folder.write("haproxy.cfg", configuration(port, backends));
    const command = findServer("haproxy") ?? "haproxy";
    const child = spawn(command, ["-W", "-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
    const proxy = new Haproxy(port, child);
    await proxy.#answers();
    return proxy;
  }

  /** Takes a new worker, which begins with its own view of the servers' health. */
  async reload(): Promise<void> {
    this.#child.kill("SIGUSR2");
    await sleep(500);
    await this.#answers();
  }

  async close(): Promise<void> {
    if (isOver(this.#child)) return;
    // The master ends its workers.
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }

  async #answers(): Promise<void> {
    const deadline = Date.now() + LONGEST_START;
    while (!(await this.#isListening())) {
      if (isOver(this.#child) || Date.now() > deadline) throw new Error(`HAProxy does not answer:\n${this.#words.join("\n")}`);
      await sleep(50);
    }
  }

  async #isListening(): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/`, { redirect: "manual", signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      return true;
    } catch {
      return false;
    }
  }
}
