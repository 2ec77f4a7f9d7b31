/**
 * The load of a storm: requests at a constant rate, whether those before them are answered or not, first for themselves
 * and then beside requests of the sessions whose tokens have run out. A process of its own.
 */
import { answer } from "../harness/talk.ts";
import { Connection } from "./connection.ts";
import { type Latencies, latencies, paced } from "./latencies.ts";

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

export interface StormAnswer {
  /** Requests of sessions whose tokens live. */
  readonly others: Latencies;
  /** Requests that find their token run out; none while it is calm. */
  readonly storm: Latencies;
  readonly seconds: number;
  /** Empty when all were answered with success. */
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

/** What went wrong first stays said. */
function failed({ message }: Error): void {
  failure ||= message;
}

function prepare({ name, port, others, storm }: Extract<StormQuestion, { kind: "prepare" }>): void {
  const bytes = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, "latin1"));
  sides.set(name, { port, others: bytes(others), storm: bytes(storm), idle: [] });
}

/** Connections for the windows of one round. */
async function open(side: Side): Promise<void> {
  const idle = Array.from({ length: CONNECTIONS + side.storm.length }, () => new Connection(side.port, failed));
  await Promise.all(idle.map(({ opened }) => opened));
  side.idle = idle;
}

function close(side: Side): void {
  for (const connection of side.idle) connection.close();
  side.idle = [];
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
    const connection = idle.pop() ?? new Connection(side.port, failed);
    unanswered += 1;
    connection.send(request, (milliseconds) => {
      into.push(milliseconds);
      // One that broke is asked nothing more.
      if (failure === "") idle.push(connection);
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
