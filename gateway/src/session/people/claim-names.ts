/** Which claims hold a user's groups, e-mail address and name: each provider may say them by claims of its own. */
import type { Identity, JsonObject, JsonValue } from "coatcheck";
import type { ProviderSettings, Settings } from "../../config/config.ts";
import { groupsOf, isText } from "../groups.ts";

type Names = Pick<ProviderSettings, "groupsClaim" | "emailClaim" | "userClaim">;

const BY_PROVIDER = "oidc:";

/** Reads what identities say, by the names of their provider. */
export class ClaimNames {
  readonly #byMethod = new Map<string, Names>();
  readonly #byIssuer = new Map<string, Names>();

  constructor({ providers }: Pick<Settings, "providers">) {
    for (const provider of providers) {
      const { name, issuer, groupsClaim, emailClaim, userClaim } = provider;
      if (groupsClaim === "groups" && emailClaim === "email" && userClaim === "sub") continue;
      this.#byMethod.set(BY_PROVIDER + name, provider);
      if (!this.#byIssuer.has(issuer)) this.#byIssuer.set(issuer, provider);
    }
  }

  /** Usually the very list of the claim. */
  groups(identity: Identity | null): readonly string[] {
    const names = this.#of(identity);
    if (names === undefined || identity === null || names.groupsClaim === "groups") return groupsOf(identity);
    const claim = claimOf(identity.claims, names.groupsClaim);
    // A role may stand alone.
    if (isText(claim)) return [claim];
    return Array.isArray(claim) ? claim.filter(isText) : [];
  }

  email(identity: Identity): JsonValue | undefined {
    return claimOf(identity.claims, this.#of(identity)?.emailClaim ?? "email");
  }

  /** Whom upstreams are told as the user: the subject, unique for its issuer, unless settings say otherwise. */
  user(identity: Identity): JsonValue | undefined {
    const name = this.#of(identity)?.userClaim ?? "sub";
    return name === "sub" ? identity.subject : claimOf(identity.claims, name);
  }

  /** A login is known by its provider's name, all else by its issuer. */
  #of(identity: Identity | null): Names | undefined {
    if (identity === null || this.#byMethod.size === 0) return undefined;
    const { method, issuer } = identity;
    return method.startsWith(BY_PROVIDER) ? this.#byMethod.get(method) : this.#byIssuer.get(issuer);
  }
}

/** A claim by its name, which may have dots in it; else a nested one, `realm_access.roles`. */
export function claimOf(claims: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: JsonValue | undefined = claims;
  for (const step of name.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
