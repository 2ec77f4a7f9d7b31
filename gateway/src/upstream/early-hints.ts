import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerHeaders } from "./answer-head.ts";

/** 103 brings hints that are worth passing on; what else comes before an answer is the upstream's own affair. */
export function passHints(status: number, headers: AnswerHeaders, response: ServerResponse, message: IncomingMessage): void {
  const link = headers["link"];
  if (status !== 103 || link === undefined || message.httpVersionMinor === 0 || response.headersSent) return;
  try {
    response.writeEarlyHints({ link: typeof link === "string" ? link : [...link] });
  } catch {
    // Hints that Node does not take for well-formed are only hints.
  }
}
