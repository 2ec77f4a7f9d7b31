/** A stand-in for oauth2-proxy on machines that have none, by the same configuration file. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer, listenNear } from "../../demo/ports.ts";

/**
 * Stands in for oauth2-proxy on machines that have none. Towards web server, browser and provider it does what
 * oauth2-proxy documents of `start`, `callback`, `auth`, `userinfo` and `sign_out`, by the settings of the guide's
 * file; it keeps its sessions in memory, and believes the ID token that the provider hands it directly.
 */
export async function standIn(configuration: string, clientSecret: string): Promise<AsyncDisposable> {
  const settings = settingsOf(configuration);
  const discovery = await fetch(`${settings.oidc_issuer_url}/.well-known/openid-configuration`);
  const desk = new Desk(settings, clientSecret, parsed(await discovery.text()));
  const server = createServer((request, response) => {
    desk.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const port = Number(settings.http_address.split(":")[1]);
  assert.equal(await listenNear(server, port), port);
  return { [Symbol.asyncDispose]: () => closeServer(server) };
}

const SETTINGS = ["http_address", "oidc_issuer_url", "client_id", "redirect_url", "scope", "cookie_name"] as const;
type Settings = { readonly [name in (typeof SETTINGS)[number]]: string } & { readonly whitelist: readonly string[] };

function settingsOf(configuration: string): Settings {
  const setting = (name: string): unknown => {
    const [, value] = new RegExp(`^${name} *= (.*)$`, "m").exec(configuration) ?? [];
    assert.ok(value !== undefined, `${name} is not set`);
    return JSON.parse(value);
  };
  const text = (name: (typeof SETTINGS)[number]): string => String(setting(name));
  // What the stand-in takes for granted.
  for (const name of ["reverse_proxy", "set_xauthrequest", "skip_provider_button", "cookie_secure"])
    assert.equal(setting(name), true);
  const whitelist = setting("whitelist_domains");
  assert.ok(Array.isArray(whitelist));
  return {
    http_address: text("http_address"),
    oidc_issuer_url: text("oidc_issuer_url"),
    client_id: text("client_id"),
    redirect_url: text("redirect_url"),
    scope: text("scope"),
    cookie_name: text("cookie_name"),
    whitelist: whitelist.map(String),
  };
}

type Claims = Readonly<Record<string, unknown>>;

function parsed(text: string): Claims {
  return JSON.parse(text);
}

class Desk {
  readonly #settings: Settings;
  readonly #clientSecret: string;
  readonly #provider: Claims;
  readonly #logins = new Map<string, { readonly verifier: string; readonly to: string }>();
  readonly #sessions = new Map<string, Claims>();

  constructor(settings: Settings, clientSecret: string, provider: Claims) {
    this.#settings = settings;
    this.#clientSecret = clientSecret;
    this.#provider = provider;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const user = this.#sessions.get(this.#cookieOf(request, this.#settings.cookie_name) ?? "");
    response.setHeader("cache-control", "no-store");
    switch (pathname) {
      case "/oauth2/start":
        return this.#begin(searchParams.get("rd") ?? String(request.headers["x-auth-request-redirect"] ?? "/"), response);
      case "/oauth2/callback":
        return this.#finish(request, searchParams, response);
      case "/oauth2/sign_out":
        response.setHeader("set-cookie", this.#setCookie(this.#settings.cookie_name, "", 0));
        return this.#go(searchParams.get("rd") ?? "/", response);
      case "/oauth2/auth":
      case "/oauth2/userinfo":
        if (user === undefined) response.writeHead(401).end("Unauthorized\n");
        else if (pathname === "/oauth2/auth") response.writeHead(202, headersOf(user)).end();
        else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ user: user["sub"] }));
        return;
      default:
        response.writeHead(404).end();
    }
  }

  #begin(to: string, response: ServerResponse): void {
    const state = randomBytes(16).toString("hex");
    const verifier = randomBytes(32).toString("base64url");
    this.#logins.set(state, { verifier, to });
    const { client_id, redirect_url, scope, cookie_name } = this.#settings;
    const query = new URLSearchParams({ response_type: "code", client_id, redirect_uri: redirect_url, scope, state });
    query.set("code_challenge_method", "S256");
    query.set("code_challenge", createHash("sha256").update(verifier).digest("base64url"));
    response.setHeader("set-cookie", this.#setCookie(`${cookie_name}_csrf`, state, 900));
    response.writeHead(302, { location: `${this.#provider["authorization_endpoint"]}?${query}` }).end();
  }

  async #finish(request: IncomingMessage, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const { client_id, redirect_url, cookie_name } = this.#settings;
    const state = query.get("state") ?? "";
    const login = this.#logins.get(state);
    if (login === undefined || this.#cookieOf(request, `${cookie_name}_csrf`) !== state) {
      response.writeHead(403).end("Unable to find a valid CSRF token\n");
      return;
    }
    this.#logins.delete(state);
    const code = query.get("code") ?? "";
    const answer = await fetch(String(this.#provider["token_endpoint"]), {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${client_id}:${this.#clientSecret}`).toString("base64")}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        redirect_uri: redirect_url,
        code_verifier: login.verifier,
      }),
    });
    const [, claims = ""] = String(parsed(await answer.text())["id_token"]).split(".");
    const session = randomBytes(32).toString("base64url");
    this.#sessions.set(session, parsed(Buffer.from(claims, "base64url").toString()));
    response.setHeader("set-cookie", this.#setCookie(cookie_name, session, 28_800));
    this.#go(login.to, response);
  }

  /** Only to itself, and to whom it was told. */
  #go(to: string, response: ServerResponse): void {
    const itself = new URL(this.#settings.redirect_url);
    const url = new URL(to, itself);
    const allowed = url.host === itself.host || this.#settings.whitelist.includes(url.host);
    response.writeHead(302, { location: allowed ? to : "/" }).end();
  }

  #setCookie(name: string, value: string, age: number): string {
    return `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; Secure`;
  }

  #cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
    const pairs = (headers.cookie ?? "").split("; ").map((pair) => pair.split("="));
    return pairs.find(([known]) => known === name)?.[1];
  }
}

function headersOf(user: Claims): Record<string, string> {
  const { sub, email, groups, preferred_username: name } = user;
  return {
    "x-auth-request-user": String(sub),
    "x-auth-request-email": String(email),
    "x-auth-request-groups": Array.isArray(groups) ? groups.join(",") : "",
    "x-auth-request-preferred-username": String(name),
  };
}
