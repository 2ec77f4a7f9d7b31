/** `coatcheck/dev`: a provider for development, with users by name and no passwords, below the app's own endpoints. */
import type { JsonObject, Route, RouteRequest, RouteResponse } from "../contracts.ts";
import { isLoopbackHost } from "../cookie/names.ts";
import { CoatcheckError } from "../core/errors.ts";
import { knownOptions, type OptionNames } from "../core/options/option-names.ts";
import { queryOf } from "../endpoints/parameters.ts";
import { json, redirect } from "../endpoints/responses.ts";
import { type AuthorizationWorld, authorize, type Choice } from "./authorization.ts";
import { Grants } from "./grants.ts";
import { ELSEWHERE, SIGNED_OUT, showPages } from "./pages.ts";
import { ALGORITHM, signaturesOf } from "./signatures.ts";
import type { DevPlace, DevProvider, StandingDevProvider } from "./standing.ts";
import { type ClientRequest, giveTokens, revokeToken, type TokenWorld, tellUser } from "./token-endpoint.ts";
import { type DevUsers, readUsers } from "./users.ts";

export type { DevPlace, DevProvider, StandingDevProvider } from "./standing.ts";
export type { DevUsers } from "./users.ts";

/**
 * Options of {@link devProvider}.
 *
 * @example
 * ```ts
 * import { devProvider, type DevProviderOptions } from "coatcheck/dev";
 * // Refreshes every ten seconds:
 * const options: DevProviderOptions = { users: ["alice", "bob"], tokenLifetime: 10_000 };
 * const auth = coatcheck({ publicUrl: "http://localhost:3000", provider: devProvider(options), … });
 * ```
 */
export interface DevProviderOptions {
  /** Who can sign in: names, or claims by name. Default: `alice` and `bob`. */
  readonly users?: DevUsers;
  /** As in `login?provider=`, and in the session's method. Default `default`. */
  readonly name?: string;
  /** How long access tokens live, milliseconds, 1,000 or more. Default 300,000, so that refreshing is tried as well. */
  readonly tokenLifetime?: number;
}

const NAMES: OptionNames<DevProviderOptions> = { users: true, name: true, tokenLifetime: true };
const MOST_FORM_BYTES = 16_384;
const CLIENT = "coatcheck-development";

/**
 * An OpenID provider of this app's own, for development: a page to pick a user from, no passwords, nothing to install
 * and nothing to start. The app's client speaks to it as to any other (discovery, code with PKCE, refresh, revocation,
 * logout), so that nothing else changes when your own takes its place. Its endpoints are below `<prefix>/dev`. It is
 * refused unless every public address is a loopback one, and answers requests of this machine alone.
 *
 * @throws {CoatcheckError} `ERR_CONFIG` for users that are none, and from `coatcheck()` for another public address.
 * @throws {TypeError} for an option that does not exist.
 *
 * @example
 * ```ts
 * import { devProvider } from "coatcheck/dev";
 * const auth = coatcheck({
 *   publicUrl: "http://localhost:3000",
 *   provider: devProvider({ users: { alice: { groups: ["staff"] }, bob: {} } }),
 *   …
 * });
 * ```
 */
export function devProvider(options: DevProviderOptions = {}): DevProvider {
  knownOptions("devProvider", options, NAMES);
  const { name = "default", tokenLifetime = 300_000 } = options;
  if (!(Number.isFinite(tokenLifetime) && tokenLifetime >= 1_000))
    throw new CoatcheckError("ERR_CONFIG", { message: "devProvider.tokenLifetime is milliseconds, 1,000 or more." });
  const users = readUsers(options.users ?? ["alice", "bob"]);
  return { name, standAt: (place) => standing({ name, tokenLifetime, users }, place) };
}

type World = TokenWorld & AuthorizationWorld;

interface Settled {
  readonly name: string;
  readonly tokenLifetime: number;
  readonly users: ReadonlyMap<string, JsonObject>;
}

function standing({ name, tokenLifetime, users }: Settled, place: DevPlace): StandingDevProvider {
  refuseElsewhere(place.origins);
  const { origins, prefix, keyring, clock, entropy } = place;
  const issuer = `${origins[0]}${prefix}/dev`;
  const unique = (): string => Buffer.from(entropy.bytes(16)).toString("base64url");
  const grants = new Grants(place, issuer);
  const signatures = signaturesOf(keyring, clock);
  const usual = { users, grants, issuer, clientId: CLIENT, unique, now: () => clock.now() };
  const clientSecret = unique();
  const world: World = {
    ...usual,
    signatures,
    clientSecret,
    tokenLifetime,
    show: showPages(entropy),
    redirectUris: origins.map((origin) => `${origin}${prefix}/callback`),
  };
  const endpoints: Endpoints = {
    ".well-known/openid-configuration": async () => json(200, metadataOf(issuer)),
    keys: async () => json(200, signatures.published()),
    token: (request) => giveTokens(request, world),
    userinfo: (request) => tellUser(request, world),
    revoke: (request) => revokeToken(request, world),
  };
  return {
    config: { name, issuer, clientId: CLIENT, clientSecret, idTokenSigningAlg: ALGORITHM },
    fetch: async (url, options) => {
      const path = url.slice(issuer.length + 1);
      const page = path.startsWith("authorize?") ? authorize(new URL(url).searchParams, undefined, world) : undefined;
      return page === undefined ? answered(endpoints, path, options) : responseOf(page);
    },
    routes: routesOf(endpoints, world, origins),
  };
}

