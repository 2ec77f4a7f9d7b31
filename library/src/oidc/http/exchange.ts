/** One request to a provider and its response, over Node's own client or over a configured `fetch`. */
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { request as requestOverTls } from "node:https";
import { urlToHttpOptions } from "node:url";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { poolFor, settled } from "./keep-alive.ts";
import { ProviderProblem } from "./provider-problem.ts";
import type { AnswerHeaders } from "./read-response.ts";
import { headersOf, rawHeaders } from "./read-response.ts";
import { watchSend } from "./send-watch.ts";

/** The part of `fetch` that openid-client uses: a string and plain options. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** A response whose head has arrived. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The whole body. Throws {@link ProviderProblem} past so many bytes. */
  read(limit: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Discards the body. */
  discard(): void;
}

/** A request in progress. */
interface Exchange {
  readonly answer: Promise<Answer>;
  /** Nothing of the request can have reached the provider. Also `false` if that is not known. */
  neverLeft(): boolean;
  stop(): void;
}

/** Starts an exchange. `leaves` is called when the request's head is written to a connection. */
export type Begin = (url: string, options: RequestInit, signal: AbortSignal, leaves: () => void) => Exchange;

type Unpack = (packed: Buffer, options: { readonly maxOutputLength: number }) => Buffer<ArrayBuffer>;
const UNPACK: { readonly [coding: string]: Unpack } = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
const UNCLEAR = { ambiguous: true };

/**
 * Over `node:http`, a quarter of the cost of the built-in `fetch`, whose bodies are web streams. Requests ask for no
 * compression (`identity`); a compressed response is decompressed up to the limit.
 */
const direct: Begin = (url, options, signal, leaves) => {
  let left = false;
  const leave = (): void => {
    left = true;
    leaves();
  };
  const send = (keepAlive: boolean): Sent => sendOnce(url, options, signal, leave, keepAlive);
  const answer = (options.method ?? "GET") === "GET" ? read(send, signal) : act(url, send, signal);
  return { answer, neverLeft: () => !left, stop: () => undefined };
};

type Send = (keepAlive: boolean) => Sent;

/**
 * A keep-alive connection that the server was just closing says nothing about the server. An idempotent request is
 * retried on a new one.
 */
function read(send: Send, signal: AbortSignal): Promise<Answer> {
  const sent = send(true);
  return sent.answer.catch((error: unknown) => {
    if (!sent.reused() || signal.aborted) throw error;
    return send(false).answer;
  });
}

/** Any other request is sent once, over a connection that is still open as far as this machine knows. */
function act(url: string, send: Send, signal: AbortSignal): Promise<Answer> {
  const known = settled(url, signal);
  return known === null ? send(true).answer : known.then(() => send(true).answer);
}

interface Sent {
  readonly answer: Promise<Answer>;
  /** Whether it used a keep-alive connection. */
  reused(): boolean;
}

function sendOnce(
  url: string,
  { method = "GET", headers, body }: RequestInit,
  signal: AbortSignal,
  leave: () => void,
  keepAlive: boolean,
): Sent {
  const secure = url.startsWith("https:");
  const options = {
    ...placeOf(url),
    method,
    headers: { "accept-encoding": "identity", ...plain(headers), ...lengthOf(body) },
    agent: keepAlive && poolFor(url),
  };
  const sending = secure ? requestOverTls(options) : request(options);
  const answer = new Promise<Answer>((resolve, reject) => {
    sending.once("error", reject);
    sending.once("response", (message) => resolve(answerOf(message)));
  });
  sending.once("socket", (socket) => {
    if (sending.reusedSocket || !socket.connecting) leave();
    else socket.once(secure ? "secureConnect" : "connect", leave);
  });
  // Node's own `signal` option watches the request until its end, which costs as much as sending it.
  const stop = (): void => void sending.destroy(new DOMException("aborted", "AbortError"));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  sending.end(typeof body === "string" ? body : undefined);
  return { answer, reused: () => sending.reusedSocket };
}

type Place = ReturnType<typeof urlToHttpOptions>;

/** The parsed addresses of the few endpoints. */
const places = new Map<string, Place>();
const MOST_PLACES = 64;

function placeOf(url: string): Place {
  const known = places.get(url);
  if (known !== undefined) return known;
  const place = urlToHttpOptions(new URL(url));
  // Addresses of single keys end in a name, so their number is not bounded.
  if (places.size >= MOST_PLACES) places.clear();
  places.set(url, place);
  return place;
}

const lengthOf = (body: RequestInit["body"]) =>
  omitUndefined({ "content-length": typeof body === "string" ? String(Buffer.byteLength(body)) : undefined });

function plain(headers: RequestInit["headers"]): { readonly [name: string]: string } {
  if (headers === undefined) return {};
  return isIterable(headers) ? Object.fromEntries(new Headers(headers)) : headers;
}

/** As `Headers` and lists are. Naming `Headers` would load all of Node's `fetch`. */
const isIterable = (headers: NonNullable<RequestInit["headers"]>): headers is Headers | [string, string][] =>
  Symbol.iterator in headers;

function answerOf(message: IncomingMessage): Answer {
  return {
    status: message.statusCode ?? 0,
    headers: rawHeaders(message.rawHeaders),
    read: (limit) => whole(message, limit),
    discard: () => void message.destroy(),
  };
}

function whole(message: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    message.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= limit) return;
      reject(tooLarge(limit));
      message.destroy();
    });
    message.once("end", () => {
      try {
        resolve(unpacked(Buffer.concat(parts), message.headers["content-encoding"], limit));
      } catch (error) {
        reject(error);
      }
    });
    message.once("error", reject);
    message.once("aborted", () => reject(new Error("the answer broke off")));
  });
}

function unpacked(body: Buffer<ArrayBuffer>, coding: string | undefined, limit: number): Buffer<ArrayBuffer> {
  if (coding === undefined || coding === "identity") return body;
  const unpack = UNPACK[coding];
  if (unpack === undefined) throw new ProviderProblem("invalid", "content-encoding", "the provider's answer is packed", UNCLEAR);
  try {
    return unpack(body, { maxOutputLength: limit });
  } catch (error) {
    const tooMuch = error instanceof RangeError;
    throw tooMuch
      ? tooLarge(limit)
      : new ProviderProblem("invalid", "content-encoding", "the provider's answer cannot be unpacked", UNCLEAR);
  }
}

/** Over a configured `fetch`: the environment's, or a test's. */
function over(fetch: Fetch): Begin {
  return (url, options, signal, leaves) => {
    const sending = watchSend(leaves);
    const answer = sending
      .run(() => fetch(url, { ...options, redirect: "manual", signal }))
      .then((response): Answer => {
        const { status } = response;
        const headers = headersOf(response.headers);
        const discard = (): void => void response.body?.cancel().catch(() => undefined);
        return { status, headers, read: (limit) => readBounded(response, limit), discard };
      });
    return { answer, neverLeft: () => sending.neverLeft(), stop: () => sending.stop() };
  };
}

/** Over the configured `fetch`, else over Node's own client. */
export const beginning = (fetch?: Fetch): Begin => (fetch === undefined ? direct : over(fetch));

async function readBounded(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    parts.push(value);
  }
  return new Uint8Array(Buffer.concat(parts));
}

const tooLarge = (limit: number): ProviderProblem =>
  new ProviderProblem("invalid", "size", `the provider's answer has more than ${limit} bytes`, { ambiguous: true });
