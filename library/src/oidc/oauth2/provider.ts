/** A provider of OAuth 2.0 without OpenID Connect: login, refresh and revocation. */
import { createHash } from "node:crypto";
import type { BeginLogin, FinishLogin, Provider, ProviderLogin, ProviderTokens } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { equalHash } from "../../crypto/equal.ts";
import { secretNow } from "../../crypto/given-secret.ts";
import { beginning } from "../http/exchange.ts";
import { failureOf, fromErrorCode, ProviderProblem, problemOf } from "../http/provider-problem.ts";
import { boundedTransport, longestOf } from "../http/transport.ts";
import { authorizationParameters } from "../provider/presets/presets.ts";
import type { ProviderWorld } from "../provider/provider.ts";
import { tokensIn } from "../provider/refresh/refresh-response.ts";
import { tokensOf } from "../provider/tokens.ts";
import { apiWith } from "./api.ts";
import { type OAuth2Config, type SettledOAuth2, settleOAuth2Config } from "./config.ts";
import { type OAuth2Context, RECHECK, refreshOAuth2 } from "./refresh.ts";
import { askForTokens, basic, clientRequest, problemIn } from "./token-endpoint.ts";
import { userOf } from "./user.ts";

/**
 * A provider without OpenID Connect behind the `Provider` interface. Nothing is discovered, so it is ready at once.
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 */
export function oauth2Provider(given: OAuth2Config, world: ProviderWorld): Provider {
  const config = settleOAuth2Config(given);
  const { clock, report } = world;
  const transport = boundedTransport(config, clock, beginning(world.fetch));
  const context: OAuth2Context = { config, transport, clock, report };
  return {
    name: config.name,
    issuer: config.issuer,
    title: config.label,
    domains: config.domains,
    ownCallback: true,
    loginParameters: config.loginParameters,
    ready: () => true,
    // Promises, so that what is thrown on the way is an answer.
    authorizationUrl: (login) => authorizationUrl(config, login).then((url) => ({ kind: "redirect" as const, url }), failureOf),
    redeem: (login) => redeem(context, login).then((found) => ({ kind: "login" as const, ...found }), failureOf),
    refresh: (tokens, identity) => refreshOAuth2(context, tokens, identity),
    refreshTimeout: longestOf(config.refreshTimeout) + config.timeout,
    requestTimeout: config.timeout,
    about: () => ({ preset: config.title, scope: config.scope }),
    revoke: (tokens) => revoke(context, tokens),
    logoutUrl: () => undefined,
    cut: () => transport.cut(),
    close: () => undefined,
  };
}

async function authorizationUrl(
  config: SettledOAuth2,
  { parameters, state, verifier, redirectUri }: BeginLogin,
): Promise<string> {
  const { prompt, login_hint, acr_values, max_age, further } = parameters;
  // Without an ID token nothing says when or how a user authenticated, so what was asked could not be checked.
  if (acr_values !== undefined || max_age !== undefined)
    throw new ProviderProblem("invalid", "auth_time", "this provider cannot say when or how a user authenticated");
  const asked = { ...further, ...omitUndefined({ prompt, login_hint }) };
  const url = new URL(config.endpoints.authorization);
  const all = {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: redirectUri,
    ...omitUndefined({ scope: config.scope === "" ? undefined : config.scope }),
    state,
    // What does not know PKCE ignores it (RFC 6749, section 3.1).
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...authorizationParameters({ authorization: {} }, config.authorizationParameters, asked),
  };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name === "login_hint" ? config.loginHint : name, value);
  return url.href;
}

async function redeem(context: OAuth2Context, login: FinishLogin): Promise<ProviderLogin> {
  const { config, transport, clock, report } = context;
  const { response, redirectUri, verifier } = login;
  if (!equalHash(response.get("state") ?? "", login.state))
    throw new ProviderProblem("invalid", "state", "the answer is to another login");
  const error = response.get("error");
  if (error !== null) throw fromErrorCode(error, "authorization", false);
  const code = response.get("code");
  if (code === null || code === "") throw new ProviderProblem("invalid", "code", "the answer has no code");
  const asked = clock.now();
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
  const answer = await askForTokens(config, transport, form, config.timeout);
  if (answer.status !== 200) throw problemIn(answer);
  const { tokens: granted } = tokensIn(answer.content);
  const tokens = lasting(tokensOf(granted, undefined, null, asked), granted.expires_in, asked + config.recheck);
  const { subject, claims } = await userOf(config, apiWith(tokens.accessToken, context), report);
  const now = clock.now();
  const identity = { issuer: config.issuer, subject, claims, authenticatedAt: now, method: `oauth2:${config.name}` };
  return { identity, tokens, sid: null, issuedAt: asked };
}

/** A token without an end and without a successor is good until the provider says otherwise, which is asked for. */
function lasting(tokens: ProviderTokens, expiresIn: number | undefined, next: number): ProviderTokens {
  return expiresIn === undefined && tokens.refreshToken === null ? { ...tokens, refreshToken: RECHECK, expires: next } : tokens;
}

/** Revokes the refresh token, then the access token, each once; `true` as well if there is nowhere to do it. */
async function revoke({ config, transport, report }: OAuth2Context, tokens: ProviderTokens): Promise<boolean> {
  const { revocation } = config;
  if (revocation === null) return true;
  const isOwn = tokens.refreshToken === null || tokens.refreshToken === RECHECK || revocation.style === "github";
  let all = true;
  for (const [hint, token] of [
    ["refresh_token", isOwn ? null : tokens.refreshToken],
    ["access_token", tokens.accessToken],
  ] as const) {
    if (token === null) continue;
    try {
      const request =
        revocation.style === "github" ? deletion(config, token) : clientRequest(config, { token, token_type_hint: hint });
      const { status } = await transport.send("revocation", revocation.url, request);
      // What GitHub no longer knows, it calls not found.
      if (status >= 400 && status !== 404)
        throw new ProviderProblem("refused", "revocation", `the provider answered with status ${status}`);
    } catch (error) {
      all = false;
      const problem = problemOf(error);
      report({ name: "revocation.failed", level: "warn", provider: config.name, reason: hint, error: problem });
    }
  }
  return all;
}

/** GitHub has an address for a client's tokens instead of RFC 7009. */
function deletion({ clientId, clientSecret }: SettledOAuth2, token: string): RequestInit {
  const secret = clientSecret === null ? "" : secretNow(clientSecret);
  const headers = { authorization: basic(clientId, secret), accept: "application/json", "user-agent": "coatcheck" };
  return { method: "DELETE", headers, body: JSON.stringify({ access_token: token }) };
}
