/** What GitHub, Discord, Bitbucket and X answer, as their documentation shows it, for a provider that plays them. */

import { omitUndefined } from "../core/options/omit-undefined.ts";

/** The providers that can be played. */
export type PlayedPreset = "github" | "discord" | "bitbucket" | "x";

/** A user at a played provider. */
export interface PlayedUser {
  /** The id that never changes. Default `"583231"`. */
  readonly id?: string;
  /** Default `octocat`. */
  readonly login?: string;
  readonly name?: string;
  readonly email?: string;
  /** Whether the provider has proven the address. Default `true`. */
  readonly verified?: boolean;
  /** Organisations, and teams as `organisation:team`; servers' ids; workspaces. */
  readonly groups?: readonly string[];
}

/** A user with the defaults. */
export type WholeUser = Required<PlayedUser>;

/** An answer of a played provider. */
export interface PlayedAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: { readonly [name: string]: string };
}

/** What its token endpoint refuses, in its own words. */
type TokenRefusal = "code" | "client" | "refresh";

/** How one provider is played. */
interface Played {
  readonly issuer: string;
  readonly paths: { readonly token: string; readonly api: string; readonly revocation: string };
  /** Members of a token response besides the access token; a refresh token if there is one. */
  tokens(count: number, expiring: boolean): { readonly [member: string]: unknown };
  readonly refusals: { readonly [what in TokenRefusal]: PlayedAnswer };
  /** What its API answers, by path below `api`. */
  readonly api: { readonly [path: string]: (user: WholeUser, url: URL) => object };
  /** Who may read no more of these gets `scope`. */
  readonly lists: readonly string[];
  readonly scope: PlayedAnswer;
  readonly limit: PlayedAnswer;
  readonly revoked: PlayedAnswer;
}

const error = (status: number, code: string, description: string): PlayedAnswer => ({
  status,
  body: { error: code, error_description: description },
});
const TOO_MANY: PlayedAnswer = { status: 429, body: { message: "You are being rate limited." }, headers: { "retry-after": "7" } };

