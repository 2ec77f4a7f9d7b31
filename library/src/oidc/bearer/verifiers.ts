/** The verifiers of bearer tokens, by configuration. */
import type { TokenVerifier } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import type { Introspection } from "./introspection.ts";
import { introspectionVerifier } from "./introspection.ts";
import type { JwtIssuer, VerifierWorld } from "./jwt-access-token.ts";
import { jwtVerifier } from "./jwt-access-token.ts";

/**
 * Which bearer tokens are accepted.
 *
 * @example
 * ```ts
 * import type { BearerOptions } from "coatcheck";
 * const bearer: BearerOptions = { jwt: [{ issuer: "https://id.example.com", audience: "orders-api" }] };
 * const auth = coatcheck({ bearer, … });
 * ```
 */
export interface BearerOptions {
  /** Verifiers of your own, which come first. */
  readonly verifiers?: readonly TokenVerifier[];
  /** Providers whose JWT access tokens are accepted. */
  readonly jwt?: JwtIssuer | readonly JwtIssuer[];
  /** The provider that introspects every other token. */
  readonly introspection?: Introspection;
  /** Named in `WWW-Authenticate`. */
  readonly realm?: string;
  /**
   * Whether a proxy in front adds the token by itself; then the origin of unsafe requests is checked (CSRF). Default
   * `false`.
   */
  readonly ambient?: boolean;
}

/** A client that signs users in: its ID tokens have its id as audience. */
interface LoginClient {
  readonly issuer: string;
  readonly clientId: string;
}

/**
 * The verifiers of these options in their order: your own, then those of JWTs, then introspection, which reads every
 * token. Close them after use.
 *
 * @throws CoatcheckError `ERR_CONFIG` for what cannot be used.
 */
export function bearerVerifiers(
  options: BearerOptions,
  world: VerifierWorld & { readonly clients?: readonly LoginClient[] },
): readonly TokenVerifier[] {
  const given = options.jwt ?? [];
  const issuers: readonly JwtIssuer[] = isList(given) ? given : [given];
  const twice = issuers.find((one, index) => issuers.findIndex(({ issuer }) => issuer === one.issuer) !== index);
  if (twice !== undefined) throw refusal(`bearer.jwt names ${twice.issuer} twice; give it several audiences in one entry.`);
  for (const issuer of issuers) if (issuer.acceptPlainJwt) checkAudience(issuer, world.clients ?? []);
  const verifiers = [...(options.verifiers ?? []), ...issuers.map((issuer) => jwtVerifier(issuer, world))];
  const { introspection } = options;
  if (introspection !== undefined) return [...verifiers, introspectionVerifier(introspection, world)];
  if (verifiers.length === 0) throw refusal("bearer reads no token: it needs one of jwt, introspection and verifiers.");
  return verifiers;
}

const isList = (jwt: JwtIssuer | readonly JwtIssuer[]): jwt is readonly JwtIssuer[] => Array.isArray(jwt);

/** ID tokens for our own login would be half-way to counting as access tokens (ID-17). */
function checkAudience({ issuer, audience }: JwtIssuer, clients: readonly LoginClient[]): void {
  const audiences = typeof audience === "string" ? [audience] : audience;
  const client = clients.find((one) => one.issuer === issuer && audiences.includes(one.clientId));
  if (client === undefined) return;
  throw refusal(
    `bearer.jwt accepts plain JWTs for ${client.clientId}, which is the clientId of the login, so ID tokens are for it too; give the API an audience of its own.`,
  );
}

const refusal = (message: string): CoatcheckError => new CoatcheckError("ERR_CONFIG", { message });
