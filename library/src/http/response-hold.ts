/** Holds a pushed response back from the moment its head is ready until the store has answered. */
import type { ServerResponse } from "node:http";
import { ServerResponse as NativeResponse, validateHeaderValue } from "node:http";
import type { Failure, MaybePromise, RouteResponse, Settlement } from "../contracts.ts";
import { answerProblem } from "../engine/request/responses.ts";
import { addCookie } from "./add-cookie.ts";
import { coverStream } from "./held-stream.ts";
import { pretendHeadersSent } from "./node-internals.ts";

type Method = "writeHead" | "write" | "end" | "flushHeaders";
type Call = readonly [method: Method, args: readonly unknown[]];
type Callable = (...args: readonly unknown[]) => unknown;
type Covered = { readonly original: Callable; readonly own: boolean; readonly cover: Callable };

/** The answer that replaces the handler's if the store would not take what it recorded. */
type Refused = (refusal: Failure) => RouteResponse;

const METHODS: readonly Method[] = ["writeHead", "write", "end", "flushHeaders"];

const ROUND =
  "the session has something to store with this response, which HTTP/2's stream goes round: " +
  "answer by response.writeHead(), write() and end() instead of response.stream";

/** Responses whose `end` was called while they were held. */
const endedWhileHeld = new WeakSet<ServerResponse>();

/** Whether the handler has said all it has to say, also if that still waits for the store. */
export function hasEnded(response: ServerResponse): boolean {
  return response.writableEnded || endedWhileHeld.has(response);
}

/**
 * Holds a response back from the moment its head is ready until `settle` has answered: what the handler writes waits,
 * then leaves in order, with the cookies that settling adds. A refusal takes the place of the handler's answer. Put on
 * at the first intent, or at once if a dead ticket is to be cleared; no other response is touched. `passes` is asked if
 * HTTP/2's stream is answered past the response: whether that may be.
 *
 * @throws {TypeError} when the head has left already: nothing recorded now could be stored with it
 */
export function hold(
  response: ServerResponse,
  settle: (status: number) => MaybePromise<Settlement>,
  refused: Refused = ({ code, retryAfter }) => answerProblem(code, [], retryAfter),
  passes: () => boolean = () => false,
): void {
  if (response.headersSent) {
    throw new TypeError("the session is closed: the response has begun, so nothing more can be stored with it");
  }
  new Hold(response, settle, refused).put(passes);
}

class Hold {
  readonly #response: ServerResponse;
  readonly #settle: (status: number) => MaybePromise<Settlement>;
  readonly #refused: Refused;
  readonly #covered = new Map<Method | "on", Covered>();
  #state: "open" | "settling" | "released" | "refused" = "open";
  #waiting: Call[] = [];
  /** Listeners for when to go on, in case another `on` has taken them elsewhere. */
  readonly #stalled: Callable[] = [];
  #uncoverStream: () => void = () => {};

  constructor(response: ServerResponse, settle: (status: number) => MaybePromise<Settlement>, refused: Refused) {
    this.#response = response;
    this.#settle = settle;
    this.#refused = refused;
  }

  put(passes: () => boolean): void {
    for (const method of METHODS) this.#cover(method, (...args) => this.#called(method, args));
    // Compression hands listeners of `drain` to a stream of its own, which knows nothing of our having said `false`.
    if (Object.hasOwn(this.#response, "on")) this.#cover("on", (...args) => this.#listen(args));
    this.#uncoverStream = coverStream(this.#response, () => {
      if (this.#state !== "open" || !passes()) throw new TypeError(ROUND);
      this.#state = "released";
      this.#uncover();
    });
  }

  #cover(method: Method | "on", cover: Callable): void {
    const response = this.#response;
    const original: unknown = Reflect.get(response, method);
    if (!isCallable(original)) return;
    this.#covered.set(method, { original, own: Object.hasOwn(response, method), cover });
    Reflect.set(response, method, cover);
  }

