/** The authorization endpoint of the development provider: who is it today? */
import type { JsonObject, RouteResponse } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { redirect } from "../endpoints/responses.ts";
import type { Grants } from "./grants.ts";
import { choicePage, misaskedPage, type ShowPage } from "./pages.ts";

/** What an authorization is made of. */
export interface AuthorizationWorld {
  readonly users: ReadonlyMap<string, JsonObject>;
  readonly grants: Grants;
  readonly issuer: string;
  readonly clientId: string;
  /** Where an answer may go. */
  readonly redirectUris: readonly string[];
  readonly now: () => number;
  readonly show: ShowPage;
  /** A fresh text that no other is. */
  readonly unique: () => string;
}

/** What the person chose; `undefined` while they have not. */
export type Choice = { readonly user: string } | "refuse" | undefined;

interface Asked {
  readonly redirectUri: string;
  readonly state: string;
  readonly challenge: string;
  readonly scope: string;
  readonly query: URLSearchParams;
}

/** Asks, or answers with a code. Nothing is sent to an address that is not the app's own. */
export function authorize(query: URLSearchParams, choice: Choice, world: AuthorizationWorld): RouteResponse {
  const asked = readAsked(query, world);
  if (typeof asked === "string") return world.show(misaskedPage(asked));
  if (query.get("response_type") !== "code") return answer(asked, { error: "unsupported_response_type" }, world);
  if (query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(asked.challenge))
    return answer(asked, { error: "invalid_request", error_description: "PKCE with S256 is needed" }, world);
  if (!asked.scope.split(" ").includes("openid")) return answer(asked, { error: "invalid_scope" }, world);
  // There is no session here that could answer without a person.
  if (query.get("prompt") === "none") return answer(asked, { error: "login_required" }, world);
  if (choice === "refuse") return answer(asked, { error: "access_denied" }, world);
  if (choice === undefined) return world.show(choicePage(world.users, query));
  if (!world.users.has(choice.user)) return world.show(misaskedPage(`there is no user ${choice.user.slice(0, 64)}`));
  return answer(asked, { code: world.grants.code(grantOf(asked, choice.user, world)) }, world);
}

function readAsked(query: URLSearchParams, { clientId, redirectUris }: AuthorizationWorld): Asked | string {
  const redirectUri = query.get("redirect_uri") ?? "";
  if (query.get("client_id") !== clientId) return "it knows no such client_id";
  if (!redirectUris.includes(redirectUri)) return "redirect_uri is not the callback of this app";
  const text = (name: string): string => query.get(name) ?? "";
  return { redirectUri, state: text("state"), challenge: text("code_challenge"), scope: text("scope"), query };
}

function grantOf({ redirectUri, challenge, scope, query }: Asked, user: string, { unique, now }: AuthorizationWorld) {
  const nonce = query.get("nonce") ?? undefined;
  // Whatever is asked for was done: nobody has a second factor here, and an app wants to try its stepping up.
  const [acr] = (query.get("acr_values") ?? "").split(" ");
  const more = omitUndefined({ nonce, acr: acr === "" ? undefined : acr });
  return { user, sid: unique(), authenticatedAt: now(), scope, redirectUri, challenge, ...more };
}

function answer({ redirectUri, state }: Asked, said: { readonly [name: string]: string }, { issuer }: AuthorizationWorld) {
  const back = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...said, state, iss: issuer })) back.searchParams.set(name, value);
  return redirect(303, back.href);
}
