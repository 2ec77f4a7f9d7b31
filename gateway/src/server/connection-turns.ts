/** One request of a connection at a time, in order. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { currentResponse, takeFromParser } from "./node-internals.ts";

/**
 * How much is parsed at once, in bytes, of a connection that sends ahead: what it holds is waiting before more is
 * looked at.
 */
const SLICE = 2_048;

interface TurnOptions {
  /** The most requests of a connection that wait behind the one that is answered before nothing more is read. */
  readonly limit: number;
  /** The most requests of all connections together that wait so. */
  readonly most: number;
  /** Hears once of each connection that is held back. */
  onHeldBack(): void;
  /** Hears of each connection that is closed, since too much waits already. */
  onCutOff(): void;
}

/**
 * One request of a connection is handled at a time, in the order in which they came (RFC 9112 section 9.3.2), as
 * nginx and Envoy do it. So whatever is written belongs to the response whose turn it is, and a connection takes one
 * connection to an upstream at most.
 *
 * Requests that do not wait cost nothing here: Node gives a response its socket when its turn comes.
 */
export class ConnectionTurns {
  readonly #options: TurnOptions;
  readonly #queues = new WeakMap<Socket, Queue>();
  /** How many requests wait, on whichever connection. */
  readonly #waiting = { count: 0 };

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Calls `act` when the request's turn has come; never if its connection breaks before. */
  wait({ socket }: IncomingMessage, response: ServerResponse, act: () => void): void {
    // The rest of what was read at once, on a connection that is cut off.
    if (socket.destroyed) return;
    const queue = this.#queueOf(socket);
    if (!queue.add(response)) {
      this.#options.onCutOff();
      socket.destroy();
      return;
    }
    response.once("socket", () => {
      // In a round of the event loop of its own: others are served between two requests of one connection.
      setImmediate(() => {
        const instead = queue.take(response);
        if (!response.destroyed) (instead ?? act)();
      });
    });
  }

  /**
   * For what ends the requests of a connection: a handshake, a tunnel, bytes that are no request. Calls `act` once
   * all that came before is answered; never if the connection ends with that.
   */
  afterAnswers(socket: Socket, act: () => void): void {
    const known = this.#queues.get(socket);
    const last = known?.last ?? currentResponse(socket);
    if (known === undefined && last === undefined) {
      act();
      return;
    }
    const queue = known ?? this.#queueOf(socket);
    if (queue.isOver) return;
    queue.end();
    socket.on("error", () => socket.destroy());
    // Node takes its own away with its parser; an answer that waits for its reader would wait for ever.
    socket.on("drain", () => currentResponse(socket)?.emit("drain"));
    const later = (): unknown => setImmediate(() => !socket.destroyed && socket.writable && act());
    if (last === undefined) later();
    else if (last.req.complete) last.once("close", later);
    // The request itself broke off: that is its answer.
    else if (queue.last === last) queue.answerLast(act);
    else if (last.headersSent) socket.destroy();
    else act();
  }

  #queueOf(socket: Socket): Queue {
    const known = this.#queues.get(socket);
    if (known !== undefined) return known;
    const queue = new Queue(socket, this.#options, this.#waiting);
    this.#queues.set(socket, queue);
    return queue;
  }
}

/** What waits on one connection. */
class Queue {
  readonly #socket: Socket;
  readonly #options: TurnOptions;
  readonly #waiting: ServerResponse[] = [];
  /** Of all connections. */
  readonly #all: { count: number };
  /** Hands Node's parser what it is to see, while the connection is held back. */
  #parse: (chunk: Buffer) => void = () => {};
  #isHeld = false;
  #instead: (() => void) | undefined = undefined;
  isOver = false;

  constructor(socket: Socket, options: TurnOptions, all: { count: number }) {
    this.#socket = socket;
    this.#options = options;
    this.#all = all;
    socket.once("close", () => {
      all.count -= this.#waiting.length;
      this.#waiting.length = 0;
    });
  }

  /** The last that waits. */
  get last(): ServerResponse | undefined {
    return this.#waiting.at(-1);
  }

  /**
   * What is read at once holds thousands of small requests, each of which takes a hundred times its bytes once it is
   * parsed, and Node cannot be stopped within it. `false`: they are too many for all connections together, and this
   * one is to blame.
   */
  add(response: ServerResponse): boolean {
    const { limit, most } = this.#options;
    if (this.#all.count >= most && this.#waiting.length >= limit) return false;
    this.#all.count++;
    this.#waiting.push(response);
    if (this.#waiting.length > limit) this.#hold();
    return true;
  }

  /** Its turn has come. Answers what is to be done instead if the request is broken. */
  take(response: ServerResponse): (() => void) | undefined {
    if (this.#waiting.shift() !== undefined) this.#all.count--;
    const instead = this.#waiting.length === 0 && this.isOver && !response.req.complete ? this.#instead : undefined;
    this.#goOn();
    return instead;
  }

  /** Nothing that comes now is a request. */
  end(): void {
    this.isOver = true;
  }

  answerLast(act: () => void): void {
    this.#instead = act;
  }

  /** Puts itself between the socket and Node's parser. */
  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    const socket = this.#socket;
    this.#parse = takeFromParser(socket, this.#arrive);
    socket.on("drain", () => this.#goOn());
    socket.pause();
    this.#options.onHeldBack();
  }

  get #mayRead(): boolean {
    return this.#waiting.length <= this.#options.limit && !this.#socket.writableNeedDrain && this.#socket.writable;
  }

  #goOn(): void {
    if (this.#isHeld && !this.isOver && this.#mayRead) this.#socket.resume();
  }

  readonly #arrive = (chunk: Buffer): void => {
    const socket = this.#socket;
    let at = 0;
    while (at < chunk.length && !this.isOver && this.#mayRead) {
      const slice = chunk.subarray(at, at + SLICE);
      at += SLICE;
      this.#parse(slice);
    }
    if (this.isOver) socket.off("data", this.#arrive);
    // First the pause: what is given back to a stream that flows comes back at once.
    if (this.isOver || !this.#mayRead) socket.pause();
    if (at < chunk.length && !socket.destroyed) socket.unshift(chunk.subarray(at));
  };
}
