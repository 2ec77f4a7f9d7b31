/** Access tokens for single APIs, as a provider gives them: by refresh token (RFC 8707) or by exchange (RFC 8693). */
import type { ApiTokenOutcome, MaybePromise, ProviderTokens, TokenTarget } from "../../../contracts.ts";
import { ProviderProblem, problemOf } from "../../http/provider-problem.ts";
import type { ReadResponse } from "../../http/read-response.ts";
import type { Ready } from "../ready.ts";
import { tokensIn } from "../refresh/refresh-response.ts";
import { answeredNo, outcomeOf, problemIn } from "../refresh/send-refresh.ts";
import { tokensOf } from "../tokens.ts";
import type { ApiTokenWay } from "./api-token-way.ts";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/**
 * Asks once. A no is about the API and costs the session nothing: whether its grant is over is for its own refresh to
 * find out. An answer that is lost is `unknown` only if a refresh token was shown.
 */
export async function apiToken(
  getReady: () => MaybePromise<Ready>,
  tokens: ProviderTokens,
  target: TokenTarget,
): Promise<ApiTokenOutcome> {
  let shown = false;
  try {
    const ready = await getReady();
    const way = ready.config.apiTokens ?? ready.preset.apiTokens ?? "resource";
    const grant = grantFor(way, tokens, target);
    if (grant === null) throw new ProviderProblem("refused", "refresh_token", "there is no refresh token to show");
    const { url, ...request } = await ready.grantRequest(grant.toString());
    const asked = ready.clock.now();
    shown = way !== "exchange";
    const answer = await ready.transport.send("token", url, request, ready.config.refreshTimeout);
    return outcomeOfAnswer(answer, ready, asked, shown);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === "refused") return { kind: "denied", cause: problem };
    return outcomeOf(shown ? problem : problem.unambiguous());
  }
}

/** What is sent, but for the client's authentication; `null`: there is nothing to show. */
function grantFor(way: ApiTokenWay, tokens: ProviderTokens, { audience, scope }: TokenTarget): URLSearchParams | null {
  const grant = new URLSearchParams();
  if (way === "exchange") {
    grant.set("grant_type", EXCHANGE);
    grant.set("subject_token", tokens.accessToken);
    grant.set("subject_token_type", ACCESS_TOKEN);
    grant.set("requested_token_type", ACCESS_TOKEN);
    if (audience !== undefined) grant.set("audience", audience);
  } else {
    if (tokens.refreshToken === null) return null;
    grant.set("grant_type", "refresh_token");
    grant.set("refresh_token", tokens.refreshToken);
    if (audience !== undefined && way !== "scope") grant.set(way, audience);
  }
  if (scope !== undefined) grant.set("scope", scope);
  return grant;
}

function outcomeOfAnswer(answer: ReadResponse, ready: Ready, asked: number, shown: boolean): ApiTokenOutcome {
  const { status } = answer;
  if (status >= 400) {
    const outcome = answeredNo(answer, problemIn(answer), ready);
    // 408 and 429 pass by themselves.
    const passes = status >= 500 || status === 408 || status === 429;
    return outcome.kind === "unavailable" && passes ? outcome : { kind: "denied", cause: outcome.cause };
  }
  try {
    if (status !== 200) throw problemIn(answer);
    const { accessToken, expires, refreshToken } = tokensOf(tokensIn(answer.content).tokens, undefined, null, asked);
    return { kind: "granted", accessToken, expires, refreshToken };
  } catch (error) {
    const cause = problemOf(error);
    // It may have come with a new refresh token, in the place of the one that was shown.
    return shown ? { kind: "unknown", answered: true, cause } : { kind: "unavailable", answered: true, retryAfter: null, cause };
  }
}
