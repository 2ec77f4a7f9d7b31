/** Turns the error of a check into the verdict on a bearer token. */
import type { TokenVerdict } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { RefuseKey } from "../http/config-checks.ts";
import { ProviderProblem } from "../http/provider-problem.ts";

/** The verdict for an error. Only a fault of the token itself makes it invalid; any other error is an outage. */
export function verdictOf(error: unknown): TokenVerdict {
  if (error instanceof ProviderProblem && error.kind === "invalid") return { kind: "invalid", reason: error.check };
  const retryAfter = error instanceof ProviderProblem ? (error.retryAfter ?? undefined) : undefined;
  return { kind: "unavailable", cause: error, ...omitUndefined({ retryAfter }) };
}

/** The audiences of a setting, each a non-empty string. */
export function audiencesOf(audience: string | readonly string[], refuse: RefuseKey): readonly string[] {
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  const texts = audiences.filter((one): one is string => typeof one === "string" && one !== "");
  if (texts.length === 0 || texts.length < audiences.length) throw refuse("audience", "is a text, or a list of them.");
  return texts;
}

/** The words of `requiredScope`. */
export function scopeWords(scope: string | undefined, refuse: RefuseKey): readonly string[] {
  if (scope === undefined) return [];
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scope))
    throw refuse("requiredScope", "is a list of words with single spaces.");
  return scope.split(" ");
}
