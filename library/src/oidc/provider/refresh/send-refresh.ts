/** Sends the refresh token once, and classifies the answer. */
import type { Clock, RefreshOutcome } from "../../../contracts.ts";
import { isChallenge } from "../../http/challenge.ts";
import { errorCodeOf, membersOf } from "../../http/oauth-error.ts";
import { fromErrorCode, ProviderProblem, problemOf } from "../../http/provider-problem.ts";
import type { ReadResponse } from "../../http/read-response.ts";
import { retryAfterOf } from "../../http/retry-after.ts";
import { failed } from "../id-token-claims.ts";
import type { ProviderPreset } from "../presets/preset.ts";
import type { Ready } from "../ready.ts";
import type { GrantedTokens } from "../tokens.ts";
import { tokensIn } from "./refresh-response.ts";
import type { RefreshedIdToken } from "./refreshed-id-token.ts";
import { refreshedIdToken } from "./refreshed-id-token.ts";

/** Tokens that the provider gave for a refresh token, which is used up then. */
export interface GrantedRefresh {
  readonly kind: "granted";
  readonly tokens: GrantedTokens;
  readonly idToken: RefreshedIdToken | null;
}

/** The outcome of one refresh request. */
export type SentRefresh = GrantedRefresh | Exclude<RefreshOutcome, { kind: "refreshed" }>;

/** Sends the one request, and classifies an answer without tokens. */
export async function sendRefresh(provider: Ready, refreshToken: string): Promise<SentRefresh> {
  let answer: ReadResponse;
  try {
    const made = provider.refreshRequest(refreshToken);
    const { url, ...request } = made instanceof Promise ? await made : made;
    answer = await provider.transport.send("token", url, request, provider.config.refreshTimeout);
  } catch (error) {
    return outcomeOf(problemOf(error));
  }
  return outcomeOfAnswer(answer, provider);
}

/** What the answer comes to. */
function outcomeOfAnswer(answer: ReadResponse, provider: Ready): SentRefresh {
  if (answer.status !== 200) return answeredNo(answer, problemIn(answer), provider);
  try {
    const { tokens, idToken } = tokensIn(answer.content);
    return { kind: "granted", tokens, idToken: refreshedIdToken(idToken, provider) };
  } catch (error) {
    return answeredNo(answer, problemOf(error), provider);
  }
}

/**
 * What an answer with another status than 200 says is wrong: by its challenge, else by its body (RFC 6749, section
 * 5.2).
 */
export function problemIn({ status, fields, content }: ReadResponse): ProviderProblem {
  if (isChallenge(fields.get("www-authenticate")))
    return new ProviderProblem("refused", "client", `the provider did not accept our client (status ${status})`);
  if (status < 400 || status > 499) return failed("response_is_not_conform", "unexpected status");
  if (fields.get("content-type")?.split(";")[0] !== "application/json")
    return failed("response_is_not_json", "unexpected content type");
  const error = membersOf(fields, content)?.get("error");
  if (typeof error === "string" && error !== "") return fromErrorCode(error, "token", false);
  return failed("response_is_not_conform", "unexpected status");
}

/** What a request came to that gave no answer: `unknown` if it may have taken effect all the same. */
export function outcomeOf(problem: ProviderProblem): Exclude<RefreshOutcome, { kind: "refreshed" | "refused" }> {
  const answered = problem.kind === "invalid";
  if (problem.ambiguous) return { kind: "unknown", answered, cause: problem };
  return { kind: "unavailable", answered, retryAfter: problem.retryAfter, cause: problem };
}

/**
 * Errors that say nothing of the grant: they are about our client, and no other token would fare better (RFC 6749 5.2).
 */
const ABOUT_US: ReadonlySet<string> = new Set(["invalid_client", "unauthorized_client", "unsupported_grant_type"]);
/** Temporary errors. */
const PASSING: ReadonlySet<string> = new Set(["temporarily_unavailable", "server_error", "slow_down"]);

/**
 * What a provider that answers without tokens means. An OAuth error in JSON that is neither about our client nor
 * passing is a no to this grant: for certain if it is `invalid_grant`, by whatever 4xx it comes, or one of the
 * preset's; else it may be about the request, and counts when it is said twice.
 */
export function answeredNo(
  response: ReadResponse,
  problem: ProviderProblem,
  { clock, preset }: { readonly clock: Pick<Clock, "now">; readonly preset: Pick<ProviderPreset, "refusals"> },
): Exclude<RefreshOutcome, { kind: "refreshed" }> {
  const { status, fields, content } = response;
  const error = errorCodeOf(membersOf(fields, content));
  const cause = error === null || problem.errorCode !== null ? problem : saying(error, problem);
  if (status < 400) return { kind: "unknown", answered: true, cause };
  const retryAfter = retryAfterOf(fields, clock.now());
  const passes = status === 408 || (error !== null && PASSING.has(error));
  if (passes) return { kind: "unavailable", retryAfter, cause };
  // Dex answers so for a user who is no longer in its directory. It may also be a temporary fault, so it ends no
  // session.
  if (status === 500) return { kind: "unavailable", answered: true, retryAfter, cause };
  const isRefusal = error !== null && !ABOUT_US.has(error);
  const certain = isRefusal && (error === "invalid_grant" || preset.refusals.includes(error));
  // RFC 6749 5.2 gives 400 to these errors. 401, 403 and 404 with other words come from a firewall or a wrong address.
  if (!certain && !(isRefusal && status === 400)) return { kind: "unavailable", answered: true, retryAfter, cause };
  const words = certain ? "the refresh token is no longer valid" : "the provider refused, perhaps the refresh token";
  return { kind: "refused", doubtful: !certain, cause: new ProviderProblem("refused", error, words, { errorCode: error }) };
}

/**
 * The problem, with the error code that the provider gave: a challenge in the header hides it, as does a media type of
 * its own.
 */
const saying = (errorCode: string, { kind, check, message }: ProviderProblem): ProviderProblem =>
  new ProviderProblem(kind, check, message, { errorCode });
