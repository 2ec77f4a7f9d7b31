/** Writes response heads as text, which costs Node less than single headers. */
import type { ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import { keepHead, toldKeepAlive } from "../server/node-internals.ts";

/**
 * Gives Node the head of an answer as text. Node would take the lines apart, check each by two regular expressions
 * and join them again, which costs as much as authenticating the caller. So this is for lines that were checked
 * already: by the code that made them, or by the parser that read them. `lines` end with CRLF, and say how long the
 * body is. The connection stays open. Answers `false` if this version of Node keeps its head elsewhere.
 */
export function holdHead(response: ServerResponse, status: number, lines: string): boolean {
  response.statusCode = status;
  return keepHead(response, `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n${lines}\r\n`);
}

/**
 * Writes the head of an answer whose lines an upstream's parser read; as text if nothing is left for Node to decide.
 */
export function writeHead(response: ServerResponse, status: number, lines: string[]): void {
  // An answer without a body has a length of its own kind, which Node knows.
  if (response.shouldKeepAlive && status !== 204 && status !== 304) {
    const text = textOf(lines);
    if (text !== undefined && holdHead(response, status, text + keepAliveOf(response))) return;
  }
  response.writeHead(status, lines);
}

/** The lines in one text; `undefined` if they do not say how long the body is, or if they close the connection. */
function textOf(lines: readonly string[]): string | undefined {
  let text = "";
  let lengths = 0;
  let dated = false;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index];
    if (name === "content-length") lengths++;
    else if (name === "date") dated = true;
    else if (name === "connection") return undefined;
    text += `${name}: ${lines[index + 1]}\r\n`;
  }
  if (lengths !== 1) return undefined;
  return dated ? text : `${text}date: ${date()}\r\n`;
}

let hinted = -1;
let hint = "";

/** The hint that Node would write; see {@link IdleConnections}. */
function keepAliveOf(response: ServerResponse): string {
  const timeout = toldKeepAlive(response);
  if (timeout !== hinted) {
    hinted = timeout;
    hint = "connection: keep-alive\r\n";
    if (timeout > 0) hint += `keep-alive: timeout=${Math.floor(timeout / 1000)}\r\n`;
  }
  return hint;
}

let second = 0;
let written = "";

/** The time as heads tell it, made once a second. */
export function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    written = new Date(now * 1000).toUTCString();
  }
  return written;
}
