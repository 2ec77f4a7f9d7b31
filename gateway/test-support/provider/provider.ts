import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { freePort } from "../../../tools/suite/free-port.ts";
import { type Listening, listenOn } from "../talk.ts";
import { type Exchanged, Grants, type Refresh } from "./grants.ts";

/** One request that the provider got. */
export interface ProviderCall {
  readonly endpoint: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** An OpenID provider over HTTP on this machine, which signs in whom the test says, and can be made to misbehave. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly calls: readonly ProviderCall[];
  /** Every code, token, nonce and verifier that passed by. */
  readonly secrets: ReadonlySet<string>;
  user: { readonly sub: string; readonly [claim: string]: unknown };
  /** Answers an endpoint instead of the provider; `true` if it did. */
  fault: ((endpoint: string, response: ServerResponse, call: ProviderCall) => boolean) | null;
  count(endpoint: string): number;
  /** How long access tokens live, in seconds. */
  lifetime: number;
  /** Whether it gives refresh tokens. */
  refreshable: boolean;
  /** Every refresh, in the order in which they came in. */
  readonly refreshes: readonly Refresh[];
  /** Refresh tokens that were revoked. */
  readonly revoked: ReadonlySet<string>;
  /** Ends every login, as an administrator of the provider can. */
  revokeAll(): void;
  /** Refreshes take effect from now on, and their answers wait for `release`. */
  hold(): HeldAnswers;
  /** Resolves at the next call of an endpoint. */
  next(endpoint: string): Promise<void>;
  /** A logout token, as a provider posts it: of this session, or with these claims. */
  logoutToken(claims: { readonly [claim: string]: unknown }): string;
  /** Begins to listen; the issuer is known before. */
  start(): Promise<void>;
  /** Stops listening; `start` begins again at the same address. */
  stop(): Promise<void>;
}

/** Answers to refreshes that wait. */
export interface HeldAnswers {
  /** Resolves when the first refresh has come in. */
  readonly arrived: Promise<void>;
  release(): void;
}

export const CLIENT = { clientId: "app", clientSecret: randomBytes(24).toString("base64url") };

interface Grant {
  readonly nonce: string | null;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly user: TestProvider["user"];
}

/** The user of an ID token, and since when. */
type Login = Pick<Grant, "nonce" | "user"> & { readonly since: number };

