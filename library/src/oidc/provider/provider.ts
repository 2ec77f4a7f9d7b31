/** An OpenID provider: login, refresh, revocation and logout. */
import type { IDToken, UserInfoResponse } from "openid-client";
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  None,
} from "openid-client";
import type {
  BeginLogin,
  Clock,
  Entropy,
  FinishLogin,
  LoginParameters,
  MaybePromise,
  Provider,
  ProviderLogin,
  Report,
} from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { beginning } from "../http/exchange.ts";
import { failureOf, ProviderProblem, problemOf } from "../http/provider-problem.ts";
import type { Fetch } from "../http/transport.ts";
import { boundedTransport } from "../http/transport.ts";
import type { KeySet } from "../jwt/key-set.ts";
import { providerKeySet } from "../jwt/key-set.ts";
import { apiToken } from "./apis/api-token.ts";
import { Clients } from "./client.ts";
import { clientAuthentication } from "./client-authentication.ts";
import type { ProviderConfig } from "./config.ts";
import { settleProviderConfig } from "./config.ts";
import type { Metadata } from "./discovery.ts";
import { discoverProvider } from "./discovery.ts";
import { checkIdToken, personalClaims, sidOf } from "./id-token.ts";
import { verifyLogoutToken } from "./logout-token.ts";
import { aboutOf } from "./presets/about.ts";
import { withName } from "./presets/name-parameter.ts";
import { authorizationParameters, presetOf, scopeOf, unusualLogout } from "./presets/presets.ts";
import type { Ready } from "./ready.ts";
import { refreshTimeoutOf, refreshTokens } from "./refresh/refresh.ts";
import { grantRequests, refreshRequests } from "./refresh/refresh-request.ts";
import { revokeTokens } from "./revocation.ts";
import { tokensOf } from "./tokens.ts";

/** Time, randomness and network of a provider, and the receiver of its events. */
export interface ProviderWorld {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly report: Report;
  /** Default: Node's own client. */
  readonly fetch?: Fetch;
}

/** A provider, and how its answer reaches the callback. */
export interface OidcProvider extends Provider {
  readonly responseMode: "query" | "form_post";
}

/** For addresses, which need no client authentication. */
const UNAUTHENTICATED = None();

/**
 * An OpenID provider behind the `Provider` interface, on openid-client. Discovery begins at once and is retried until
 * it succeeds or `close()`; until then logins are answered with `unavailable`. Events: `provider.ready`,
 * `provider.failed` (reason: the failed check).
 *
 * @throws CoatcheckError `ERR_CONFIG` for a configuration that cannot be used.
 */
export function oidcProvider(given: ProviderConfig, world: ProviderWorld): OidcProvider {
  const config = settleProviderConfig(given);
  const { clock, report } = world;
  const transport = boundedTransport(config, clock, beginning(world.fetch));
  const discovery = discoverProvider(config, transport, world);
  const keys: KeySet = providerKeySet(() => discovery.known()?.jwks_uri ?? "", config, transport, clock);
  // A logout token may come before the first login has read the metadata, which name the address of the keys.
  const discovered: KeySet = {
    async matching(hint) {
      await discovery.get();
      return keys.matching(hint);
    },
  };
  const authentication = clientAuthentication(config);
  const clients = new Clients({ config, keys, clock });

  let prepared: Ready | null = null;

  function ready(): MaybePromise<Ready> {
    const metadata = discovery.get();
    return prepared !== null && prepared.metadata === metadata ? prepared : prepare(metadata);
  }

  async function prepare(known: MaybePromise<Metadata>): Promise<Ready> {
    const metadata = await known;
    const made = { metadata, authentication: await authentication() };
    const grantRequest = grantRequests({ ...made, config, clock });
    prepared = {
      ...{ config, metadata, preset: presetOf(config.preset, metadata), clock, transport, keys },
      call: (purpose, work) => clients.call({ ...made, purpose, transport }, work),
      refreshRequest: refreshRequests(grantRequest),
      grantRequest,
    };
    return prepared;
  }

  return {
    name: config.name,
    issuer: config.issuer,
    title: config.title ?? config.preset?.title ?? config.name,
    domains: config.domains,
    responseMode: config.responseMode,
    loginParameters: config.loginParameters,
    ready: () => discovery.known() !== null,
    async authorizationUrl(login) {
      try {
        return { kind: "redirect", url: await authorizationUrl(await ready(), login) };
      } catch (error) {
        return failureOf(error);
      }
    },
    async redeem(login) {
      try {
        return { kind: "login", ...(await redeem(await ready(), login, report)) };
      } catch (error) {
        return failureOf(error);
      }
    },
    refresh: (tokens, identity) => refreshTokens({ ready, config, clock, report }, tokens, identity),
    tokenFor: (tokens, target) => apiToken(ready, tokens, target),
    refreshTimeout: refreshTimeoutOf(config),
    requestTimeout: config.timeout,
    about: () => aboutOf(config, discovery.known()),
    async verifyLogout(token) {
      try {
        return { kind: "logout", ...(await verifyLogoutToken(token, { config, keys: discovered, now: clock.now() })) };
      } catch (error) {
        return failureOf(error);
      }
    },
    revoke: (tokens) => revokeTokens(ready, tokens, report),
    logoutUrl({ idToken, returnTo, logoutHint }) {
      const metadata = discovery.known();
      if (metadata === null) return undefined;
      const { issuer, clientId } = config;
      const unusual = unusualLogout(presetOf(config.preset, metadata), metadata.end_session_endpoint, {
        issuer,
        clientId,
        returnTo,
      });
      if (unusual !== undefined) return unusual ?? undefined;
      const hint = idToken === null ? omitUndefined({ logout_hint: logoutHint }) : { id_token_hint: idToken };
      const parameters = { ...hint, post_logout_redirect_uri: returnTo };
      const how = { metadata, authentication: UNAUTHENTICATED, purpose: "metadata", transport } as const;
      return clients.call(how, (client) => buildEndSessionUrl(client, parameters).href);
    },
    cut: () => transport.cut(),
    close: () => discovery.close(),
  };
}