const github: Played = {
  issuer: "/login/oauth",
  paths: {
    token: "/login/oauth/access_token",
    api: "/api/v3",
    revocation: "/api/v3/applications/app/token",
  },
  tokens(count, expiring) {
    const usual = { scope: "read:org,read:user,user:email", token_type: "bearer" };
    if (!expiring) return usual;
    return { ...usual, expires_in: 28_800, refresh_token: `ghr_${count}`, refresh_token_expires_in: 15_897_600 };
  },
  refusals: {
    code: error(200, "bad_verification_code", "The code passed is incorrect or expired."),
    client: error(200, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
    refresh: error(200, "bad_refresh_token", "The refresh token passed is incorrect or expired."),
  },
  api: {
    "/user": ({ id, login, name }, { origin }) => ({
      login,
      id: Number(id),
      node_id: "MDQ6VXNlcjU4MzIzMQ==",
      avatar_url: `${origin}/u/${id}`,
      html_url: `${origin}/${login}`,
      type: "User",
      name,
      email: null,
    }),
    "/user/emails": ({ email, verified }) => [
      { email: "old@example.net", primary: false, verified: true, visibility: null },
      { email, primary: true, verified, visibility: "private" },
    ],
    "/user/orgs": ({ groups }) =>
      groups.filter((group) => !group.includes(":")).map((login, index) => ({ login, id: index + 1, description: "" })),
    "/user/teams": ({ groups }) =>
      groups
        .filter((group) => group.includes(":"))
        .map((group) => {
          const [login, slug] = group.split(":");
          return { id: 7, name: slug?.toUpperCase(), slug, organization: { login, id: 1 } };
        }),
  },
  lists: ["/user/emails", "/user/orgs", "/user/teams"],
  scope: {
    status: 403,
    body: { message: "Resource not accessible by integration", status: "403" },
    headers: { "x-github-sso": "required; url=https://github.com/orgs/acme/sso" },
  },
  limit: {
    status: 403,
    body: { message: "API rate limit exceeded for user ID 583231." },
    headers: { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" },
  },
  revoked: { status: 401, body: { message: "Bad credentials", status: "401" } },
};

const discord: Played = {
  issuer: "",
  paths: {
    token: "/api/oauth2/token",
    api: "/api",
    revocation: "/api/oauth2/token/revoke",
  },
  tokens: (count) => ({
    token_type: "Bearer",
    expires_in: 604_800,
    refresh_token: `discord-refresh-${count}`,
    scope: "identify email guilds",
  }),
  refusals: {
    code: error(400, "invalid_grant", 'Invalid "code" in request.'),
    client: { status: 401, body: { error: "invalid_client" } },
    refresh: error(400, "invalid_grant", 'Invalid "refresh_token" in request.'),
  },
  api: {
    "/users/@me": ({ id, login, name, email, verified }) => ({
      id,
      username: login,
      discriminator: "0",
      global_name: name,
      avatar: null,
      email,
      verified,
      locale: "en-GB",
      mfa_enabled: true,
    }),
    "/users/@me/guilds": ({ groups }) => groups.map((id) => ({ id, name: "A name that any server may have", owner: false })),
  },
  lists: ["/users/@me/guilds"],
  scope: { status: 403, body: { message: "Missing Access", code: 50_001 } },
  limit: TOO_MANY,
  revoked: { status: 401, body: { message: "401: Unauthorized", code: 0 } },
};

const bitbucket: Played = {
  issuer: "",
  paths: {
    token: "/site/oauth2/access_token",
    api: "/2.0",
    revocation: "/none",
  },
  tokens: (count) => ({
    token_type: "bearer",
    expires_in: 7_200,
    refresh_token: `bitbucket-refresh-${count}`,
    scopes: "account email",
    state: "authorization_code",
  }),
  refusals: {
    code: error(400, "invalid_grant", "The specified code is not valid."),
    client: error(400, "unauthorized_client", "Client credentials missing; this request needs to be authenticated"),
    refresh: error(400, "invalid_grant", "Invalid refresh_token"),
  },
  api: {
    "/user": ({ id, login, name }, { origin }) => ({
      type: "user",
      uuid: `{${id}}`,
      account_id: `557058:${id}`,
      display_name: name,
      nickname: login,
      links: { avatar: { href: `${origin}/avatar` } },
    }),
    "/user/emails": ({ email, verified }) => ({
      values: [{ type: "email", email, is_primary: true, is_confirmed: verified }],
      pagelen: 100,
      page: 1,
      size: 1,
    }),
    // Two pages: the second one has the last workspace alone.
    "/user/permissions/workspaces": ({ groups }, url) => {
      const values = groups.map((slug) => ({ permission: "member", workspace: { type: "workspace", slug } }));
      if (groups.length < 2 || url.searchParams.get("page") === "2") return { values: values.slice(-1), pagelen: 100 };
      return { values: values.slice(0, -1), pagelen: 100, next: `${url.href}&page=2` };
    },
  },
  lists: ["/user/emails", "/user/permissions/workspaces"],
  scope: {
    status: 403,
    body: { type: "error", error: { message: "Your credentials lack one or more required privilege scopes." } },
  },
  limit: TOO_MANY,
  revoked: { status: 401, body: { type: "error", error: { message: "Access token expired." } } },
};

const x: Played = {
  issuer: "",
  paths: { token: "/2/oauth2/token", api: "/2", revocation: "/2/oauth2/revoke" },
  tokens: (count) => ({
    token_type: "bearer",
    expires_in: 7_200,
    refresh_token: `x-refresh-${count}`,
    scope: "users.email tweet.read users.read offline.access",
  }),
  refusals: {
    code: error(400, "invalid_request", "Value passed for the authorization code was invalid."),
    client: error(401, "unauthorized_client", "Missing valid authorization header"),
    refresh: error(400, "invalid_request", "Value passed for the token was invalid."),
  },
  api: {
    "/users/me": ({ id, login, name, email }, url) => ({
      data: {
        id,
        name,
        username: login,
        ...omitUndefined({ confirmed_email: url.searchParams.get("user.fields") === "confirmed_email" ? email : undefined }),
      },
    }),
  },
  lists: ["/users/me?user.fields=confirmed_email"],
  scope: { status: 403, body: { title: "Forbidden", detail: "Forbidden", type: "about:blank", status: 403 } },
  limit: TOO_MANY,
  revoked: { status: 401, body: { title: "Unauthorized", type: "about:blank", status: 401, detail: "Unauthorized" } },
};

export const PLAYED: { readonly [preset in PlayedPreset]: Played } = { github, discord, bitbucket, x };
