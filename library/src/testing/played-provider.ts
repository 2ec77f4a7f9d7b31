/** A provider without OpenID Connect that plays GitHub, Discord, Bitbucket or X over HTTP, for tests of an app. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { sameSecret } from "../crypto/equal.ts";
import { PLAYED, type PlayedAnswer, type PlayedPreset, type PlayedUser, type WholeUser } from "./played-shapes.ts";

/**
 * What a played provider refuses from now on, in the words and with the status of the one that it plays.
 * `code`, `client`, `refresh`: at the token endpoint; `revoked`: the access token; `limit`: too many requests; `lists`:
 * e-mail addresses and groups, as for a scope that was not given; `partial`: GitHub withholds what needs single
 * sign-on; `down`: 503 everywhere.
 */
export type PlayedRefusal = "code" | "client" | "refresh" | "revoked" | "limit" | "lists" | "partial" | "down";

/**
 * Options of {@link playedProvider}.
 *
 * @example
 * ```ts
 * const user = { id: "583231", login: "octocat", email: "octocat@example.com", groups: ["acme", "acme:developers"] };
 * const github = await playedProvider({ preset: "github", user });
 * ```
 */
export interface PlayedProviderOptions {
  readonly preset: PlayedPreset;
  /** Who signs in. */
  readonly user?: PlayedUser;
  /** GitHub's tokens run out, as those of its apps do, and are refreshed. Default `false`. */
  readonly expiring?: boolean;
  /** The token endpoint answers as a form, whatever is accepted. Default `false`. */
  readonly forms?: boolean;
}

/** A provider that is played. */
export interface PlayedProvider {
  /** For `oauth2({ … })`. */
  readonly config: {
    readonly preset: PlayedPreset;
    readonly issuer: string;
    readonly endpoints: { readonly token: string; readonly api: string };
    readonly clientId: string;
    readonly clientSecret: string;
  };
  /** Who signs in, and is described from now on. */
  user: PlayedUser;
  /** `null`, as at first: nothing. */
  refuses: PlayedRefusal | null;
  /** What it was asked: `GET /api/v3/user`. */
  readonly calls: readonly string[];
  /**
   * What the user's browser does at the provider: signs in and comes back.
   *
   * @param url where `GET login` redirected to
   * @returns the callback's address, with code and state
   *
   * @example
   * ```ts
   * const github = await playedProvider({ preset: "github" });
   * const callback = await fetch(github.approve(locationOfLogin), { redirect: "manual" });
   * ```
   */
  approve(url: string): string;
  /**
   * As `approve`, but the user refuses.
   *
   * @example
   * ```ts
   * const github = await playedProvider({ preset: "github" });
   * const callback = await fetch(github.deny(locationOfLogin), { redirect: "manual" });
   * ```
   */
  deny(url: string): string;
  close(): Promise<void>;
}

interface Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

const CLIENT = { clientId: "app", clientSecret: "played-secret" };
const PARTIAL = { "x-github-sso": "partial-results; organizations=21955855" };
const DOWN: PlayedAnswer = { status: 503, body: { message: "Service Unavailable" } };
const ABSENT: PlayedAnswer = { status: 404, body: { message: "Not Found" } };

/**
 * A server on a loopback address that plays a provider: codes are good once and bound to PKCE, access tokens until they
 * are revoked, refresh tokens until they are used. Close it after use.
 *
 * @example
 * ```ts
 * import { oauth2 } from "coatcheck";
 * const github = await playedProvider({ preset: "github", user: { login: "octocat" } });
 * const auth = coatcheck({ provider: oauth2(github.config), … });
 * github.refuses = "limit"; // from now on its API wants no more requests
 * ```
 */
