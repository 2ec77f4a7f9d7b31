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
