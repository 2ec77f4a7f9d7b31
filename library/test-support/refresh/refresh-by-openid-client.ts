/**
 * A refresh as openid-client makes and reads it: what our own request and reading (F-71) are compared with, byte for
 * byte and check for check. Was the product's until then.
 */
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import { allowInsecureRequests, Configuration, clockSkew, clockTolerance, customFetch, refreshTokenGrant } from "openid-client";
import { membersOf } from "../../src/oidc/http/oauth-error.ts";
import { ProviderProblem, problemOf } from "../../src/oidc/http/provider-problem.ts";
import { ReadResponse } from "../../src/oidc/http/read-response.ts";
import type { Transport } from "../../src/oidc/http/transport.ts";
import { clientAuthentication } from "../../src/oidc/provider/client-authentication.ts";
import { checkIdTokenSignature } from "../../src/oidc/provider/id-token-signature.ts";
import type { Ready } from "../../src/oidc/provider/ready.ts";
import type { RefreshedIdToken } from "../../src/oidc/provider/refresh/refreshed-id-token.ts";
import { payloadOf } from "../../src/oidc/provider/refresh/refreshed-id-token.ts";
import type { GrantedRefresh, SentRefresh } from "../../src/oidc/provider/refresh/send-refresh.ts";
import { answeredNo, outcomeOf } from "../../src/oidc/provider/refresh/send-refresh.ts";
import { inspectTokenAnswer } from "../../src/oidc/provider/token-response.ts";

type Answer = TokenEndpointResponse & TokenEndpointResponseHelpers;
type Send = Transport["send"];

/** In place of `sendRefresh()`. */
export async function refreshByOpenidClient(provider: Ready, refreshToken: string): Promise<SentRefresh> {
  let sent: Promise<ReadResponse> | null = null;
  const once: Send = (purpose, url, options) => {
    sent = provider.transport.send(purpose, url, options, provider.config.refreshTimeout);
    return sent;
  };
  try {
    const whole = await granted(provider, refreshToken, once);
    return spent(provider, whole, whole.id_token, () => whole);
  } catch (error) {
    return without(provider, refreshToken, sent, problemOf(error));
  }
}

async function granted({ config, metadata, clock }: Ready, refreshToken: string, send: Send): Promise<Answer> {
  const told = {
    id_token_signed_response_alg: config.idTokenSigningAlg,
    [clockSkew]: Math.round((clock.now() - Date.now()) / 1_000),
    [clockTolerance]: config.clockTolerance / 1_000,
  };
  const client = new Configuration(metadata, config.clientId, told, await clientAuthentication(config)());
  client[customFetch] = async (url, { method, headers, body }) => {
    const form = body instanceof URLSearchParams ? { body: body.toString() } : {};
    return inspectTokenAnswer(await send("token", url, { method, headers, ...form }), config.idTokenSigningAlg).response;
  };
  client.timeout = 0;
  if (config.loopback) allowInsecureRequests(client);
  return refreshTokenGrant(client, refreshToken);
}

/** What the answer comes to that did not pass as a whole: perhaps it is the ID token alone that did not. */
async function without(
  provider: Ready,
  refreshToken: string,
  sent: Promise<ReadResponse> | null,
  problem: ProviderProblem,
): Promise<SentRefresh> {
  let kept: ReadResponse;
  try {
    if (sent === null) return outcomeOf(problem);
    kept = await sent;
  } catch {
    return outcomeOf(problem);
  }
  const json = kept.status === 200 ? membersOf(kept.fields, kept.content) : null;
  if (json === null || !json.has("id_token")) return answeredNo(kept, problem, provider);
  const idToken = json.get("id_token");
  json.delete("id_token");
  const rest = new ReadResponse(kept.status, kept.fields, Object.fromEntries(json));
  try {
    return spent(provider, await granted(provider, refreshToken, () => Promise.resolve(rest)), idToken, () => {
      throw problem;
    });
  } catch (error) {
    return answeredNo(kept, problemOf(error), provider);
  }
}

function spent(provider: Ready, tokens: Answer, idToken: unknown, checked: () => Answer): GrantedRefresh {
  return { kind: "granted", tokens, idToken: idTokenOf(provider, idToken, checked) };
}

function idTokenOf({ config, keys }: Ready, idToken: unknown, checked: () => Answer): RefreshedIdToken | null {
  if (idToken === undefined || idToken === null) return null;
  const text = String(idToken);
  return {
    text,
    payload: payloadOf(text),
    async verified() {
      const whole = checked();
      const claims = whole.claims();
      if (whole.id_token === undefined || claims === undefined) throw new ProviderProblem("invalid", "id_token", "no ID token");
      await checkIdTokenSignature(whole.id_token, config.idTokenSigningAlg, keys);
      return claims;
    },
  };
}
