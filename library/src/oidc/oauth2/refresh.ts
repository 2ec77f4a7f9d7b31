/** Keeps a session in step with a provider without OpenID Connect: by a refresh token, or by asking for the user. */
import type { Clock, Identity, JsonObject, ProviderTokens, RefreshOutcome, Report } from "../../contracts.ts";
import { within } from "../../time/within.ts";
import { ProviderProblem, problemOf } from "../http/provider-problem.ts";
import type { ReadResponse } from "../http/read-response.ts";
import type { Transport } from "../http/transport.ts";
import { tokensIn } from "../provider/refresh/refresh-response.ts";
import { answeredNo, outcomeOf } from "../provider/refresh/send-refresh.ts";
import { tokensOf } from "../provider/tokens.ts";
import { apiWith } from "./api.ts";
import type { SettledOAuth2 } from "./config.ts";
import { askForTokens, problemIn, translated } from "./token-endpoint.ts";
import { userOf } from "./user.ts";

/** What stands for a refresh token if the access token never runs out: the user is asked for with that. */
export const RECHECK = "recheck";

/** What a refresh needs besides the tokens. */
export interface OAuth2Context {
  readonly config: SettledOAuth2;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * Refreshes once. What came of it is as with a provider of OpenID Connect; without a refresh token of the provider's
 * the access token is shown to its API instead: refused if it is no longer taken.
 */
export async function refreshOAuth2(context: OAuth2Context, before: ProviderTokens, identity: Identity): Promise<RefreshOutcome> {
  const { refreshToken } = before;
  if (refreshToken === null)
    return { kind: "refused", cause: new ProviderProblem("refused", "refresh_token", "there is no refresh token") };
  return refreshToken === RECHECK ? recheck(context, before, identity) : exchange(context, before, refreshToken, identity);
}

/** Nothing is used up here: an answer that is lost is asked for again. */
async function recheck(context: OAuth2Context, before: ProviderTokens, identity: Identity): Promise<RefreshOutcome> {
  const asked = context.clock.now();
  try {
    const claims = await claimsOf(context, before.accessToken, identity);
    return { kind: "refreshed", tokens: { ...before, expires: asked + context.config.recheck }, claims };
  } catch (error) {
    const problem = problemOf(error);
    return isOfUser(problem) ? { kind: "refused", cause: problem } : outcomeOf(problem.unambiguous());
  }
}

/** A token that is no longer taken, or is another user's. */
const isOfUser = ({ check }: ProviderProblem): boolean => check === "access_token" || check === "userinfo_sub";

async function exchange(
  context: OAuth2Context,
  before: ProviderTokens,
  refreshToken: string,
  identity: Identity,
): Promise<RefreshOutcome> {
  const { config, transport, clock, report } = context;
  const asked = clock.now();
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  let answer: ReadResponse;
  try {
    answer = translated(await askForTokens(config, transport, form, config.refreshTimeout), config.errors);
  } catch (error) {
    return outcomeOf(problemOf(error));
  }
  const no = (problem: ProviderProblem) => answeredNo(answer, problem, { clock, preset: { refusals: [] } });
  if (answer.status !== 200) return no(problemIn(answer));
  let tokens: ProviderTokens;
  try {
    tokens = tokensOf(tokensIn(answer.content).tokens, undefined, before, asked);
  } catch (error) {
    return no(problemOf(error));
  }
  try {
    return { kind: "refreshed", tokens, claims: await claimsOf(context, tokens.accessToken, identity) };
  } catch (error) {
    const problem = problemOf(error);
    if (isOfUser(problem)) return { kind: "refused", cause: problem };
    // With the tokens in hand no later failure discards them: the claims stay as they are.
    report({ name: "provider.failed", level: "warn", provider: config.name, reason: "userinfo", error: problem });
    return { kind: "refreshed", tokens, claims: null };
  }
}

async function claimsOf(context: OAuth2Context, accessToken: string, identity: Identity): Promise<JsonObject> {
  const { config, clock, report } = context;
  const late = (): never => {
    throw new ProviderProblem("unavailable", "timeout", "the provider did not answer in time");
  };
  const { subject, claims } = await within(clock, config.timeout, userOf(config, apiWith(accessToken, context), report), late);
  if (subject === identity.subject) return claims;
  throw new ProviderProblem("refused", "userinfo_sub", "the access token is of another user");
}