async function authorizationUrl(ready: Ready, login: BeginLogin): Promise<string> {
  const { config, metadata, preset } = ready;
  const parameters = {
    response_type: "code",
    redirect_uri: login.redirectUri,
    scope: config.scope ?? scopeOf(preset, metadata),
    state: login.state,
    nonce: login.nonce,
    code_challenge: await calculatePKCECodeChallenge(login.verifier),
    code_challenge_method: "S256",
    ...omitUndefined({ response_mode: config.responseMode === "form_post" ? "form_post" : undefined }),
    ...authorizationParameters(preset, config.authorizationParameters, asked(login.parameters)),
  };
  const url = ready.call("metadata", (client) => buildAuthorizationUrl(client, parameters));
  for (const resource of config.resources) url.searchParams.append("resource", resource);
  return url.href;
}

/** The parameters that a login may ask for, by name; nothing else of a request gets here (AR-08). */
function asked({ prompt, login_hint, acr_values, max_age, ui_locales, further }: LoginParameters): Record<string, string> {
  const all = {
    ...further,
    prompt,
    login_hint,
    acr_values,
    ui_locales,
    max_age: max_age === undefined ? undefined : String(max_age),
  };
  return Object.fromEntries(Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined));
}

/** The parameters of an authorization response that mean something to us; others are ignored (CB-07). */
const RESPONSE_PARAMETERS = ["code", "state", "iss", "error", "error_description", "error_uri"];

async function redeem(ready: Ready, login: FinishLogin, report: Report): Promise<ProviderLogin> {
  const { config, clock } = ready;
  const asked = clock.now();
  const checks = {
    expectedState: login.state,
    expectedNonce: login.nonce,
    pkceCodeVerifier: login.verifier,
    idTokenExpected: true,
    ...omitUndefined({ maxAge: login.parameters.max_age }),
  };
  const answer = await ready.call("token", (client) => authorizationCodeGrant(client, responseUrl(login), checks));
  const claims = answer.claims();
  if (claims === undefined) throw new ProviderProblem("invalid", "id_token", "the provider sent no ID token");
  const now = clock.now();
  const tokens = tokensOf(answer, answer.id_token, null, asked, ready.preset);
  checkIdToken(claims, { config, now, accessToken: tokens.accessToken, parameters: login.parameters });
  const userinfo = config.userinfo ? await userinfoOf(ready, tokens.accessToken, claims, report) : null;
  return {
    identity: {
      issuer: claims.iss,
      subject: claims.sub,
      claims: withName(personalClaims(claims, userinfo, config), login.response.get("user"), ready),
      authenticatedAt: claims.auth_time === undefined ? now : Math.min(claims.auth_time * 1_000, now),
      method: `oidc:${config.name}`,
    },
    tokens,
    sid: sidOf(claims),
    issuedAt: claims.iat * 1_000,
  };
}

function responseUrl({ redirectUri, response }: FinishLogin): URL {
  const url = new URL(redirectUri);
  for (const name of RESPONSE_PARAMETERS) {
    const value = response.get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  return url;
}

/**
 * UserInfo of the same user, or `null` if the answer cannot be used; an outage fails the login, which can be
 * repeated.
 */
async function userinfoOf(ready: Ready, accessToken: string, idToken: IDToken, report: Report): Promise<UserInfoResponse | null> {
  try {
    return await ready.call("userinfo", (client) => fetchUserInfo(client, accessToken, idToken.sub));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === "unavailable") throw problem;
    report({ name: "provider.failed", level: "warn", provider: ready.config.name, reason: "userinfo", error: problem });
    return null;
  }
}
