/** The load of peers: answers of any size, as fast as they come or at a constant rate. A process of its own. */
import { answer } from "../harness/talk.ts";
import { Connection } from "./connection.ts";
import { latencies, paced } from "./latencies.ts";

export interface PeersQuestion {
  readonly port: number;
  readonly requests: readonly string[];
  readonly connections: number;
  /** So many requests, each connection sending one when the last is answered. */
  readonly count?: number;
  /** Requests a second, whether those before are answered or not, for so many milliseconds. */
  readonly rate?: number;
  readonly lasts?: number;
}

export interface PeersAnswer {
  readonly seconds: number;
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Empty when all were answered. */
  readonly error: string;
}

interface Run {
  readonly idle: Connection[];
  readonly next: () => Buffer;
  readonly took: number[];
}

/**
 * To wake a process that sleeps costs the sender something, and the load sleeps more often the slower the server is: no
 * server is to pay for it.
 */
function stayAwake(isOver: () => boolean): void {
  if (!isOver()) setImmediate(() => stayAwake(isOver));
}

async function asFast({ idle, next, took }: Run, count: number, failed: () => boolean): Promise<void> {
  let left = count;
  const all = Promise.withResolvers<void>();
  stayAwake(() => took.length >= count || failed());
  const send = (connection: Connection, done: (millis: number) => void): void => {
    if (left-- > 0) connection.send(next(), done);
  };
  for (const connection of idle) {
    const done = (millis: number): void => {
      took.push(millis);
      if (took.length === count) all.resolve();
      else send(connection, done);
    };
    send(connection, done);
  }
  await all.promise;
}

/** A request that finds no connection free waits, and its time counts from when it was due. */
async function atRate({ idle, next, took }: Run, rate: number, lasts: number): Promise<void> {
  const total = Math.floor((rate * lasts) / 1000);
  const waiting: number[] = [];
  const all = Promise.withResolvers<void>();
  const begin = (connection: Connection, due: number): void => {
    const late = performance.now() - due;
    connection.send(next(), (millis) => {
      took.push(millis + late);
      const then = waiting.shift();
      if (then === undefined) idle.push(connection);
      else begin(connection, then);
      if (took.length === total) all.resolve();
    });
  };
  await paced(
    rate,
    (sent) => sent < total,
    () => {
      const connection = idle.pop();
      if (connection === undefined) waiting.push(performance.now());
      else begin(connection, performance.now());
    },
  );
  await all.promise;
}

async function run({ port, requests, connections, count, rate, lasts }: PeersQuestion): Promise<PeersAnswer> {
  const failure = Promise.withResolvers<never>();
  let hasFailed = false;
  const fail = (error: Error): void => {
    hasFailed = true;
    failure.reject(error);
  };
  const texts = requests.map((text) => Buffer.from(text, "latin1"));
  const idle = Array.from({ length: connections }, () => new Connection(port, fail));
  const opened = [...idle];
  const took: number[] = [];
  let index = 0;
  const next = (): Buffer => texts[index++ % texts.length] ?? Buffer.alloc(0);
  try {
    await Promise.race([failure.promise, Promise.all(idle.map((connection) => connection.opened))]);
    const start = performance.now();
    const work =
      count === undefined
        ? atRate({ idle, next, took }, rate ?? 0, lasts ?? 0)
        : asFast({ idle, next, took }, count, () => hasFailed);
    await Promise.race([failure.promise, work]);
    const seconds = (performance.now() - start) / 1000;
    const { count: answered, p50, p99 } = latencies(took);
    return { seconds, requests: answered, p50, p99, error: "" };
  } catch (error) {
    return { seconds: 0, requests: 0, p50: 0, p99: 0, error: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const connection of opened) connection.close();
  }
}

answer(run);
