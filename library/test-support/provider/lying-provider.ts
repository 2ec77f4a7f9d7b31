/**
 * An OpenID provider over real HTTP whose every answer can be bent, and which writes down every request. It starts out
 * honest: it checks the client, PKCE and that a code is used once; refresh tokens rotate strictly.
 */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { escapeText, unescapeText } from "../browser/html.ts";
import { onFreePort } from "../talk.ts";
import type { EndpointName, JournalEntry, Json, Lies, LyingProvider, LyingProviderOptions } from "./lies.ts";
import { signingKey, signJwt } from "./signing.ts";

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly scope: string;
  readonly subject: string;
  /** In seconds. */
  readonly authenticatedAt: number;
  used: boolean;
}

const PATHS: { readonly [path: string]: EndpointName } = {
  "/.well-known/openid-configuration": "metadata",
  "/authorize": "authorization",
  "/keys": "keys",
  "/token": "token",
  "/userinfo": "userinfo",
  "/revoke": "revocation",
  "/end": "end",
};

/** Starts one on a free port of the loopback address. */
export async function lyingProvider(options: LyingProviderOptions = {}): Promise<LyingProvider> {
  const now = options.now ?? Date.now;
  const clientId = options.clientId ?? "app";
  const clientSecret = options.clientSecret ?? "secret";
  const key = options.key ?? signingKey("first");
  const grants = new Map<string, Grant>();
  const refreshTokens = new Map<string, Grant>();
  const accessTokens = new Map<string, string>();
  const journal: JournalEntry[] = [];
  const lies: Lies = {};

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  const origin = `http://127.0.0.1:${await onFreePort(server)}`;
  const base = options.path ?? "";
  const issuer = `${origin}${base}`;
  const under = issuer.replace(/\/$/, "");

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    const body = await readBody(request);
    const path = url.pathname.slice(base.replace(/\/$/, "").length);
    const entry: JournalEntry = {
      endpoint: PATHS[path] ?? "other",
      method: request.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      form: new URLSearchParams(body),
      body,
    };
    journal.push(entry);
    if (lies.raw !== undefined && (await lies.raw(entry, response))) return;
    const answer = answerTo(entry);
    if (lies.lost?.(entry, response) === true) return;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  function answerTo(entry: JournalEntry): Answer {
    switch (entry.endpoint) {
      case "metadata":
        return json(200, (lies.metadata ?? same)(metadata()));
      case "authorization":
        return authorization(entry);
      case "keys":
        return json(200, (lies.keys ?? same)({ keys: provider.published.map(({ jwk }) => jwk) }));
      case "token":
        return token(entry);
      case "userinfo":
        return userinfo(entry);
      case "revocation":
        return authenticated(entry) ? { status: 200, headers: {}, body: "" } : json(401, { error: "invalid_client" });
      case "end":
        return { status: 200, headers: { "content-type": "text/html" }, body: "signed out" };
      case "other":
        return json(404, { error: "not_found" });
    }
  }

  function metadata(): Json {
    return {
      issuer,
      authorization_endpoint: `${under}/authorize`,
      token_endpoint: `${under}/token`,
      jwks_uri: `${under}/keys`,
      userinfo_endpoint: `${under}/userinfo`,
      revocation_endpoint: `${under}/revoke`,
      end_session_endpoint: `${under}/end`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256", "ES256", "HS256", "none"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  function authorization({ query }: JournalEntry): Answer {
    const code = randomUUID();
    grants.set(code, {
      redirectUri: query.get("redirect_uri") ?? "",
      challenge: query.get("code_challenge"),
      nonce: query.get("nonce"),
      scope: query.get("scope") ?? "",
      subject: provider.user.sub,
      authenticatedAt: Math.floor(now() / 1_000),
      used: false,
    });
    const result = new URLSearchParams({ code, state: query.get("state") ?? "", iss: issuer });
    lies.authorization?.(result);
    const location = new URL(query.get("redirect_uri") ?? "");
    if (query.get("response_mode") === "form_post") {
      const fields = [...result].map(
        ([name, value]) => `<input type="hidden" name="${escapeText(name)}" value="${escapeText(value)}">`,
      );
      const form = `<form method="post" action="${escapeText(location.href)}">${fields.join("")}</form>`;
      return {
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: `${form}<script>document.forms[0].submit()</script>`,
      };
    }
    for (const [name, value] of result) location.searchParams.append(name, value);
    return { status: 302, headers: { location: location.href }, body: "" };
  }

  function token(entry: JournalEntry): Answer {
    if (!authenticated(entry)) return json(401, { error: "invalid_client" });
    const { form } = entry;
    const refresh = form.get("grant_type") === "refresh_token";
    const grant = refresh ? refreshTokens.get(form.get("refresh_token") ?? "") : grants.get(form.get("code") ?? "");
    if (grant === undefined || (!refresh && !redeemable(grant, form))) return json(400, { error: "invalid_grant" });
    grant.used = true;
    refreshTokens.delete(form.get("refresh_token") ?? "");
    const accessToken = `access-${randomUUID()}`;
    const refreshToken = `refresh-${randomUUID()}`;
    accessTokens.set(accessToken, grant.subject);
    refreshTokens.set(refreshToken, grant);
    const honest = {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: 3_600,
      refresh_token: refreshToken,
      scope: grant.scope,
      id_token: idToken(grant, accessToken),
    };
    return json(200, (lies.token ?? same)(honest));
  }

  function idToken(grant: Grant, accessToken: string): unknown {
    const seconds = Math.floor(now() / 1_000);
    const honest = {
      iss: issuer,
      sub: grant.subject,
      aud: clientId,
      iat: seconds,
      exp: seconds + 300,
      auth_time: grant.authenticatedAt,
      sid: `sid-${grant.subject}`,
      at_hash: createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url"),
      ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
      ...provider.user.claims,
    };
    const claims = (lies.claims ?? same)(honest);
    const header = (lies.header ?? same)({ alg: provider.signs.alg, kid: provider.signs.kid, typ: "JWT" });
    return lies.idToken === undefined ? signJwt(header, claims, provider.signs) : lies.idToken(header, claims, provider.signs);
  }

  function userinfo({ headers }: JournalEntry): Answer {
    const subject = accessTokens.get((headers.authorization ?? "").replace(/^Bearer /, ""));
    if (subject === undefined) return json(401, { error: "invalid_token" });
    return json(200, (lies.userinfo ?? same)({ sub: subject, email: `${subject}@example.com`, ...provider.user.claims }));
  }

  /** One method, with our client's secret; a client assertion counts as it is, tests look at it in the journal. */
  function authenticated({ headers, form }: JournalEntry): boolean {
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (basic !== undefined) {
      const [id = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":");
      return !form.has("client_secret") && formDecode(id) === clientId && formDecode(secret) === clientSecret;
    }
    if (form.has("client_assertion")) return true;
    return form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
  }

  const provider: LyingProvider = {
    origin,
    issuer,
    clientId,
    clientSecret,
    lies,
    journal,
    user: { sub: "alice", claims: { name: "Alice" } },
    published: [key],
    signs: key,
    count: (endpoint) => journal.filter((entry) => entry.endpoint === endpoint).length,
    async authorize(url) {
      const response = await fetch(url, { redirect: "manual" });
      const target = response.headers.get("location");
      if (target !== null) {
        const location = new URL(target);
        return { location, response: location.searchParams };
      }
      const html = await response.text();
      const location = new URL(unescapeText(/action="([^"]*)"/.exec(html)?.[1] ?? ""));
      const fields = [...html.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        unescapeText(name),
        unescapeText(value),
      ]);
      return { location, response: new URLSearchParams(fields) };
    },
    reset() {
      for (const name of Object.keys(lies)) Reflect.deleteProperty(lies, name);
      journal.length = 0;
      provider.user = { sub: "alice", claims: { name: "Alice" } };
      provider.published = [key];
      provider.signs = key;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return provider;
}

interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

function same<T>(honest: T): T {
  return honest;
}

function json(status: number, value: unknown): Answer {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store" }, body };
}

function redeemable(grant: Grant, form: URLSearchParams): boolean {
  const challenge = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url");
  return !grant.used && form.get("redirect_uri") === grant.redirectUri && challenge === grant.challenge;
}

/** RFC 6749 s2.3.1: id and secret are form-encoded before base64. */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
