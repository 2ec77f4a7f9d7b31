import type { ServerResponse } from "node:http";
import type { Sending } from "../answer.ts";
import type { IdentityHeaders } from "../upstream/identity-headers.ts";

/**
 * Says yes to a proxy: 200 with the identity headers and no body. It is for the proxy alone, comes with every request of every user,
 * and is as short as it can be.
 */
export function sendYes(response: ServerResponse, { lines, text }: IdentityHeaders, { close = false }: Sending): void {
  if (response.headersSent || response.destroyed) return;
  if (!close && response.shouldKeepAlive && writeHeadAsIs(response, text)) {
    response.end();
    return;
  }
  const flat = [...lines, "cache-control", "no-store", "content-length", "0"];
  if (close) flat.push("connection", "close");
  response.writeHead(200, flat);
  response.end();
}

/**
 * Gives Node the head as text. It would take the lines apart, check each by two regular expressions and put them together again, which
 * costs as much as finding out who asks; these were checked when they were made. Answers `false` where this Node keeps its head elsewhere.
 */
function writeHeadAsIs(response: ServerResponse, text: string): boolean {
  const held: ServerResponse & { _header?: string | null } = response;
  held._header = `HTTP/1.1 200 OK\r\n${text}cache-control: no-store\r\ncontent-length: 0\r\ndate: ${date()}\r\nconnection: keep-alive\r\n\r\n`;
  return response.headersSent;
}

let second = 0;
let written = "";

/** The time as heads tell it, made once a second. */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    written = new Date(now * 1000).toUTCString();
  }
  return written;
}