function refuseElsewhere(origins: readonly string[]): void {
  const exposed = origins.find((origin) => !isLoopbackHost(new URL(origin).hostname));
  if (exposed === undefined) return;
  throw new CoatcheckError("ERR_CONFIG", {
    message: `the development provider is refused: publicUrl ${exposed} is not a loopback address
  It signs anybody in, without a password. Name your own provider: provider: { issuer, clientId, clientSecret }.`,
  });
}

function metadataOf(issuer: string): JsonObject {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    revocation_endpoint: `${issuer}/revoke`,
    end_session_endpoint: `${issuer}/logout`,
    jwks_uri: `${issuer}/keys`,
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [ALGORITHM],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
  };
}

/** What a client asks by itself, without a browser; by path below the issuer. */
type Endpoints = { readonly [path: string]: (request: ClientRequest) => Promise<RouteResponse> };

/** Answers the app's own client, which needs no network for it: the app may not listen yet. */
async function answered(endpoints: Endpoints, path: string, { headers, body }: RequestInit): Promise<Response> {
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (endpoint === undefined) return new Response(null, { status: 404 });
  const authorization = new Headers(headers).get("authorization") ?? undefined;
  const form = new URLSearchParams(body === undefined || body === null ? "" : await new Response(body).text());
  return responseOf(await endpoint({ form, authorization }));
}

function responseOf({ status, headers, body }: RouteResponse): Response {
  return new Response(body, { status, headers: headers.map(([name, value]): [string, string] => [name, value]) });
}

/** The same over HTTP, for other services, and what a browser asks. */
function routesOf(endpoints: Endpoints, world: World, origins: readonly string[]): readonly Route[] {
  const here = (endpoint: Route["endpoint"]): Route["endpoint"] => ofThisMachine(endpoint, world);
  const usual = { lookup: false, touches: false } as const;
  const read = Object.entries(endpoints).map(([path, endpoint]): Route => {
    const method = path === "token" || path === "revoke" ? "POST" : "GET";
    return {
      ...usual,
      method,
      path: `dev/${path}`,
      endpoint: here(async (request) => {
        const form = method === "POST" ? await formOf(request) : new URLSearchParams();
        return endpoint({ form, authorization: request.header("authorization") });
      }),
    };
  });
  const choose = here(async (request) => authorize(queryOf(request), choiceOf(await formOf(request)), world));
  return [
    ...read,
    {
      ...usual,
      method: "GET",
      path: "dev/authorize",
      endpoint: here((request) => authorize(queryOf(request), undefined, world)),
    },
    { ...usual, method: "POST", path: "dev/authorize", endpoint: choose },
    { ...usual, method: "GET", path: "dev/logout", endpoint: here((request) => signOut(queryOf(request), world, origins)) },
  ];
}

const formOf = async (request: RouteRequest): Promise<URLSearchParams> =>
  new URLSearchParams(await request.body(MOST_FORM_BYTES));

function choiceOf(form: URLSearchParams): Choice {
  const user = form.get("user");
  return user === null ? "refuse" : { user };
}

const THIS_MACHINE = /^(?:unix|::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/;

/** Answers peers of this machine alone, as far as the adapter knows the peer. */
function ofThisMachine(endpoint: Route["endpoint"], { show }: World): Route["endpoint"] {
  return (request, exchange) =>
    request.peer === undefined || THIS_MACHINE.test(request.peer) ? endpoint(request, exchange) : show(ELSEWHERE);
}

/** RP-initiated logout. Only the app's own addresses are gone on to. */
async function signOut(
  query: URLSearchParams,
  { signatures, grants, show }: World,
  origins: readonly string[],
): Promise<RouteResponse> {
  const sid = signatures.verified("JWT", query.get("id_token_hint") ?? "")?.["sid"];
  if (typeof sid === "string") await grants.end(sid);
  const next = URL.parse(query.get("post_logout_redirect_uri") ?? "");
  if (next === null || !origins.includes(next.origin)) return show(SIGNED_OUT);
  const state = query.get("state");
  if (state !== null) next.searchParams.set("state", state);
  return redirect(303, next.href);
}
