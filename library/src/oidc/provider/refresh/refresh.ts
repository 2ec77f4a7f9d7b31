/** Refreshes tokens: what the provider's answer means for the session. */
import type { IDToken } from "openid-client";
import { fetchUserInfo } from "openid-client";
import type { Clock, Identity, JsonObject, MaybePromise, ProviderTokens, RefreshOutcome, Report } from "../../../contracts.ts";
import { within } from "../../../time/within.ts";
import { ProviderProblem, problemOf } from "../../http/provider-problem.ts";
import { longestOf } from "../../http/transport.ts";
import type { SettledConfig } from "../config.ts";
import { checkIdToken, personalClaims } from "../id-token.ts";
import { withNameOfBefore } from "../presets/name-parameter.ts";
import type { Ready } from "../ready.ts";
import { tokensOf } from "../tokens.ts";
import { changedSince } from "./changed-claims.ts";
import type { RefreshedIdToken } from "./refreshed-id-token.ts";
import { payloadOf } from "./refreshed-id-token.ts";
import type { GrantedRefresh } from "./send-refresh.ts";
import { outcomeOf, sendRefresh } from "./send-refresh.ts";

/** What a refresh needs besides the tokens. */
interface Refresher {
  readonly ready: () => MaybePromise<Ready>;
  readonly config: SettledConfig;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * The longest that a refresh takes, milliseconds: one request for the tokens, the wait for a late response included,
 * and one limit for all else together: metadata that are not known yet, keys, UserInfo.
 */
export const refreshTimeoutOf = (config: SettledConfig): number => longestOf(config.refreshTimeout) + config.timeout;

/**
 * Refreshes once: one request, never repeated. What came of it:
 *
 * | the provider | outcome |
 * |---|---|
 * | 200 with a bearer token | `refreshed`; a refresh token, ID token or scope that the answer omits stays as it was |
 * | 4xx with the JSON error `invalid_grant`, or one by which this provider says the same | `refused` |
 * | 400 with another permanent OAuth error that is not about our client | `refused`, `doubtful` |
 * | an ID token or UserInfo of another user, a forged ID token | `refused`; the new tokens are not used (ID-13) |
 * | any other 4xx but 408 and 429; 500 with a permanent OAuth error | `unavailable`, `answered`, with `Retry-After` |
 * | 408, 429, 5xx, a temporary error; also if the body is cut off | `unavailable`, with `Retry-After` |
 * | no connection: name, route, certificate, refused, too slow | `unavailable` |
 * | another 2xx, 3xx, 200 with anything else, lost or late after the request left | `unknown` |
 *
 * `Retry-After` is in milliseconds. Once the new tokens are here no later failure discards them, since the old ones are
 * used up: an ID token that cannot be checked (no keys, its times) is ignored, and without UserInfo the claims stay as
 * they are. The event `provider.failed` names the check.
 *
 * @param send sends the request and reads its answer; a test gives openid-client's way
 */
export async function refreshTokens(
  refresher: Refresher,
  before: ProviderTokens,
  identity: Identity,
  send: typeof sendRefresh = sendRefresh,
): Promise<RefreshOutcome> {
  const { refreshToken } = before;
  if (refreshToken === null)
    return { kind: "refused", cause: new ProviderProblem("refused", "refresh_token", "there is no refresh token") };
  const rest = allowance(refresher.config.timeout, refresher.clock);
  let provider: Ready;
  try {
    provider = await rest(refresher.ready());
  } catch (error) {
    return outcomeOf(problemOf(error).unambiguous());
  }
  const asked = provider.clock.now();
  const granted = await send(provider, refreshToken);
  if (granted.kind !== "granted") return granted;
  try {
    return await applyRefresh({ ...refresher, provider, before, identity, rest, asked }, granted);
  } catch (error) {
    return { kind: "unknown", answered: true, cause: problemOf(error) };
  }
}

interface RefreshContext extends Refresher {
  readonly provider: Ready;
  readonly before: ProviderTokens;
  readonly identity: Identity;
  readonly rest: Allowance;
  /**
   * When the request was sent. A token's lifetime counts from then: the answer may wait in the socket while this
   * process is stopped.
   */
  readonly asked: number;
}

async function applyRefresh(context: RefreshContext, granted: GrantedRefresh): Promise<RefreshOutcome> {
  const { provider, before, identity, asked } = context;
  const tokens = tokensOf(granted.tokens, undefined, before, asked, provider.preset);
  const idToken = granted.idToken === null ? null : await checked(context, granted.idToken, tokens.accessToken);
  if (idToken instanceof ProviderProblem) return { kind: "refused", cause: idToken };
  const next = idToken === null ? tokens : { ...tokens, idToken: granted.idToken?.text ?? null };
  if (!provider.config.userinfo) {
    const fresh = idToken === null ? null : personalClaims(idToken, null, provider.config);
    return { kind: "refreshed", tokens: next, claims: fresh && withNameOfBefore(fresh, identity.claims, provider.preset) };
  }
  const claims = await withUserinfo(context, tokens.accessToken, idToken, identity);
  return claims instanceof ProviderProblem ? { kind: "refused", cause: claims } : { kind: "refreshed", tokens: next, claims };
}

/** Failed checks that do not concern the ID token's user: the ID token is ignored, and the other tokens are used. */
const LEAVE_ASIDE: ReadonlySet<string> = new Set([
  ...["exp", "iat", "nbf", "jwt_timestamp_check_failed", "key_selection_failed"],
  ...["keys", "redirect", "content-type", "size", "depth"],
]);

/** The claims of the new ID token; `null` if it cannot be used, a problem if it is about another user. */
async function checked(
  context: RefreshContext,
  idToken: RefreshedIdToken,
  accessToken: string,
): Promise<IDToken | null | ProviderProblem> {
  const { provider, before, identity } = context;
  const changed = changedSince(idToken.payload, payloadOf(before.idToken), identity);
  if (changed !== null) return changed;
  try {
    const claims = await context.rest(idToken.verified());
    checkIdToken(claims, { config: provider.config, now: provider.clock.now(), accessToken, parameters: {} });
    return claims;
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind !== "unavailable" && !LEAVE_ASIDE.has(problem.check)) return problem;
    leftAside(context, `id_token:${problem.check}`, problem);
    return null;
  }
}

