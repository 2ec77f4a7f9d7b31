/** Starts other programs and waits until they listen; says what they wrote when they fail. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const LONGEST_START = 60_000;
const LONGEST_STOP = 5_000;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** A program that runs beside a test, until the block ends that uses it. */
export interface Running extends AsyncDisposable {
  /** What it has written so far. */
  said(): string;
}

/** Starts a program and waits until it listens on its port. Rejects with what it said where it stops before. */
export async function run({ command, args, env = {}, cwd }: Program, port: number): Promise<Running> {
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutSettings(process.env), ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = Promise.withResolvers<void>();
  child.once("error", () => exited.resolve());
  child.once("exit", () => exited.resolve());
  const running = {
    said: () => said,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const timer = setTimeout(kill, LONGEST_STOP);
      await exited.promise;
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
  const died = exited.promise.then(() => true);
  const deadline = AbortSignal.timeout(LONGEST_START);
  while (!(await listens(port))) {
    if (!deadline.aborted && !(await Promise.race([died, sleep(25, false)]))) continue;
    await running[Symbol.asyncDispose]();
    throw new Error(`${command} does not start: ${said}`);
  }
  return running;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A program is what its own settings say, whatever else is set in this shell. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(COATCHECK|OAUTH2_PROXY)_/.test(name)));
}
