/** Interim answers: 100 and 103. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerHeaders } from "./headers/response-head.ts";

/**
 * Interim answers (RFC 9110 section 15.2): never to HTTP/1.0, which would take them for the answer, and only before
 * the head of the response whose turn it is on its connection.
 */
function mayGo(message: IncomingMessage, response: ServerResponse): boolean {
  return message.httpVersionMinor > 0 && response.socket !== null && !response.headersSent;
}

/**
 * 100 to a client that waits with its body; the expectation of an HTTP/1.0 client is none (RFC 9110 section 10.1.1).
 */
export function askForBody(message: IncomingMessage, response: ServerResponse): void {
  if (mayGo(message, response)) response.writeContinue();
}

/** 103 brings hints that are worth passing on; what else comes before an answer is the upstream's own affair. */
export function passHints(status: number, headers: AnswerHeaders, response: ServerResponse, message: IncomingMessage): void {
  const link = headers["link"];
  if (status !== 103 || link === undefined || !mayGo(message, response)) return;
  try {
    response.writeEarlyHints({ link: typeof link === "string" ? link : [...link] });
  } catch {
    // Hints that Node does not take for well-formed are only hints.
  }
}
