/** The shortest 200 that a proxy can be told, with the identity headers. */
import type { ServerResponse } from "node:http";
import { date, holdHead } from "../response/head-text.ts";
import type { Sending } from "../response/response.ts";
import type { IdentityHeaders } from "../upstream/headers/identity-headers.ts";

/**
 * Says yes to a proxy: 200 with the identity headers and no body. It is for the proxy alone, comes with every request
 * of every user, and is as short as it can be.
 */
export function sendYes(response: ServerResponse, { lines, text }: IdentityHeaders, { close = false }: Sending): void {
  if (response.headersSent || response.destroyed) return;
  if (!close && response.shouldKeepAlive && holdHead(response, 200, headOf(text ?? textOf(lines)))) {
    response.end();
    return;
  }
  const flat = [...lines, "cache-control", "no-store", "content-length", "0"];
  if (close) flat.push("connection", "close");
  response.writeHead(200, flat);
  response.end();
}

function textOf(lines: readonly string[]): string {
  let text = "";
  for (let index = 0; index < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  return text;
}

const headOf = (identity: string): string =>
  `${identity}cache-control: no-store\r\ncontent-length: 0\r\ndate: ${date()}\r\nconnection: keep-alive\r\n`;
