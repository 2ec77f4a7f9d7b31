/** One request of the doctor's: bounded in time and size, redirects not followed. */
import { once } from "node:events";
import { request } from "node:http";
import { request as requestOverTls } from "node:https";

/** What was answered. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as a JSON object; empty for anything else. */
  readonly json: { readonly [key: string]: unknown };
  /** In the middle of the request, by the clock that was given, and how long it took until then. */
  readonly at: number;
  readonly slack: number;
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

interface AskOptions extends Asked {
  /** Milliseconds. Default 10,000. */
  readonly timeout?: number;
  readonly now?: () => number;
  /** The way there, if that is not the network. */
  readonly by?: ((url: string, options: Asked & { readonly signal: AbortSignal }) => Promise<Response>) | undefined;
}

const LARGEST = 1_048_576;

/** Throws what `fetch` throws, and for an answer past 1 MiB. */
export async function ask(
  url: string,
  { timeout = 10_000, now = Date.now, by = overNode, ...options }: AskOptions,
): Promise<Heard> {
  const begun = now();
  const answer = await by(url, { ...options, signal: AbortSignal.timeout(timeout) });
  const slack = (now() - begun) / 2;
  const at = begun + slack;
  let text = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > LARGEST) throw new Error("its answer is too large");
  }
  return { status: answer.status, headers: answer.headers, text, json: parsed(text), at, slack };
}

/** Over Node's own client: the built-in `fetch` says of every request that a script made it. */
async function overNode(url: string, { body, ...asked }: Asked & { readonly signal: AbortSignal }): Promise<Response> {
  const send = url.startsWith("https:") ? requestOverTls : request;
  const sent = send(url, { ...asked, agent: false });
  sent.end(body);
  const [message] = await once(sent, "response");
  const empty = message.statusCode === 204 || message.statusCode === 304;
  if (empty) message.resume();
  return new Response(empty ? null : message, { status: message.statusCode, headers: pairsOf(message.rawHeaders) });
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
}

function parsed(text: string): Heard["json"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}

/** Why it failed, in a few words; `fetch` says what happened in its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return reasonOf(cause);
  // What the system and TLS say is known by its code; the message adds no more than the address.
  if ("code" in error && /^(?:E[A-Z]+|[A-Z_]*CERT[A-Z_]*|UNABLE_[A-Z_]+)$/.test(String(error.code))) return String(error.code);
  return error.name === "TimeoutError" || error.name === "AbortError" ? "no answer in time" : error.message;
}
