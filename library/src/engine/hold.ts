import type { ServerResponse } from "node:http";
import type { MaybePromise } from "../contracts.ts";
import { answerProblem } from "./answers.ts";
import type { Settlement } from "./settle.ts";

type Method = "writeHead" | "write" | "end" | "flushHeaders";
type Call = readonly [method: Method, args: readonly unknown[]];
type Callable = (...args: readonly unknown[]) => unknown;

const METHODS: readonly Method[] = ["writeHead", "write", "end", "flushHeaders"];

/**
 * Holds a response back from the moment its head is ready until `settle` has answered: what the handler writes waits, then leaves
 * in order, with the cookies that settling adds. A refusal takes the place of the handler's answer. Put on at the first intent only;
 * a response without intent is never touched.
 *
 * @throws {TypeError} when the head has left already: nothing recorded now could be stored with it
 */
export function hold(response: ServerResponse, settle: (status: number) => MaybePromise<Settlement>): void {
  if (response.headersSent) {
    throw new TypeError("the session is closed: the response has begun, so nothing more can be stored with it");
  }
  const held = new Hold(response, settle);
  for (const method of METHODS) held.cover(method);
}

class Hold {
  readonly #response: ServerResponse;
  readonly #settle: (status: number) => MaybePromise<Settlement>;
  readonly #covered = new Map<Method, { readonly original: Callable; readonly own: boolean; readonly cover: Callable }>();
  #state: "open" | "settling" | "released" | "refused" = "open";
  #waiting: Call[] = [];

  constructor(response: ServerResponse, settle: (status: number) => MaybePromise<Settlement>) {
    this.#response = response;
    this.#settle = settle;
  }

  cover(method: Method): void {
    const response = this.#response;
    const original: unknown = Reflect.get(response, method);
    if (!isCallable(original)) return;
    const own = Object.hasOwn(response, method);
    const cover: Callable = (...args) => this.#called(method, args);
    this.#covered.set(method, { original, own, cover });
    Reflect.set(response, method, cover);
  }

  #called(method: Method, args: readonly unknown[]): unknown {
    if (this.#state === "released") return this.#forward([method, args]);
    if (this.#state === "refused") return this.#swallow(method, args);
    if (this.#state === "open") this.#begin(method, args);
    this.#waiting.push([method, args]);
    return method === "write" ? false : this.#response;
  }

  #begin(method: Method, args: readonly unknown[]): void {
    this.#state = "settling";
    const given = method === "writeHead" ? Number(args[0]) : this.#response.statusCode;
    this.#pretendSent(true);
    Promise.resolve(this.#settle(given)).then(
      (settlement) => this.#release(settlement),
      (error: unknown) => this.#response.destroy(error instanceof Error ? error : undefined),
    );
  }

  // Middleware and Node itself ask `_header` (behind `headersSent`) whether the head has left. For the handler it has.
  #pretendSent(sent: boolean): void {
    Reflect.set(this.#response, "_header", sent ? "held" : null);
  }

  #release(settlement: Settlement): void {
    this.#pretendSent(false);
    const waiting = this.#waiting;
    this.#waiting = [];
    if (settlement.refusal === null) this.#replay(waiting, settlement.cookies);
    else this.#refuse(settlement.refusal, waiting);
  }

  #replay(waiting: readonly Call[], cookies: readonly string[]): void {
    this.#state = "released";
    this.#uncover();
    const [first, ...rest] = waiting;
    if (first === undefined) return;
    let last = this.#forward(cookies.length === 0 ? first : this.#withCookies(first, cookies));
    for (const call of rest) last = this.#forward(call);
    // Whoever was told to wait by `false` waits for this; Node says it only where it said `false` itself.
    const wrote = waiting.some(([method]) => method === "write");
    if (wrote && last !== false && !this.#response.writableEnded) this.#response.emit("drain");
  }

  #withCookies([method, args]: Call, cookies: readonly string[]): Call {
    const response = this.#response;
    let call: Call = [method, args];
    if (method === "writeHead") {
      const message = typeof args[1] === "string" ? [args[1]] : [];
      setHeaders(response, typeof args[1] === "string" ? args[2] : args[1]);
      call = [method, [args[0], ...message]];
    }
    for (const cookie of cookies) response.appendHeader("set-cookie", cookie);
    response.setHeader("cache-control", "no-store");
    return call;
  }

  #refuse(refusal: NonNullable<Settlement["refusal"]>, waiting: readonly Call[]): void {
    const response = this.#response;
    this.#state = "refused";
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    const answer = answerProblem(refusal.code, [], refusal.retryAfter);
    response.statusCode = answer.status;
    response.statusMessage = "";
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.setHeader("content-length", Buffer.byteLength(answer.body));
    this.#state = "released";
    this.#uncover();
    this.#forward(["end", [answer.body]]);
    this.#state = "refused";
    for (const method of METHODS) this.#coverAgain(method);
    for (const [method, args] of waiting) this.#swallow(method, args);
  }

  /** What the handler goes on writing after a refusal: it is told that all is well, and nothing of it leaves. */
  #swallow(method: Method, args: readonly unknown[]): unknown {
    const callback = args.findLast((arg) => typeof arg === "function");
    if (callback !== undefined) process.nextTick(callback);
    return method === "write" ? true : this.#response;
  }

  #coverAgain(method: Method): void {
    const covered = this.#covered.get(method);
    if (covered !== undefined) Reflect.set(this.#response, method, covered.cover);
  }

  #forward([method, args]: Call): unknown {
    const covered = this.#covered.get(method);
    return covered === undefined ? undefined : Reflect.apply(covered.original, this.#response, args);
  }

  // Where somebody covered the method after us, our cover stays in their chain and lets everything through.
  #uncover(): void {
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

// `writeHead` takes an object, pairs, or a flat list; headers given there stand in the place of those set before.
function setHeaders(response: ServerResponse, headers: unknown): void {
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : pairsOf(headers);
    for (const [name] of pairs) response.removeHeader(name);
    for (const [name, value] of pairs) response.appendHeader(name, value);
  } else if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  }
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return pairs;
}