/** Makes one; it listens when it is started. `now`: the clock that it shares with its clients. */
export async function testProvider(now: () => number = Date.now): Promise<TestProvider> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const calls: ProviderCall[] = [];
  const secrets = new Set<string>();
  const codes = new Map<string, Grant>();
  const waiting = new Map<string, (() => void)[]>();
  let gate: { readonly arrive: () => void; readonly opened: Promise<void> } | null = null;
  let listening: Listening | null = null;

  const secret = (kind: string): string => {
    const made = `${kind}.${randomBytes(24).toString("base64url")}`;
    secrets.add(made);
    return made;
  };

  function jwt(claims: object, typ = "JWT"): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "RS256", kid: "k", typ })}.${part(claims)}`;
    const token = `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    secrets.add(token);
    return token;
  }

  function authorize({ query }: ProviderCall): Reply {
    for (const name of ["state", "nonce", "code_challenge"]) secrets.add(query.get(name) ?? "");
    const redirectUri = query.get("redirect_uri") ?? "";
    const code = secret("code");
    codes.set(code, {
      nonce: query.get("nonce"),
      redirectUri,
      challenge: query.get("code_challenge") ?? "",
      user: provider.user,
    });
    const back = new URL(redirectUri);
    for (const [name, value] of Object.entries({ code, state: query.get("state") ?? "", iss: issuer }))
      back.searchParams.set(name, value);
    return { status: 302, headers: { location: back.href }, body: "" };
  }

  const grants = new Grants<Login>(secret);

  function token({ form, authorization }: ProviderCall): Reply | Promise<Reply> {
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    const basic = decodeURIComponent(Buffer.from((authorization ?? "").replace(/^Basic /, ""), "base64").toString());
    if (basic !== `${CLIENT.clientId}:${CLIENT.clientSecret}`) return json(401, { error: "invalid_client" });
    return form.get("grant_type") === "refresh_token" ? refreshed(form) : redeemed(form);
  }

  function redeemed(form: URLSearchParams): Reply {
    secrets.add(form.get("code_verifier") ?? "");
    const code = form.get("code") ?? "";
    const grant = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant === undefined || grant.challenge !== challenge || grant.redirectUri !== form.get("redirect_uri"))
      return json(400, { error: "invalid_grant" });
    const since = Math.floor(now() / 1000);
    return answer(grants.begin({ nonce: grant.nonce, user: grant.user, since }));
  }

  async function refreshed(form: URLSearchParams): Promise<Reply> {
    const exchanged = grants.exchange(form.get("refresh_token") ?? "");
    const reply = exchanged === null ? json(400, { error: "invalid_grant" }) : answer(exchanged);
    gate?.arrive();
    await gate?.opened;
    return reply;
  }

  function answer({ login, accessToken, refreshToken }: Exchanged<Login>): Reply {
    const { user, since, nonce } = login;
    const iat = Math.floor(now() / 1000);
    const claims = { iss: issuer, aud: CLIENT.clientId, iat, exp: iat + 300, auth_time: since, sid: `sid-${user.sub}` };
    return json(200, {
      access_token: accessToken,
      ...(provider.refreshable ? { refresh_token: refreshToken } : {}),
      token_type: "Bearer",
      expires_in: provider.lifetime,
      id_token: jwt({ ...user, ...claims, nonce }),
    });
  }

  function revoke({ form }: ProviderCall): Reply {
    grants.revoke(form.get("token") ?? "");
    return json(200, {});
  }

  const metadata = (): Reply =>
    json(200, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      revocation_endpoint: `${issuer}/revoke`,
      end_session_endpoint: `${issuer}/end`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
      authorization_response_iss_parameter_supported: true,
    });

  const endpoints: { readonly [path: string]: (call: ProviderCall) => Reply | Promise<Reply> } = {
    "/.well-known/openid-configuration": metadata,
    "/keys": () => json(200, { keys: [jwk] }),
    "/authorize": authorize,
    "/token": token,
    "/revoke": revoke,
    "/end": () => ({ status: 200, headers: { "content-type": "text/plain" }, body: "signed out" }),
  };

  function heard(endpoint: string): void {
    for (const wake of waiting.get(endpoint) ?? []) wake();
    waiting.delete(endpoint);
  }

  const serve: RequestListener = (message, response) => {
    void read(message).then(async (body) => {
      const url = new URL(message.url ?? "/", issuer);
      const { authorization } = message.headers;
      const call = { endpoint: url.pathname, query: url.searchParams, form: new URLSearchParams(body), authorization };
      calls.push(call);
      if (provider.fault?.(call.endpoint, response, call) !== true) {
        const reply = endpoints[url.pathname]?.(call) ?? json(404, { error: "not_found" });
        heard(call.endpoint);
        const { status, headers, body: answer } = reply instanceof Promise ? await reply : reply;
        response.writeHead(status, headers).end(answer);
      } else heard(call.endpoint);
    });
  };

  const provider: TestProvider = {
    issuer,
    calls,
    secrets,
    user: { sub: "alice" },
    fault: null,
    logoutToken(claims) {
      const seconds = Math.floor(now() / 1000);
      const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
      const honest = { iss: issuer, aud: CLIENT.clientId, iat: seconds, exp: seconds + 120, jti: randomUUID(), events };
      return jwt({ ...honest, ...claims }, "logout+jwt");
    },
    lifetime: 3600,
    refreshable: true,
    refreshes: grants.journal,
    revoked: grants.revoked,
    revokeAll: () => grants.revokeAll(),
    hold() {
      const arrived = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      gate = { arrive: arrived.resolve, opened: opened.promise };
      const release = (): void => {
        gate = null;
        opened.resolve();
      };
      return { arrived: arrived.promise, release };
    },
    next: (endpoint) => new Promise((resolve) => waiting.set(endpoint, [...(waiting.get(endpoint) ?? []), resolve])),
    count: (endpoint) => calls.filter((call) => call.endpoint === endpoint).length,
    async start() {
      listening ??= await listenOn(serve, port);
    },
    async stop() {
      await listening?.[Symbol.asyncDispose]();
      listening = null;
    },
    [Symbol.asyncDispose]: () => provider.stop(),
  };
  return provider;
}

interface Reply {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

const json = (status: number, value: object): Reply => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(value),
});

async function read(message: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of message) body += String(chunk);
  return body;
}
