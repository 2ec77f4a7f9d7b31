/**
 * A provider that behaves as Dex does: one refresh token for a user and a client, refusals as `invalid_request`, no
 * user signed on, no logout, no revocation. Dex itself is in no registry; where its command is at hand, the laboratory
 * runs both.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LocalServer } from "../local-server.ts";
import type { Client, Place, Running } from "../provider.ts";
import { type Granted, Grants, type Login, Refusal } from "./grants.ts";

const BASE = "/dex";

interface Key {
  readonly id: string;
  readonly own: KeyObject;
  readonly published: object;
}

export class DexStandIn implements Running {
  readonly issuer: string;
  readonly #place: Place;
  readonly #grants = new Grants();
  readonly #keys: Key[] = [newKey()];
  readonly #accessTokens = new Map<string, string>();
  readonly #server: LocalServer;

  constructor(place: Place) {
    this.#place = place;
    this.issuer = `${place.recorder.origin}${BASE}`;
    this.#server = new LocalServer(place.port, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (error instanceof Refusal) sendJson(response, error.status, { error: error.code, error_description: error.message });
        else response.destroy();
      });
    });
  }

  async start(): Promise<void> {
    await this.#server.open();
  }

  async stop(): Promise<void> {
    await this.#server.close();
  }

  async disableUser(user: string): Promise<void> {
    this.#grants.lose(user);
  }

  async rotateKeys(): Promise<void> {
    this.#keys.unshift(newKey());
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    const form = new URLSearchParams(request.method === "POST" ? await bodyOf(request) : "");
    const asked = `${request.method} ${url.pathname.slice(BASE.length)}`;
    if (asked === "GET /.well-known/openid-configuration") sendJson(response, 200, this.#metadata());
    else if (asked === "GET /keys") sendJson(response, 200, { keys: this.#keys.map(({ published }) => published) });
    else if (asked === "GET /auth") sendForm(response, 200, url.search);
    else if (asked === "POST /auth") this.#logIn(url.searchParams, form, response);
    else if (asked === "POST /token") this.#token(request, form, response);
    else if (asked === "GET /userinfo") this.#userInfo(request, response);
    else response.writeHead(404).end();
  }

  #logIn(query: URLSearchParams, form: URLSearchParams, response: ServerResponse): void {
    const { clients, users, password } = this.#place;
    const user = users.find((name) => name === form.get("login"));
    if (user === undefined || !this.#grants.knows(user) || form.get("password") !== password) {
      sendForm(response, 401, `?${query}`);
      return;
    }
    const client = clients.find(({ id }) => id === query.get("client_id"));
    const redirectUri = query.get("redirect_uri") ?? "";
    if (client === undefined || redirectUri !== `${client.origin}/auth/callback`) {
      response.writeHead(400).end("Unregistered redirect_uri");
      return;
    }
    const login: Login = {
      user,
      clientId: client.id,
      redirectUri,
      nonce: query.get("nonce") ?? "",
      scopes: (query.get("scope") ?? "").split(" "),
      challenge: query.get("code_challenge") ?? "",
    };
    const back = new URL(redirectUri);
    back.searchParams.set("code", this.#grants.code(login));
    back.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(303, { location: back.href }).end();
  }

  #token(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
    const client = clientOf(request, form, this.#place.clients);
    if (client === undefined) throw new Refusal("invalid_client", "Invalid client credentials.", 401);
    const grant = form.get("grant_type");
    if (grant === "authorization_code") this.#give(this.#grants.redeem(client.id, form), response);
    else if (grant === "refresh_token") this.#give(this.#grants.refresh(client.id, form), response);
    else throw new Refusal("unsupported_grant_type", "");
  }

  #give({ user, clientId, nonce, scopes, refreshToken }: Granted, response: ServerResponse): void {
    const now = Math.floor(Date.now() / 1_000);
    const about = { iss: this.issuer, sub: subjectOf(user), aud: clientId, iat: now, exp: now + this.#place.lifetime };
    const claims = { ...about, nonce, email: user, email_verified: true, name: user };
    const accessToken = this.#signed({ ...claims, jti: randomBytes(8).toString("hex") });
    this.#accessTokens.set(accessToken, user);
    const atHash = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
    sendJson(response, 200, {
      access_token: accessToken,
      token_type: "bearer",
      expires_in: this.#place.lifetime,
      id_token: this.#signed({ ...claims, at_hash: atHash }),
      scope: scopes.join(" "),
      ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
    });
  }

  #userInfo({ headers }: IncomingMessage, response: ServerResponse): void {
    const user = this.#accessTokens.get(/^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "");
    if (user === undefined) sendJson(response, 401, { error: "access_denied" });
    else sendJson(response, 200, { sub: subjectOf(user), email: user });
  }

  #signed(claims: object): string {
    const [key] = this.#keys;
    if (key === undefined) throw new Error("there is no key");
    const text = [{ alg: "RS256", kid: key.id }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return [...text, sign("sha256", Buffer.from(text.join(".")), key.own).toString("base64url")].join(".");
  }

  #metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      userinfo_endpoint: `${this.issuer}/userinfo`,
      device_authorization_endpoint: `${this.issuer}/device/code`,
      grant_types_supported: ["authorization_code", "refresh_token"],
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256", "plain"],
      scopes_supported: ["openid", "email", "groups", "profile", "offline_access"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    };
  }
}

/** Dex names people by their connector and their id there. */
const subjectOf = (user: string): string => Buffer.from(`\n\u0006${user}\u0012\u0005local`).toString("base64url");

function newKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const id = randomBytes(8).toString("hex");
  return { id, own: privateKey, published: { ...publicKey.export({ format: "jwk" }), kid: id, alg: "RS256", use: "sig" } };
}

function clientOf({ headers }: IncomingMessage, form: URLSearchParams, clients: readonly Client[]): Client | undefined {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? "")?.[1];
  const basic = encoded === undefined ? [] : Buffer.from(encoded, "base64").toString().split(":").map(decodeURIComponent);
  const [id, secret] = encoded === undefined ? [form.get("client_id"), form.get("client_secret")] : basic;
  return clients.find((client) => client.id === id && client.secret === secret);
}

function sendForm(response: ServerResponse, status: number, query: string): void {
  const action = `${BASE}/auth${query}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  response.writeHead(status, { "content-type": "text/html" });
  response.end(
    `<!doctype html><title>dex</title><form method="post" action="${action}"><input name="login"><input type="password" name="password"><button>Login</button></form>`,
  );
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
