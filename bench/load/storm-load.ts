/**
 * The load of a storm: requests at a constant rate, whether those before them are answered or not, first for themselves
 * and then beside requests of the sessions whose tokens have run out. A process of its own.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { answer } from "../harness/talk.ts";

export type StormQuestion =
  | {
      readonly kind: "prepare";
      readonly name: string;
      readonly port: number;
      readonly others: readonly string[];
      readonly storm: readonly string[];
    }
  /** Connections are opened and closed outside of what is measured: their number says nothing of refreshes. */
  | { readonly kind: "open"; readonly name: string }
  | { readonly kind: "close"; readonly name: string }
  /** Times in milliseconds, the rate in requests a second. */
  | { readonly kind: "calm"; readonly name: string; readonly lasts: number; readonly rate: number }
  | { readonly kind: "storm"; readonly name: string; readonly lasts: number; readonly rate: number };

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export interface StormAnswer {
  /** Requests of sessions whose tokens live. */
  readonly others: Latencies;
  /** Requests that find their token run out; none while it is calm. */
  readonly storm: Latencies;
  readonly seconds: number;
  /** Empty when all were answered 200. */
  readonly error: string;
}

/** For the others; each of the storm has one of its own. More are opened as they are needed. */
const CONNECTIONS = 64;

interface Side {
  readonly port: number;
  readonly others: readonly Buffer[];
  readonly storm: readonly Buffer[];
  idle: Connection[];
}

const sides = new Map<string, Side>();
let failure = "";

/** A keep-alive connection, for one request at a time. */
class Connection {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #home: Connection[];
  #sent = 0;
  #done: ((milliseconds: number) => void) | null = null;
  #pending = "";

  constructor(port: number, home: Connection[]) {
    this.#home = home;
    const buffer = Buffer.allocUnsafe(65_536);
    const callback = (size: number): boolean => {
      this.#receive(buffer.toString("latin1", 0, size));
      return true;
    };
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    this.#socket = socket;
    const opened = Promise.withResolvers<void>();
    this.opened = opened.promise;
    socket.once("connect", () => opened.resolve());
    socket.on("error", (error) => {
      failure ||= error.message;
      opened.resolve();
    });
    socket.on("close", () => {
      failure ||= "the server closed a connection";
      // Its answer is not waited for any longer.
      this.#done?.(performance.now() - this.#sent);
    });
  }

  send(request: Buffer, done: (milliseconds: number) => void): void {
    this.#done = done;
    this.#sent = performance.now();
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#pending += text;
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#pending)?.[1] ?? 0);
    if (this.#pending.length < end + 4 + length) return;
    if (!this.#pending.startsWith("HTTP/1.1 200")) failure ||= `an unexpected answer: ${this.#pending.slice(0, 500)}`;
    this.#pending = "";
    const took = performance.now() - this.#sent;
    this.#home.push(this);
    const done = this.#done;
    this.#done = null;
    done?.(took);
  }
}

function prepare({ name, port, others, storm }: Extract<StormQuestion, { kind: "prepare" }>): void {
  const bytes = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, "latin1"));
  sides.set(name, { port, others: bytes(others), storm: bytes(storm), idle: [] });
}

/** Connections for the windows of one round. */
async function open(side: Side): Promise<void> {
  const idle: Connection[] = [];
  for (let made = 0; made < CONNECTIONS + side.storm.length; made++) idle.push(new Connection(side.port, idle));
  await Promise.all(idle.map(({ opened }) => opened));
  side.idle = idle;
}

function close(side: Side): void {
  for (const connection of side.idle) connection.close();
  side.idle = [];
}

/** Sends what is due at this rate until it is told to stop. Sleeps in between: the servers need the processors. */
function paced(rate: number, goesOn: (sent: number) => boolean, send: (index: number) => void): Promise<void> {
  const start = performance.now();
  let next = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const turn = (): void => {
    const due = Math.ceil(((performance.now() - start) / 1000) * rate);
    while (next < due && goesOn(next)) send(next++);
    if (goesOn(next)) setTimeout(turn, 1);
    else resolve();
  };
  turn();
  return promise;
}

/** The others ask for as long as it lasts, or until the last one of the storm is answered. */
async function run(side: Side, lasts: number, rate: number, withStorm: boolean): Promise<Omit<StormAnswer, "error">> {
  const took = { others: [] as number[], storm: [] as number[] };
  const { idle } = side;
  let unanswered = 0;
  let quiet = Promise.withResolvers<void>();
  const send = (requests: readonly Buffer[], index: number, into: number[]): void => {
    const request = requests[index % requests.length];
    if (request === undefined) return;
    const connection = idle.pop() ?? new Connection(side.port, idle);
    unanswered += 1;
    connection.send(request, (milliseconds) => {
      into.push(milliseconds);
      unanswered -= 1;
      if (unanswered === 0) quiet.resolve();
    });
  };
  const { storm, others } = side;
  const start = performance.now();
  const over = (): boolean =>
    performance.now() - start >= lasts && (!withStorm || took.storm.length === storm.length || failure !== "");
  const first = Math.floor(Math.random() * others.length);
  const asking = paced(
    rate,
    () => !over(),
    (index) => send(others, first + index, took.others),
  );
  if (withStorm) {
    await paced(
      (storm.length * 1000) / lasts,
      (sent) => sent < storm.length,
      (index) => send(storm, index, took.storm),
    );
  }
  await asking;
  while (unanswered > 0) {
    await quiet.promise;
    quiet = Promise.withResolvers();
  }
  const seconds = (performance.now() - start) / 1000;
  return { others: latencies(took.others), storm: latencies(took.storm), seconds };
}

function latencies(values: readonly number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

const NONE: Latencies = { count: 0, p50: 0, p99: 0 };

answer(async (question: StormQuestion): Promise<StormAnswer> => {
  if (question.kind === "prepare") {
    prepare(question);
    return { others: NONE, storm: NONE, seconds: 0, error: failure };
  }
  const side = sides.get(question.name);
  if (side === undefined) return { others: NONE, storm: NONE, seconds: 0, error: `nothing is prepared for ${question.name}` };
  if (question.kind === "open" || question.kind === "close") {
    await (question.kind === "open" ? open : close)(side);
    return { others: NONE, storm: NONE, seconds: 0, error: failure };
  }
  const found = await run(side, question.lasts, question.rate, question.kind === "storm");
  return { ...found, error: failure };
});
