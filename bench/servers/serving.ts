/** What every measured server has in common: its arguments, its port, and its answers to the benchmark. */
import type { Server } from "node:http";
import { answer, say } from "../harness/talk.ts";

/** What a server that is measured tells when it listens. */
export interface Ready {
  readonly port: number;
  /** Header lines that each make a request of one signed-in person, in the order of `subjectOf`. */
  readonly credentials: readonly string[];
}

/** How many sessions the store is to hold, and a directory for files. */
export interface Wanted {
  readonly sessions: number;
  readonly directory: string;
}

export function wanted(): Wanted {
  const [, , sessions = "100", directory = "."] = process.argv;
  return { sessions: Number(sessions), directory };
}

/** What this server was told besides: another server's origin, or a file. */
export function given(): string {
  return process.argv[4] ?? "";
}

/** Lets the server listen, and answers from now on how much processor time this process has used. */
export function serve(server: Server, credentials: readonly string[]): void {
  // Connections wait between rounds, as long as the gateway lets them: no server saves the timer that goes with it.
  server.keepAliveTimeout = 75_000;
  answer(() => cpuMicros());
  server.listen(0, "127.0.0.1", () => tellReady(server, credentials));
}

/** The same for a server that listens already. */
export function tellReady(server: Server, credentials: readonly string[]): void {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the server does not listen on a port");
  say({ port: address.port, credentials } satisfies Ready);
}

/** Of all threads of this process, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A list with one entry for each session. */
export function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
