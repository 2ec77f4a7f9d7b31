/** The load of peers: answers of any size, as fast as they come or at a constant rate. A process of its own. */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { answer } from "../harness/talk.ts";

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

const NOTHING = Buffer.alloc(0);
const END = Buffer.from("\r\n\r\n");
/** The first digit of a status that we want to see, behind `HTTP/1.1 `. */
const TWO = 0x32;

/**
 * Counts the bytes of each answer, and looks into its head alone. The load must be quicker than whoever it measures:
 * one that waits for it sleeps between two requests, and pays for that.
 */
class Connection {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #head: Buffer = NOTHING;
  #left = 0;
  /**
   * How long the last small answer was: the next one is as long nearly always, and then nothing more is looked for in
   * it.
   */
  #usual = -1;
  #sent = 0;
  #done: ((millis: number) => void) | null = null;

  constructor(port: number, failed: (error: Error) => void) {
    const buffer = Buffer.allocUnsafe(262_144);
    const callback = (size: number): boolean => {
      if (size === this.#usual && this.#left === 0 && this.#head.length === 0 && buffer[9] === TWO) this.#answered();
      else this.#receive(buffer.subarray(0, size), failed);
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    this.opened = new Promise((resolve) => this.#socket.once("connect", resolve));
    this.#socket.on("error", failed);
    this.#socket.on("close", () => failed(new Error("the server closed a connection")));
  }

  send(request: Buffer, done: (millis: number) => void): void {
    this.#done = done;
    this.#sent = performance.now();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #answered(): void {
    this.#done?.(performance.now() - this.#sent);
  }

  #receive(bytes: Buffer, failed: (error: Error) => void): void {
    this.#usual = -1;
    if (this.#left > 0) this.#left -= bytes.length;
    else {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const end = this.#head.indexOf(END);
      if (end < 0) {
        // The buffer that it lies in is read into again.
        this.#head = Buffer.from(this.#head);
        return;
      }
      const head = this.#head.toString("latin1", 0, end + 4);
      if (!head.startsWith("HTTP/1.1 20")) failed(new Error(`an unexpected answer: ${head.slice(0, 500)}`));
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      this.#left = end + 4 + length - this.#head.length;
      if (this.#left === 0 && this.#head === bytes) this.#usual = bytes.length;
      this.#head = NOTHING;
    }
    if (this.#left < 0) failed(new Error("more came than one answer"));
    if (this.#left === 0) this.#answered();
  }
}

interface Run {
  readonly idle: Connection[];
  readonly next: () => Buffer;
  readonly took: number[];
}

/**
 * To wake a process that sleeps costs whoever sends it something, and the load sleeps more often the slower the server
 * is: nobody is to pay for it.
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
async function paced({ idle, next, took }: Run, rate: number, lasts: number): Promise<void> {
  const start = performance.now();
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
  let sent = 0;
  const turn = (): void => {
    const due = Math.min(total, Math.ceil(((performance.now() - start) / 1000) * rate));
    for (; sent < due; sent++) {
      const connection = idle.pop();
      if (connection === undefined) waiting.push(performance.now());
      else begin(connection, performance.now());
    }
    if (sent < total) setTimeout(turn, 1);
  };
  turn();
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
        ? paced({ idle, next, took }, rate ?? 0, lasts ?? 0)
        : asFast({ idle, next, took }, count, () => hasFailed);
    await Promise.race([failure.promise, work]);
    const seconds = (performance.now() - start) / 1000;
    const sorted = took.toSorted((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return { seconds, requests: took.length, p50: at(0.5), p99: at(0.99), error: "" };
  } catch (error) {
    return { seconds: 0, requests: 0, p50: 0, p99: 0, error: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const connection of opened) connection.close();
  }
}

answer(run);
