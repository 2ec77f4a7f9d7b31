/** What of an error may be logged. */
import { CoatcheckError } from "coatcheck/errors";
import { omitUndefined } from "coatcheck/settings";

/** What a log may hold of an error. */
interface DescribedError {
  readonly name: string;
  readonly code?: string;
  /** Which of our checks a provider's answer failed. */
  readonly check?: string;
  readonly message?: string;
  readonly at?: readonly string[];
  readonly cause?: DescribedError;
}

const DEEPEST = 4;

/**
 * Name, code and cause of an error. Messages are taken only from our own errors, those about providers (with the
 * provider's error code and the check that failed), and from those that the system or undici gave a code: what others
 * say may quote a token or a body (OP-01). For those the places in the code are told instead.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const ofProvider = aboutProvider(error);
  const code = ofProvider?.code ?? ("code" in error && typeof error.code === "string" ? error.code : undefined);
  const speaks =
    ofProvider !== undefined ||
    error instanceof CoatcheckError ||
    (code !== undefined && /^(?:E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(code));
  const hasCause = error.cause !== undefined && depth < DEEPEST;
  return {
    name: error.name,
    ...omitUndefined({ code, check: ofProvider?.check }),
    ...(speaks ? { message: error.message } : { at: framesOf(error) }),
    ...omitUndefined({ cause: hasCause ? describeError(error.cause, depth + 1) : undefined }),
  };
}

/** What a problem with a provider says of itself; the library makes its words so that they may be logged. */
function aboutProvider(error: Error): { readonly check: string; readonly code: string | undefined } | undefined {
  if (error.name !== "ProviderProblem" || !("check" in error) || typeof error.check !== "string") return undefined;
  const code = "errorCode" in error && typeof error.errorCode === "string" ? error.errorCode : undefined;
  return { check: error.check, code };
}

/** Functions and lines of a stack, without the message that stands above them. */
function framesOf({ stack = "" }: Error): readonly string[] {
  return stack
    .split("\n")
    .filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 6)
    .map((line) => line.trim().replace(/\(?(?:file:\/\/)?\/.*\/([^/]+\/[^/]+:\d+:\d+)\)?$/, "$1"));
}
