/** The token endpoint of the development provider, and what is known of the bearer of a token. */
import { createHash } from "node:crypto";
import type { JsonObject, RouteResponse } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { sameSecret } from "../crypto/equal.ts";
import { json } from "../endpoints/responses.ts";
import type { CodeGrant, Grant, Grants } from "./grants.ts";
import type { Signatures } from "./signatures.ts";

/** What tokens are made of. */
export interface TokenWorld {
  readonly users: ReadonlyMap<string, JsonObject>;
  readonly grants: Grants;
  readonly signatures: Signatures;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long access tokens live, milliseconds. */
  readonly tokenLifetime: number;
  readonly now: () => number;
  /** A fresh text that no other is. */
  readonly unique: () => string;
}

/** A request of the client, as a server reads it. */
export interface ClientRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

const oauthError = (status: 400 | 401, error: string): RouteResponse => json(status, { error });
const INVALID_CLIENT = oauthError(401, "invalid_client");
const INVALID_GRANT = oauthError(400, "invalid_grant");

/** Whether the client shows its secret, in the header or in the form. */
function isClient({ form, authorization }: ClientRequest, { clientId, clientSecret }: TokenWorld): boolean {
  const basic = /^basic (.+)$/i.exec(authorization ?? "")?.[1];
  const shown = basic === undefined ? [form.get("client_id"), form.get("client_secret")] : partsOf(basic);
  return shown[0] === clientId && sameSecret(shown[1] ?? "", clientSecret);
}

/** RFC 6749 s2.3.1: both are encoded as in a form. */
function partsOf(basic: string): readonly string[] {
  const [id = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":");
  return [id, secret].map((part) => new URLSearchParams(`part=${part}`).get("part") ?? "");
}

/** Tokens for a code, or for a refresh token. */
export async function giveTokens(request: ClientRequest, world: TokenWorld): Promise<RouteResponse> {
  if (!isClient(request, world)) return INVALID_CLIENT;
  const { form } = request;
  const text = (name: string): string => form.get(name) ?? "";
  const kind = text("grant_type");
  if (kind === "authorization_code") {
    const grant = await world.grants.redeem(text("code"), text("code_verifier"), text("redirect_uri"));
    return grant === null ? INVALID_GRANT : given(grant, form, world, grant.nonce);
  }
  if (kind !== "refresh_token") return oauthError(400, "unsupported_grant_type");
  const grant = await world.grants.exchange(text("refresh_token"));
  // A user who was struck off the list is out at the next refresh.
  return grant === null || !world.users.has(grant.user) ? INVALID_GRANT : given(grant, form, world);
}

function given(grant: CodeGrant | Grant, form: URLSearchParams, world: TokenWorld, nonce?: string): RouteResponse {
  const { signatures, grants, issuer, clientId, tokenLifetime, now } = world;
  const { user, sid, scope, authenticatedAt, acr } = grant;
  const issued = seconds(now());
  const times = { iat: issued, exp: issued + seconds(tokenLifetime) };
  const audience = form.get("resource") ?? issuer;
  const about = { iss: issuer, sub: user, sid, ...times };
  const accessToken = signatures.sign("at+jwt", { ...about, aud: audience, client_id: clientId, scope, jti: world.unique() });
  const idToken = signatures.sign("JWT", {
    ...world.users.get(user),
    ...about,
    aud: clientId,
    auth_time: seconds(authenticatedAt),
    at_hash: halfHash(accessToken),
    ...omitUndefined({ nonce, acr }),
  });
  return json(200, {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: seconds(tokenLifetime),
    refresh_token: grants.refreshToken(grant),
    id_token: idToken,
    scope,
  });
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);

const halfHash = (text: string): string => createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");

/** UserInfo of the bearer of an access token. */
export async function tellUser({ authorization }: ClientRequest, world: TokenWorld): Promise<RouteResponse> {
  const token = /^bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const claims = world.signatures.verified("at+jwt", token);
  const { sub, sid, exp } = claims ?? {};
  const user = world.users.get(String(sub));
  const live = user !== undefined && Number(exp) * 1_000 > world.now() && !(await world.grants.isOver(String(sid)));
  if (!live) return json(401, { error: "invalid_token" }, [["www-authenticate", 'Bearer error="invalid_token"']]);
  return json(200, { sub: String(sub), ...user });
}

/** RFC 7009: whatever the token is, it is no good from now on. */
export async function revokeToken(request: ClientRequest, world: TokenWorld): Promise<RouteResponse> {
  if (!isClient(request, world)) return INVALID_CLIENT;
  const token = request.form.get("token") ?? "";
  const sid = world.grants.sidOf(token) ?? world.signatures.verified("at+jwt", token)?.["sid"];
  if (typeof sid === "string") await world.grants.end(sid);
  return json(200, {});
}
