/** An app with tokens of its own, and what it answers to who shows one. */
import type { JsonObject } from "../src/contracts.ts";
import type { TokenOptions, TokenRequest } from "../src/index.ts";
import { type AuthOptions, authWith, type TestAuth } from "./auth.ts";
import { ORIGIN } from "./origin.ts";

export const TOKENS: TokenOptions = {
  audiences: { app: { scope: "read write", lifetime: "2h" }, orders: { scope: "orders:read" } },
  accept: "app",
};
export const PERSON = { issuer: "https://id.example.com", subject: "42", claims: { name: "Alice" } };
export const OWNER = "https://id.example.com 42";
export const FOR_PERSON: TokenRequest = { subject: PERSON, audience: "app", scope: "read" };

type World = TestAuth<JsonObject>;

/** An app with {@link TOKENS}. */
export const world = (options: AuthOptions<JsonObject> = {}): World => authWith({ tokens: TOKENS, ...options });

interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: { readonly [name: string]: unknown };
}

/** What the app answers to these headers: of whom it thinks. */
export async function ask({ auth }: World, headers: Record<string, string>, path = "/"): Promise<Answer> {
  const response = await auth.handle(new Request(`${ORIGIN}${path}`, { headers }), ({ identity, owner, via }) =>
    Response.json({ subject: identity?.subject ?? null, claims: identity?.claims ?? null, owner, via }),
  );
  const { status } = response;
  return { status, challenge: response.headers.get("www-authenticate"), body: await response.json() };
}

/** What it answers to this bearer token. */
export const shown = (of: World, token: string): Promise<Answer> => ask(of, { authorization: `Bearer ${token}` });

/** The audience whose tokens are refreshed, and given to users. */
export const REFRESHED: TokenOptions = {
  audiences: { app: { scope: "read write", lifetime: "5m", family: "1d", users: true }, other: { scope: "read" } },
  accept: "app",
};

/** The answer to a form at one of our endpoints. */
export async function post(
  { auth }: World,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const init = { method: "POST", headers, body: new URLSearchParams(form) };
  return auth.handle(new Request(`${ORIGIN}/auth/${path}`, init), () => new Response(null, { status: 404 }));
}

/** The headers of the site's own script, with this cookie. */
export const fromPage = (cookie: string) => ({ cookie, origin: ORIGIN, "sec-fetch-site": "same-origin" });

/** What a refresh token gets. */
export const refreshed = (of: World, token: string): Promise<Response> => post(of, "tokens/refresh", { refresh_token: token });

/** The next refresh token. */
export async function nextOf(of: World, token: string): Promise<string> {
  const { refresh_token } = await (await refreshed(of, token)).json();
  return String(refresh_token);
}
