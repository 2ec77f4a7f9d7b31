/** Real servers of Redis or Valkey for tests: on free ports, in temporary folders, without a word to the console. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";
import { findServer } from "./servers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A running server. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Starts it again on its port and in its folder, after {@link kill}. */
  restart(): Promise<void>;
  /** Sends a signal; with one that ends it, resolves when it has ended. */
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void>;
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("it says nothing");
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (/Ready to accept connections|\+monitor master/.test(line)) break;
  }
  if (child.exitCode !== null || !child.stdout.readable) throw new Error(`redis-server did not start:\n${said.join("\n")}`);
  // What it says later would fill the pipe, and then it stood still.
  child.stdout.resume();
}

/** A node of a cluster takes a second port, ten thousand above its own, which another process may have. */
async function onFreePorts(startAt: (port: number) => Promise<ChildProcess>): Promise<{ port: number; child: ChildProcess }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return { port, child: await startAt(port) };
    } catch (error) {
      if (tries === 5 || !/Address already in use/.test(String(error))) throw error;
    }
  }
}

/**
 * Starts a server; it ends when it is disposed of.
 *
 * @param config lines of its configuration; `PORT` in them is its port
 * @param sentinel whether it is one
 * @param name which of the two
 */
export async function startRedis(
  config: readonly string[] = [],
  sentinel = false,
  name: "redis-server" | "valkey" = "redis-server",
): Promise<RedisServer> {
  const command = findServer(name) ?? name;
  const folder = temporaryFolder("redis");
  const written = (port: number): string =>
    folder.write(
      "redis.conf",
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${folder.path}`,
        ...(sentinel ? [] : ['save ""']),
        ...config.map((line) => line.replaceAll("PORT", String(port))),
        "",
      ].join("\n"),
    );
  const start = async (file: string): Promise<ChildProcess> => {
    const child = spawn(command, [file, ...(sentinel ? ["--sentinel"] : [])], { stdio: ["ignore", "pipe", "ignore"] });
    await ready(child);
    return child;
  };
  const first = await onFreePorts((port) => start(written(port)));
  const { port } = first;
  let { child } = first;
  const kill: RedisServer["kill"] = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal === "SIGKILL" || signal === "SIGTERM") await exited;
  };
  return {
    port,
    async restart() {
      // With the configuration that it may have written itself.
      child = await start(folder.file("redis.conf"));
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill("SIGKILL");
      folder[Symbol.dispose]();
    },
  };
}
