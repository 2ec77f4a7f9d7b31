/** Introspection of our own tokens (RFC 7662), for services that have to know whether one was revoked. */
import type { JsonObject, Route, RouteRequest, RouteResponse, TokenVerifier } from "../../contracts.ts";
import { json } from "../../endpoints/responses.ts";
import { partsOf, refusing } from "../../oidc/jwt/jws.ts";
import type { SettledTokens } from "../options.ts";
import { formOf } from "./forms.ts";
import { serviceOf, UNKNOWN_SERVICE } from "./service.ts";

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
  const audience = serviceOf(request, options.tokens);
  if (audience === null) return UNKNOWN_SERVICE;
  const form = await formOf(request, "token");
  if (!(form instanceof Map)) return form;
  const token = form.get("token") ?? "";
  const verifier = options.verifiersOf(audience).find((one) => one.reads(token));
  return json(200, (verifier && (await told(token, audience, verifier, options))) ?? INACTIVE);
}

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