  #called(method: Method, args: readonly unknown[]): unknown {
    if (this.#state === "released") return this.#forward([method, args]);
    if (this.#state === "refused") return this.#swallow(method, args);
    const call = this.#checked(method, args);
    if (this.#state === "open") this.#begin();
    if (method === "end") endedWhileHeld.add(this.#response);
    this.#waiting.push(call);
    if (method === "write") return false;
    return method === "flushHeaders" ? undefined : this.#response;
  }

  /**
   * What Node would refuse at once is refused at once, to the one who can correct it. Takes over what `writeHead` was
   * given.
   */
  #checked(method: Method, args: readonly unknown[]): Call {
    const response = this.#response;
    const [first, second] = args;
    if (method === "writeHead") {
      // Node's own words for a second head.
      if (response.headersSent) Reflect.apply(NativeResponse.prototype.writeHead, response, args);
      return [method, takeHead(response, args)];
    }
    if (method === "write" || (method === "end" && first && typeof first !== "function")) checkChunk(first, second);
    return [method, args];
  }

  #begin(): void {
    this.#state = "settling";
    const response = this.#response;
    const { statusCode, statusMessage } = response;
    pretendHeadersSent(this.#response, true);
    const release = (settlement: Settlement): void => {
      pretendHeadersSent(this.#response, false);
      // As they were when the head was ready; what was assigned since came too late.
      response.statusCode = statusCode;
      response.statusMessage = statusMessage;
      this.#release(settlement);
    };
    new Promise<Settlement>((resolve) => resolve(this.#settle(statusCode)))
      .then(release)
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }

  #release({ cookies, refusal }: Settlement): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const full = refusal === null ? this.#replay(waiting, cookies) : this.#refuse(refusal, cookies, waiting);
    // A writer that got `false` waits for this; Node emits it only if it answered `false` itself.
    if (!full && waiting.some(([method]) => method === "write")) this.#goOn();
  }

  /** Lets out what waited; answers whether the last write met a full buffer. */
  #replay(waiting: readonly Call[], cookies: readonly string[]): boolean {
    this.#state = "released";
    this.#uncover();
    const response = this.#response;
    for (const cookie of cookies) addCookie(response, cookie);
    if (cookies.length > 0) response.setHeader("cache-control", "no-store");
    let last: unknown;
    for (const call of waiting) last = this.#forward(call);
    return last === false;
  }

  #refuse(refusal: NonNullable<Settlement["refusal"]>, cookies: readonly string[], waiting: readonly Call[]): false {
    const response = this.#response;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    const answer = this.#refused(refusal);
    response.statusCode = answer.status;
    response.statusMessage = "";
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    for (const cookie of cookies) addCookie(response, cookie);
    response.setHeader("content-length", Buffer.byteLength(answer.body));
    this.#state = "released";
    this.#uncover();
    this.#forward(["end", [answer.body]]);
    this.#state = "refused";
    for (const method of METHODS) this.#coverAgain(method);
    for (const [method, args] of waiting) this.#swallow(method, args);
    return false;
  }

  /** What the handler goes on writing after a refusal: it is told that all is well, and nothing of it leaves. */
  #swallow(method: Method, args: readonly unknown[]): unknown {
    const callback = args.findLast((arg) => typeof arg === "function");
    if (callback !== undefined) process.nextTick(callback);
    return method === "write" ? true : this.#response;
  }

  #listen(args: readonly unknown[]): unknown {
    const [event, listener] = args;
    if (event === "drain" && this.#state === "settling" && isCallable(listener)) this.#stalled.push(listener);
    return this.#forward(["on", args]);
  }

  #goOn(): void {
    const told = this.#response.rawListeners("drain");
    this.#response.emit("drain");
    for (const listener of this.#stalled) if (!told.includes(listener)) Reflect.apply(listener, this.#response, []);
  }

  #coverAgain(method: Method): void {
    const covered = this.#covered.get(method);
    if (covered !== undefined) Reflect.set(this.#response, method, covered.cover);
  }

  #forward([method, args]: readonly [Method | "on", readonly unknown[]]): unknown {
    const covered = this.#covered.get(method);
    return covered === undefined ? undefined : Reflect.apply(covered.original, this.#response, args);
  }

  // If other code covered the method after us, our cover stays in its chain and lets everything through.
  #uncover(): void {
    this.#uncoverStream();
    for (const [method, { original, own, cover }] of this.#covered) {
      if (Reflect.get(this.#response, method) !== cover) continue;
      if (own) Reflect.set(this.#response, method, original);
      else Reflect.deleteProperty(this.#response, method);
    }
  }
}

function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Gives the response the head that `writeHead(status, message?, headers?)` names, and answers what is left to say. */
function takeHead(response: ServerResponse, [status, message, given]: readonly unknown[]): readonly unknown[] {
  const code = Number(status) | 0;
  if (code < 100 || code > 999)
    throw coded(new RangeError(`Invalid status code: ${String(status)}`), "ERR_HTTP_INVALID_STATUS_CODE");
  if (typeof message === "string") validateHeaderValue("statusMessage", message);
  setHeaders(response, given ?? message);
  response.statusCode = code;
  if (typeof message === "string") response.statusMessage = message;
  return [code];
}

// `writeHead` takes an object, pairs, or a flat list, and a message may stand where they would; headers given there
// replace those set before.
function setHeaders(response: ServerResponse, headers: unknown): void {
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : pairsOf(headers);
    for (const [name] of pairs) response.removeHeader(name);
    for (const [name, value] of pairs) response.appendHeader(name, value);
  } else if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }
}

function pairsOf(flat: readonly string[]): [string, string][] {
  if (flat.length % 2 !== 0) throw new TypeError("writeHead: a flat list of headers needs a value after each name");
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return pairs;
}

function checkChunk(chunk: unknown, encoding: unknown): void {
  if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
    throw coded(new TypeError("a response is written as a string, a Buffer or a Uint8Array"), "ERR_INVALID_ARG_TYPE");
  }
  if (typeof chunk === "string" && typeof encoding === "string" && !Buffer.isEncoding(encoding)) {
    throw coded(new TypeError(`Unknown encoding: ${encoding}`), "ERR_UNKNOWN_ENCODING");
  }
}

/** With the code that Node gives such an error. */
function coded(error: Error, code: string): Error {
  return Object.assign(error, { code });
}
