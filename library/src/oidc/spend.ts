import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import { refreshTokenGrant } from "openid-client";
import type { RefreshOutcome } from "../contracts.ts";
import { ProviderProblem, problemOf } from "./failure.ts";
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
  readonly answer: Answer;
  /** As it came, not checked. */
  readonly idToken: string | null;
  /** The same answer with the ID token, fully checked. Sends nothing but, where needed, for keys. */
  verified(): Promise<Answer>;
}

/** Sends the one request, and tells what it means where it gave no tokens. */
export async function spend(
  provider: Ready,
  refreshToken: string,
): Promise<Spent | Exclude<RefreshOutcome, { kind: "renewed" }>> {
  let kept: Kept | null = null;
  const once: Transport = {
    async send(purpose, url, options) {
      kept = await keep(await provider.transport.send(purpose, url, options, provider.config.refreshTimeout));
      return response(kept, kept.withoutIdToken ?? kept.body);
    },
  };
  try {
    const answer = await provider.call("token", (client) => refreshTokenGrant(client, refreshToken), once);
    return spent(provider, refreshToken, answer, kept);
  } catch (error) {
    return kept === null ? outcomeOf(problemOf(error)) : answeredNo(kept, problemOf(error), provider);
  }
}

function spent(provider: Ready, refreshToken: string, answer: Answer, kept: Kept | null): Spent {
  const again: Transport = {
    send: () => Promise.resolve(kept === null ? Response.error() : response(kept, kept.body)),
  };
  return {
    kind: "spent",
    answer,
    idToken: kept?.idToken ?? null,
    async verified() {
      const whole = await provider.call("token", (client) => refreshTokenGrant(client, refreshToken), again);
      if (whole.id_token !== undefined)
        await checkIdTokenSignature(whole.id_token, provider.config.idTokenSigningAlg, provider.keys);
      return whole;
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
  kept: Kept,
  problem: ProviderProblem,
  { clock, preset }: Ready,
): Exclude<RefreshOutcome, { kind: "renewed" }> {
  const { status, headers, error } = kept;
  const cause = error === null || problem.errorCode !== null ? problem : saying(error, problem);
  if (status < 400) return { kind: "unknown", answered: true, cause };
  const retryAfter = retryAfterOf(headers, clock.now());
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

interface Kept {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly idToken: string | null;
  /** The body without it, where there is one. */
  readonly withoutIdToken: string | null;
  /** The code of an OAuth error in JSON. */
  readonly error: string | null;
}

async function keep(answer: Response): Promise<Kept> {
  const { status, headers } = answer;
  const body = await answer.text();
  const json = membersOf(headers, body);
  const idToken = status === 200 ? json?.get("id_token") : undefined;
  json?.delete("id_token");
  return {
    status,
    headers,
    body,
    idToken: idToken === undefined || idToken === null ? null : String(idToken),
    withoutIdToken: idToken === undefined || json === null ? null : JSON.stringify(Object.fromEntries(json)),
    error: errorCodeOf(json),
  };
}

const response = ({ status, headers }: Kept, body: string): Response =>
  new Response(body === "" ? null : body, { status, headers });
