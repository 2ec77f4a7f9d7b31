/** Describes an error in words that may be shown and logged. */
import { CoatcheckError } from "../errors.ts";

const DEEPEST = 3;

/**
 * Name, code, check and message of an error and of its causes. Messages are taken only from our own errors, those about
 * providers among them, and from those that the system gave a code: messages of others may quote a token or a body
 * (OP-01).
 */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return typeof error;
  const code = textOf(error, "code") ?? textOf(error, "errorCode");
  const check = error.name === "ProviderProblem" ? textOf(error, "check") : undefined;
  const speaks = check !== undefined || error instanceof CoatcheckError || (code !== undefined && /^E[A-Z]+$/.test(code));
  const words = [error.name, ...(code === undefined ? [] : [code]), ...(check === undefined || check === code ? [] : [check])];
  const message = speaks ? `: ${error.message}` : "";
  const cause = error.cause === undefined || depth >= DEEPEST ? "" : ` (${describeError(error.cause, depth + 1)})`;
  return `${words.join(" ")}${message}${cause}`;
}

function textOf(error: Error, name: "code" | "errorCode" | "check"): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}
