/** Tokens of our own at the gateway: how the library is told of them, and which of them pass where. */
import type { Identity, RequestView, RouteResponse, TokenDirectory, TokenOptions } from "coatcheck";
import { CoatcheckError } from "coatcheck/errors";
import { omitUndefined } from "coatcheck/settings";
import type { Settings } from "../../config/config.ts";
import { acceptedAudiences } from "../../config/tokens/accepted.ts";
import { problemOf } from "../../response/response.ts";
import type { Exchange } from "../engine.ts";
import type { LiveSettings } from "../live-settings.ts";
import { omitUnset } from "../omit-unset.ts";
import { ClaimNames } from "../people/claim-names.ts";
import { allowOf } from "./token-rules.ts";

/** What a token of ours has to be good for, at an upstream or where a proxy asks. */
export interface TokenNeeds {
  /** One of these is its audience. */
  readonly audiences: readonly string[];
  /** All of these words are in its scope. */
  readonly scope: readonly string[];
}

/** Which token of ours an upstream gets. */
export interface TokenTerms {
  readonly audience: string;
  /** Words with spaces between. */
  readonly scope: string;
}

/** As the library takes them; `undefined`: there are none. */
export function tokenOptions(settings: Settings, live: LiveSettings): TokenOptions | undefined {
  const { audiences, grace, recent, revocation, personal, allow } = settings.tokens;
  if (audiences.length === 0) return undefined;
  const byName = audiences.map(({ name, introspection, ...audience }) => {
    const secrets = () => live.now.tokens.audiences.find((one) => one.name === name)?.introspection ?? [];
    return [name, { ...omitUnset(audience), ...omitUndefined({ introspection: introspection && secrets }) }] as const;
  });
  return {
    audiences: Object.fromEntries(byName),
    accept: acceptedAudiences(settings),
    grace,
    recent,
    revocation: revocation === "immediate" ? revocation : { within: revocation },
    ...omitUndefined({ personal: personal && omitUnset(personal), allow: allowOf(allow, new ClaimNames(settings)) }),
  };
}

interface Named {
  readonly audience: string | undefined;
  readonly scope: string | undefined;
}

/** What is needed by those who are called so, and by those who have no name. */
export function needsOf({ audience, scope = "" }: Named, { tokens }: Pick<Settings, "tokens">): TokenNeeds {
  const audiences = audience === undefined ? tokens.accept : [audience];
  return { audiences, scope: scope.split(" ").filter((word) => word !== "") };
}

/** The token that `token: own` means, or `undefined`. */
export function termsOf({ token, audience, scope = "" }: Named & { readonly token: string }): TokenTerms | undefined {
  return token === "own" && audience !== undefined ? { audience, scope } : undefined;
}

/** The audience of the token of ours that authenticated; a provider's leaves none in the claims. */
function audienceOf(identity: Identity | null, via: string | null): string | undefined {
  const audience = via === "bearer" ? identity?.claims["aud"] : undefined;
  return typeof audience === "string" ? audience : undefined;
}

/**
 * What a caller is answered whose token is for others, or allows too little (RFC 6750 s3.1); `undefined`: it will do.
 */
export function tokenRefusal(needs: TokenNeeds, identity: Identity | null, via: string | null): RouteResponse | undefined {
  const audience = audienceOf(identity, via);
  if (audience === undefined) return undefined;
  if (!needs.audiences.includes(audience)) {
    return problemOf("ERR_INVALID_CREDENTIAL", [["www-authenticate", 'Bearer error="invalid_token"']]);
  }
  const given = String(identity?.claims["scope"] ?? "").split(" ");
  if (needs.scope.every((word) => given.includes(word))) return undefined;
  const challenge = `Bearer error="insufficient_scope", scope="${needs.scope.join(" ")}"`;
  return problemOf("ERR_FORBIDDEN", [["www-authenticate", challenge]]);
}

/** What makes tokens for the users of sessions. */
export type OwnTokenMaker = Pick<TokenDirectory, "forSession">;

/**
 * The token of ours that an upstream gets about a caller. Who came with one of ours has one for this audience already.
 * Another bearer token was given to a program for less, perhaps, than its person may do, so none of ours is made of it.
 */
export function ownTokenOf(
  exchange: Pick<Exchange, "by" | "request" | "session">,
  tokens: OwnTokenMaker,
  terms: TokenTerms,
): string {
  const { by, request, session } = exchange;
  if (by !== "bearer") return tokens.forSession(session, terms).accessToken;
  if (audienceOf(session.identity, by) !== terms.audience) throw new CoatcheckError("ERR_FORBIDDEN");
  const shown = bearerOf(request);
  return isPersonal(shown) ? tokens.forSession(session, terms).accessToken : shown;
}

/** Opaque, good for long, and nothing that keys verify: it is for the gateway alone. */
const isPersonal = (token: string): boolean => !token.includes(".");

/** The token itself of a request that it authenticated. */
export const bearerOf = (request: RequestView): string => (request.header("authorization") ?? "").replace(/^bearer +/i, "");