export async function playedProvider(options: PlayedProviderOptions): Promise<PlayedProvider> {
  const played = PLAYED[options.preset];
  const { token: tokenPath, api, revocation } = played.paths;
  const codes = new Map<string, Grant>();
  const access = new Set<string>();
  const refresh = new Set<string>();
  const calls: string[] = [];
  let count = 0;

  function granted(): PlayedAnswer {
    count += 1;
    const token = `access-${count}`;
    access.add(token);
    const members = played.tokens(count, options.expiring === true);
    if (typeof members["refresh_token"] === "string") refresh.add(members["refresh_token"]);
    return { status: 200, body: { access_token: token, ...members } };
  }

  function tokenAnswer(form: URLSearchParams, authorization: string): PlayedAnswer {
    const { refuses } = provider;
    if (refuses === "client" || !isOurClient(form, authorization)) return played.refusals.client;
    if (form.get("grant_type") === "refresh_token") {
      const known = refresh.delete(form.get("refresh_token") ?? "");
      return refuses === "refresh" || !known ? played.refusals.refresh : granted();
    }
    const grant = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const fits = grant?.challenge === challenge && grant.redirectUri === form.get("redirect_uri");
    return refuses === "code" || !fits ? played.refusals.code : granted();
  }

  function apiAnswer(url: URL, token: string): PlayedAnswer {
    const { refuses } = provider;
    if (refuses === "limit") return played.limit;
    if (refuses === "revoked" || !access.has(token)) return played.revoked;
    const path = url.pathname.slice(api.length);
    if (refuses === "lists" && (played.lists.includes(path) || played.lists.includes(path + url.search))) return played.scope;
    const shape = played.api[path];
    if (shape === undefined) return ABSENT;
    const body = shape(whole(provider.user), url);
    return refuses === "partial" ? { status: 200, body, headers: PARTIAL } : { status: 200, body };
  }

  async function answer(request: IncomingMessage): Promise<PlayedAnswer> {
    const url = new URL(request.url ?? "/", origin);
    const method = request.method ?? "GET";
    calls.push(`${method} ${url.pathname}`);
    const body = await textOf(request);
    const { authorization = "" } = request.headers;
    if (provider.refuses === "down") return DOWN;
    if (url.pathname === tokenPath) return tokenAnswer(new URLSearchParams(body), authorization);
    if (url.pathname === revocation) {
      const token = method === "DELETE" ? /"access_token":"([^"]+)"/.exec(body)?.[1] : new URLSearchParams(body).get("token");
      access.delete(token ?? "");
      refresh.delete(token ?? "");
      return { status: method === "DELETE" ? 204 : 200, body: {} };
    }
    return apiAnswer(url, authorization.replace(/^Bearer /, ""));
  }

  const server = createServer((request, response) => {
    void answer(request).then((told) => write(request, response, told));
  });
  function write({ url, headers }: IncomingMessage, response: ServerResponse, told: PlayedAnswer): void {
    const plain = options.forms === true || !/json/.test(headers.accept ?? "");
    const form = plain && new URL(url ?? "/", origin).pathname === tokenPath;
    const type = form ? "application/x-www-form-urlencoded; charset=utf-8" : "application/json; charset=utf-8";
    const body = form ? new URLSearchParams(textsOf(told.body)).toString() : JSON.stringify(told.body);
    response.writeHead(told.status, { ...told.headers, "content-type": type }).end(told.status === 204 ? undefined : body);
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  const issuer = origin + played.issuer;

  function back(url: string, members: { readonly [name: string]: string }): string {
    const asked = new URL(url).searchParams;
    const callback = new URL(asked.get("redirect_uri") ?? "");
    const all = { ...members, state: asked.get("state") ?? "" };
    if (options.preset === "github") callback.searchParams.set("iss", issuer);
    for (const [name, value] of Object.entries(all)) callback.searchParams.set(name, value);
    return callback.href;
  }

  const provider: PlayedProvider = {
    config: {
      preset: options.preset,
      issuer,
      endpoints: { token: origin + tokenPath, api: origin + api },
      ...CLIENT,
    },
    user: options.user ?? {},
    refuses: null,
    calls,
    approve(url) {
      const asked = new URL(url).searchParams;
      const code = `code-${codes.size + count + 1}`;
      codes.set(code, { challenge: asked.get("code_challenge") ?? "", redirectUri: asked.get("redirect_uri") ?? "" });
      return back(url, { code });
    },
    deny: (url) => back(url, { error: "access_denied", error_description: "The user has denied your application access." }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return provider;
}

const whole = ({ id = "583231", login = "octocat", ...rest }: PlayedUser): WholeUser => ({
  ...{ id, login, name: login, email: `${login}@example.com`, verified: true, groups: [] },
  ...rest,
});

function isOurClient(form: URLSearchParams, authorization: string): boolean {
  const { clientId, clientSecret } = CLIENT;
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
  return (
    sameSecret(authorization, basic) ||
    (form.get("client_id") === clientId && sameSecret(form.get("client_secret") ?? "", clientSecret))
  );
}

const textsOf = (body: object): { [name: string]: string } =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
