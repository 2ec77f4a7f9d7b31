/** Starts the gateway of the demo by its command, with the settings that a reader would write. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const COMMAND = join(import.meta.dirname, "../../gateway/src/main.ts");
/** Ends the gateway with the demo, also where that is killed and can stop nothing itself. */
const WITH_PARENT = join(import.meta.dirname, "with-parent.ts");
const LONGEST_START = 60_000;
const LONGEST_STOP = 10_000;

export interface GatewayOptions {
  /** Where it keeps its configuration, sessions and log. */
  readonly folder: string;
  readonly port: number;
  readonly adminPort: number;
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly secret: string;
  /** Where the app listens. */
  readonly app: string;
}

export interface RunningGateway {
  /** Where it logs. */
  readonly log: string;
  /** The end of its log. */
  lastWords(): string;
  /** Resolves when it stopped by itself, with what it said last. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the gateway as a reader would, by its command, and waits until it is ready. Rejects with what it said
 * otherwise.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { folder } = options;
  const config = join(folder, "coatcheck.config.json");
  writeFileSync(config, `${JSON.stringify(configuration(options), null, 2)}\n`);
  const log = join(folder, "gateway.log");
  const output = openSync(log, "w", 0o600);
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning", "--import", WITH_PARENT];
  const child = spawn(process.execPath, [...flags, COMMAND, "serve", "--config", config], {
    cwd: folder,
    env: { ...withoutSettings(process.env), COATCHECK_SECRET: options.secret, COATCHECK_CLIENT_SECRET: options.clientSecret },
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  child.channel?.unref();
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const died = exited.then(() => lastWords(log));
  const stop = async () => {
    await stopChild(child, exited);
    process.off("exit", kill);
  };
  try {
    await becomesReady(options.adminPort, died);
  } catch (error) {
    await stop();
    throw error;
  }
  return { log, lastWords: () => lastWords(log), died, stop };
}

/** The file: front page and assets are open to anonymous users, everything else to authenticated ones. */
function configuration({ port, adminPort, origin, issuer, clientId, app }: GatewayOptions): object {
  return {
    publicUrl: origin,
    listen: `127.0.0.1:${port}`,
    admin: { listen: `127.0.0.1:${adminPort}` },
    store: "sqlite:sessions.db",
    signedOutPage: "/signed-out",
    providers: [{ issuer, clientId }],
    upstreams: [
      { name: "front", url: app, paths: ["/"], access: "optional" },
      { name: "assets", url: app, paths: ["/assets", "/favicon.ico"], access: "public" },
      { name: "desk", url: app, paths: ["/desk"], access: "user" },
    ],
  };
}

/** The demo is what its own settings say, whatever else is set in this shell. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(COATCHECK|OAUTH2_PROXY)_/.test(name)));
}

async function becomesReady(adminPort: number, died: Promise<string>): Promise<void> {
  const deadline = AbortSignal.timeout(LONGEST_START);
  const death = died.then((words) => {
    throw new Error(`the gateway stopped:\n${words}`);
  });
  // The race may be won by readiness; the death that comes later, at the end, is no failure then.
  death.catch(() => undefined);
  while (!(await Promise.race([isReady(adminPort), death]))) {
    if (deadline.aborted) throw new Error(`the gateway was not ready after ${LONGEST_START / 1000} s`);
    await Promise.race([sleep(50), death]);
  }
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

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_STOP);
  await exited;
  clearTimeout(timer);
}

function lastWords(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-12).join("\n");
}
