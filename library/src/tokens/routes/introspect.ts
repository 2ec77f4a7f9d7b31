/** Introspection of our own tokens (RFC 7662), for services that have to know whether one was revoked. */
import type { JsonObject, Route, RouteRequest, RouteResponse, TokenVerifier } from "../../contracts.ts";
import { sameSecret } from "../../crypto/equal.ts";
import { json, refusal } from "../../endpoints/responses.ts";
import { partsOf, refusing } from "../../oidc/jwt/jws.ts";
import type { SettledTokens } from "../options.ts";
import { formOf } from "./forms.ts";

interface IntrospectionOptions {
  readonly tokens: Pick<SettledTokens, "audiences">;
  /** What verifies tokens for this audience alone. */
  readonly verifiersOf: (audience: string) => readonly TokenVerifier[];
  readonly issuer: string;
}

/** `POST tokens/introspect`, if a service may ask: about tokens for its audience, as that audience, by its secret. */
export function introspectionRoutes(options: IntrospectionOptions): readonly Route[] {
  const mayAsk = [...options.tokens.audiences.values()].some(({ introspection }) => introspection !== null);
  const endpoint: Route["endpoint"] = (request) => answer(request, options);
  return mayAsk ? [{ method: "POST", path: "tokens/introspect", lookup: false, touches: false, endpoint }] : [];
}

async function answer(request: RouteRequest, options: IntrospectionOptions): Promise<RouteResponse> {
  const audience = askedBy(request, options.tokens);
  if (audience === null) return UNKNOWN;
  const form = await formOf(request, "token");
  if (!(form instanceof Map)) return form;
  const token = form.get("token") ?? "";
  const verifier = options.verifiersOf(audience).find((one) => one.reads(token));
  return json(200, (verifier && (await told(token, audience, verifier, options))) ?? INACTIVE);
}

const UNKNOWN = refusal("ERR_INVALID_CREDENTIAL", undefined, [["www-authenticate", 'Basic realm="introspection"']]);
/** The same for whatever is no good token for this audience (RFC 7662 s2.2). */
const INACTIVE = { active: false };

/** What is said of a live one. */
async function told(
  token: string,
  audience: string,
  verifier: TokenVerifier,
  { issuer }: IntrospectionOptions,
): Promise<JsonObject | undefined> {
  const verdict = await verifier.verify(token);
  if (verdict.kind !== "valid") return undefined;
  const { identity, owner, expires } = verdict;
  const scope = verdict.scope ?? "";
  const good = { active: true, token_type: "Bearer", scope };
  if (verifier.name === "own") return { ...JSON.parse(claimsIn(token)), ...good };
  const { client_id = issuer } = identity.claims;
  return { ...good, iss: issuer, sub: owner ?? identity.subject, aud: audience, client_id, exp: Math.floor(expires / 1_000) };
}

/** Of a token that was verified. */
function claimsIn(token: string): string {
  return JSON.stringify(Object.fromEntries(partsOf(token, refusing("the token")).claims));
}

const BASIC = /^basic +([A-Za-z0-9+/]{1,4000}={0,2})[ \t]*$/i;

/** The audience whose secret the request shows (RFC 6749 s2.3.1). */
function askedBy(request: RouteRequest, { audiences }: IntrospectionOptions["tokens"]): string | null {
  const [, encoded = ""] = BASIC.exec(request.header("authorization") ?? "") ?? [];
  const [name = "", secret = ""] = Buffer.from(encoded, "base64").toString().split(":", 2).map(decoded);
  const secrets = audiences.get(name)?.introspection?.() ?? [];
  return secrets.some((one) => sameSecret(secret, one)) ? name : null;
}

function decoded(text: string): string {
  return new URLSearchParams(`_=${text}`).get("_") ?? "";
}
