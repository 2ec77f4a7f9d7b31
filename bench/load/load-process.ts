/** The load: keep-alive connections that each send a request when the last answer is complete. A process of its own. */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { answer } from "../harness/talk.ts";

export type LoadQuestion =
  | { readonly kind: "prepare"; readonly name: string; readonly requests: readonly string[] }
  | { readonly kind: "open"; readonly name: string; readonly port: number; readonly connections: number }
  | { readonly kind: "run"; readonly requests: number; readonly inOrder: boolean }
  | { readonly kind: "close" };
/** `error` is empty when all went well. */
export interface LoadAnswer {
  readonly seconds: number;
  readonly error: string;
}

const prepared = new Map<string, readonly Buffer[]>();
/** The first digit of a status that we want to see, behind `HTTP/1.1 `. */
const TWO = 0x32;
let requests: readonly Buffer[] = [];
let connections: readonly Connection[] = [];
let inOrder = false;
let toSend = 0;
let toCome = 0;
let run: PromiseWithResolvers<void> | null = null;

class Connection {
  readonly opened = Promise.withResolvers<void>();
  readonly #socket: Socket;
  #pending = "";
  /** How long the last answer was: the next one is as long nearly always, and then nothing more is looked for in it. */
  #usual = -1;

  constructor(port: number) {
    const buffer = Buffer.allocUnsafe(65_536);
    const callback = (size: number): boolean => {
      if (size === this.#usual && this.#pending === "" && buffer[9] === TWO) this.#complete();
      else this.#receive(buffer.toString("latin1", 0, size));
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    this.#socket.once("connect", () => this.opened.resolve());
    this.#socket.once("error", (error) => {
      this.opened.reject(error);
      run?.reject(error);
    });
    this.#socket.once("close", () => run?.reject(new Error("the server closed a connection")));
  }

  send(): void {
    const index = inOrder ? toSend % requests.length : Math.floor(Math.random() * requests.length);
    const request = requests[index];
    if (toSend <= 0 || request === undefined) return;
    toSend--;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const whole = this.#pending + text;
    const length = lengthOf(whole);
    if (length === undefined || whole.length < length) {
      this.#pending = whole;
      return;
    }
    this.#pending = "";
    this.#usual = length;
    if (whole.length > length) run?.reject(new Error(`more came than one answer: ${whole.slice(0, 2000)}`));
    else if (!whole.startsWith("HTTP/1.1 20")) run?.reject(new Error(`an unexpected answer: ${whole.slice(0, 2000)}`));
    else this.#complete();
  }

  #complete(): void {
    toCome--;
    if (toCome === 0) run?.resolve();
    else this.send();
  }
}

/** Of a whole answer, or `undefined` while its head is not complete. Answers say their length, or have no body. */
function lengthOf(text: string): number | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const body = /\r\ncontent-length: *(\d+)/i.exec(text);
  return end + 4 + (body === null || body.index > end ? 0 : Number(body[1]));
}

async function open(name: string, port: number, count: number): Promise<void> {
  requests = prepared.get(name) ?? [];
  connections = Array.from({ length: count }, () => new Connection(port));
  await Promise.all(connections.map((connection) => connection.opened.promise));
}

// To wake a process that sleeps costs the sender something: half as much again as the answer itself, in a virtual
// machine. How often it sleeps depends on how quick the server is, so it must not, or the servers would pay for unlike
// things.
function stayAwake(): void {
  if (run !== null) setImmediate(stayAwake);
}

async function send(count: number): Promise<number> {
  run = Promise.withResolvers<void>();
  toSend = count;
  toCome = count;
  const start = performance.now();
  for (const connection of connections) connection.send();
  stayAwake();
  await run.promise;
  run = null;
  return (performance.now() - start) / 1000;
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

async function carryOut(question: LoadQuestion): Promise<number> {
  if (question.kind === "prepare") prepared.set(question.name, question.requests.map(bytesOf));
  if (question.kind === "open") await open(question.name, question.port, question.connections);
  if (question.kind === "close") for (const connection of connections) connection.close();
  if (question.kind !== "run") return 0;
  inOrder = question.inOrder;
  return send(question.requests);
}

answer(async (question: LoadQuestion): Promise<LoadAnswer> => {
  try {
    return { seconds: await carryOut(question), error: "" };
  } catch (error) {
    return { seconds: 0, error: error instanceof Error ? error.message : String(error) };
  }
});
