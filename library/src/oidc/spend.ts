import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import { refreshTokenGrant } from "openid-client";
import type { MaybePromise, RefreshOutcome } from "../contracts.ts";
import { ProviderProblem, problemOf } from "./failure.ts";
import { ReadResponse } from "./http/read-response.ts";
import { checkIdTokenSignature } from "./id-token-signature.ts";
import { errorCodeOf, membersOf } from "./oauth-error.ts";
import type { Ready } from "./provider.ts";
import { retryAfterOf } from "./retry-after.ts";
import type { Transport } from "./transport.ts";

type Answer = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** The provider's answer to a refresh token: it is spent. */
export interface Spent {
  readonly kind: "spent";
  /** Without the ID token: what is wrong with that must not cost the others. */
  readonly answer: TokenEndpointResponse;
  /** As it came, not checked. */
  readonly idToken: string | null;
  /** The same answer with the ID token, fully checked. Sends nothing but, where needed, for keys. Throws or rejects for what is wrong with it. */
  verified(): MaybePromise<Answer>;
}

/** Sends the one request, and tells what it means where it gave no tokens. */
export async function spend(
  provider: Ready,
  refreshToken: string,
): Promise<Spent | Exclude<RefreshOutcome, { kind: "renewed" }>> {
  let sent: Promise<ReadResponse> | null = null;
  const once: Transport = {
    send(purpose, url, options) {
      sent = provider.transport.send(purpose, url, options, provider.config.refreshTimeout);
      return sent;
    },
  };
  try {
    const whole = await granted(provider, refreshToken, once);
    return spent(provider, whole, idTokenIn(whole.id_token), () => whole);
  } catch (error) {
    return without(provider, refreshToken, sent, problemOf(error));
  }
}

const granted = (provider: Ready, refreshToken: string, via: Transport): Promise<Answer> =>
  provider.call("token", (client) => refreshTokenGrant(client, refreshToken), via);

/** What the answer comes to that did not pass as a whole: perhaps it is the ID token alone that did not. Sends nothing. */
async function without(
  provider: Ready,
  refreshToken: string,
  sent: Promise<ReadResponse> | null,
  problem: ProviderProblem,
): Promise<Spent | Exclude<RefreshOutcome, { kind: "renewed" }>> {
  let kept: ReadResponse;
  try {
    if (sent === null) return outcomeOf(problem);
    kept = await sent;
  } catch {
    return outcomeOf(problem);
  }
  const json = kept.status === 200 ? membersOf(kept.fields, kept.content) : null;
  if (json === null || !json.has("id_token")) return answeredNo(kept, problem, provider);
  const idToken = idTokenIn(json.get("id_token"));
  json.delete("id_token");
  const rest = new ReadResponse(kept.status, kept.fields, Object.fromEntries(json));
  try {
    const again: Transport = { send: () => Promise.resolve(rest) };
    return spent(provider, await granted(provider, refreshToken, again), idToken, () => {
      throw problem;
    });
  } catch (error) {
    return answeredNo(kept, problemOf(error), provider);
  }
}

const idTokenIn = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));

function spent(
  { config, keys }: Ready,
  { id_token: _, ...answer }: Answer,
  idToken: string | null,
  checked: () => Answer,
): Spent {
  return {
    kind: "spent",
    answer,
    idToken,
    verified() {
      const whole = checked();
      const checking =
        whole.id_token === undefined ? null : checkIdTokenSignature(whole.id_token, config.idTokenSigningAlg, keys);
      return checking instanceof Promise ? checking.then(() => whole) : whole;
    },
  };
}

/** What a request came to that gave no answer: `unknown` where it may have taken effect all the same. */
export function outcomeOf(problem: ProviderProblem): Exclude<RefreshOutcome, { kind: "renewed" | "refused" }> {
  const answered = problem.kind === "invalid";
  if (problem.ambiguous) return { kind: "unknown", answered, cause: problem };
  return { kind: "unavailable", answered, retryAfter: problem.retryAfter, cause: problem };
}

/** Errors that say nothing of the grant: they are about our client, and no other token would fare better (RFC 6749 5.2). */
const ABOUT_US: ReadonlySet<string> = new Set(["invalid_client", "unauthorized_client", "unsupported_grant_type"]);
/** Errors that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(["temporarily_unavailable", "server_error", "slow_down"]);

/**
 * What a provider that answers without tokens means. An OAuth error in JSON that is neither about our client nor passing is a no to this
 * grant: for certain where it is `invalid_grant`, by whatever 4xx it comes, or one of the preset's; else it may be about the request, and
 * counts when it is said twice.
 */
function answeredNo(
  kept: ReadResponse,
  problem: ProviderProblem,
  { clock, preset }: Ready,
): Exclude<RefreshOutcome, { kind: "renewed" }> {
  const { status, fields, content } = kept;
  const error = errorCodeOf(membersOf(fields, content));
  const cause = error === null || problem.errorCode !== null ? problem : saying(error, problem);
  if (status < 400) return { kind: "unknown", answered: true, cause };
  const retryAfter = retryAfterOf(fields, clock.now());
  const passes = status === 408 || (error !== null && PASSING.has(error));
  if (passes) return { kind: "unavailable", retryAfter, cause };
  // Dex says so of a user whom its directory does not know any more. It may be a fault that passes as well, so nothing ends for it.
  if (status === 500) return { kind: "unavailable", answered: true, retryAfter, cause };
  const isRefusal = error !== null && !ABOUT_US.has(error);
  const certain = isRefusal && (error === "invalid_grant" || preset.refusals.includes(error));
  // RFC 6749 5.2 gives 400 to these errors. 401, 403 and 404 with words of somebody else's are those of a wall or of a wrong address.
  if (!certain && !(isRefusal && status === 400)) return { kind: "unavailable", answered: true, retryAfter, cause };
  const words = certain ? "the refresh token is no longer valid" : "the provider refused, perhaps the refresh token";
  return { kind: "refused", doubtful: !certain, cause: new ProviderProblem("refused", error, words, { errorCode: error }) };
}

/** The problem, with the error code that the provider gave: a challenge in the header hides it from openid-client. */
const saying = (errorCode: string, { kind, check, message }: ProviderProblem): ProviderProblem =>
  new ProviderProblem(kind, check, message, { errorCode });
