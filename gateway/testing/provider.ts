import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { freePort, type Listening, listenOn } from "./talk.ts";

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
  /** Answers an endpoint in the provider's place; `true` where it did. */
  fault: ((endpoint: string, response: ServerResponse, call: ProviderCall) => boolean) | null;
  count(endpoint: string): number;
  /** A logout token, as a provider posts it: of this session, or with these claims. */
  logoutToken(claims: { readonly [claim: string]: unknown }): string;
  /** Begins to listen; the issuer is known before. */
  start(): Promise<void>;
  /** Stops listening; `start` begins again at the same address. */
  stop(): Promise<void>;
}

export const CLIENT = { clientId: "app", clientSecret: randomBytes(24).toString("base64url") };

interface Grant {
  readonly nonce: string | null;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly user: TestProvider["user"];
}

/** Makes one; it listens when it is started. */
export async function testProvider(): Promise<TestProvider> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const calls: ProviderCall[] = [];
  const secrets = new Set<string>();
  const grants = new Map<string, Grant>();
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
    grants.set(code, {
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

  function token({ form, authorization }: ProviderCall): Reply {
    secrets.add(form.get("code_verifier") ?? "");
    // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    const basic = decodeURIComponent(Buffer.from((authorization ?? "").replace(/^Basic /, ""), "base64").toString());
    if (basic !== `${CLIENT.clientId}:${CLIENT.clientSecret}`) return json(401, { error: "invalid_client" });
    const code = form.get("code") ?? "";
    const grant = grants.get(code);
    grants.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (grant === undefined || grant.challenge !== challenge || grant.redirectUri !== form.get("redirect_uri"))
      return json(400, { error: "invalid_grant" });
    const now = Math.floor(performance.timeOrigin + performance.now()) / 1000;
    const seconds = Math.floor(now);
    const claims = {
      iss: issuer,
      aud: CLIENT.clientId,
      iat: seconds,
      exp: seconds + 300,
      auth_time: seconds,
      nonce: grant.nonce,
    };
    return json(200, {
      access_token: secret("access"),
      refresh_token: secret("refresh"),
      token_type: "Bearer",
      expires_in: 3600,
      id_token: jwt({ ...grant.user, ...claims, sid: `sid-${grant.user.sub}` }),
    });
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

  const endpoints: { readonly [path: string]: (call: ProviderCall) => Reply } = {
    "/.well-known/openid-configuration": metadata,
    "/keys": () => json(200, { keys: [jwk] }),
    "/authorize": authorize,
    "/token": token,
    "/revoke": () => json(200, {}),
    "/end": () => ({ status: 200, headers: { "content-type": "text/plain" }, body: "signed out" }),
  };

  const serve: RequestListener = (message, response) => {
    void read(message).then((body) => {
      const url = new URL(message.url ?? "/", issuer);
      const { authorization } = message.headers;
      const call = { endpoint: url.pathname, query: url.searchParams, form: new URLSearchParams(body), authorization };
      calls.push(call);
      if (provider.fault?.(call.endpoint, response, call) === true) return;
      const { status, headers, body: answer } = endpoints[url.pathname]?.(call) ?? json(404, { error: "not_found" });
      response.writeHead(status, headers).end(answer);
    });
  };

  const provider: TestProvider = {
    issuer,
    calls,
    secrets,
    user: { sub: "alice" },
    fault: null,
    logoutToken(claims) {
      const seconds = Math.floor(Date.now() / 1000);
      const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
      const honest = { iss: issuer, aud: CLIENT.clientId, iat: seconds, exp: seconds + 120, jti: randomUUID(), events };
      return jwt({ ...honest, ...claims }, "logout+jwt");
    },
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