/**
 * Claims as at a login: UserInfo's, and the ID token's over them. An older ID token gives way to UserInfo, which is
 * newer.
 */
async function withUserinfo(
  context: RefreshContext,
  accessToken: string,
  idToken: IDToken | null,
  identity: Identity,
): Promise<JsonObject | null | ProviderProblem> {
  const { provider, before } = context;
  const { config } = provider;
  try {
    const userinfo = await context.rest(
      provider.call("userinfo", (client) => fetchUserInfo(client, accessToken, identity.subject)),
    );
    if (idToken !== null) return personalClaims(idToken, userinfo, config);
    return personalClaims(userinfo, payloadOf(before.idToken) ?? identity.claims, config);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.check === "json_attribute_comparison_failed")
      return new ProviderProblem("refused", "userinfo_sub", "UserInfo is about another user");
    leftAside(context, "userinfo", problem);
    return idToken === null ? null : { ...identity.claims, ...personalClaims(idToken, null, config) };
  }
}

function leftAside({ report, config }: RefreshContext, reason: string, problem: ProviderProblem): void {
  report({ name: "provider.failed", level: "warn", provider: config.name, reason, error: problem });
}

/**
 * Awaits several steps in turn within one time limit for all of them; throws {@link ProviderProblem} when it has
 * passed. A value that is there needs no timer.
 */
type Allowance = <T>(work: MaybePromise<T>) => Promise<T>;

function allowance(limit: number, clock: Clock): Allowance {
  let left = limit;
  return async (work) => {
    if (!(work instanceof Promise)) return work;
    const started = clock.monotonic();
    try {
      return await within(clock, left, work, () => {
        throw new ProviderProblem("unavailable", "timeout", "the provider did not answer in time");
      });
    } finally {
      left = Math.max(0, left - (clock.monotonic() - started));
    }
  };
}
