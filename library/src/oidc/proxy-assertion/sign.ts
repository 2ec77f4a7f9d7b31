/** Signs assertions about the authenticated user, for upstreams. */
import { hash } from "node:crypto";
import type { AssertionSigner, Clock, Identity, JsonObject, JsonValue } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { SigningKeys } from "../../crypto/signing/signing-keys.ts";

interface AssertionSignerOptions {
  readonly keys: Pick<SigningKeys, "sign" | "signs">;
  /** `iss`: the public URL. */
  readonly issuer: string;
  readonly clock: Pick<Clock, "now">;
}

/** `typ`, so that no other kind of token can be taken for an assertion (ID-17). */
const TYPE = "coatcheck-assertion+jwt";
const LIFETIME = 600_000;
const MOST_CACHED = 2048;
const LONGEST_SUBJECT = 255;
const LONGEST_TEXT = 1024;
/** The same limit as for the groups of the plain headers, in characters. */
const LONGEST_GROUPS = 4096;
const TOLD = ["email", "email_verified", "name", "preferred_username", "acr", "amr"] as const;

interface Made {
  readonly identity: Identity;
  readonly groups: readonly string[];
  readonly said: string;
  readonly token: string;
  readonly freshUntil: number;
}

const NONE: readonly string[] = [];

/** Signs with the first of the signing keys; `GET keys` publishes all of them. */
export function assertionSigner({ keys, issuer, clock }: AssertionSignerOptions): AssertionSigner {
  const cache = new Map<string, Made>();
  let signedBy = keys.signs.kid;

  const signed = (claims: JsonObject, now: number): string => {
    const issued = Math.floor(now / 1_000);
    return keys.sign({ typ: TYPE }, { ...claims, iat: issued, exp: issued + LIFETIME / 1_000 });
  };

  // What another key signed may be refused by those who know the new one alone.
  const forgetOlder = (): void => {
    if (keys.signs.kid === signedBy) return;
    signedBy = keys.signs.kid;
    cache.clear();
  };

  return {
    sign({ identity, owner, audience, groups = NONE }) {
      forgetOlder();
      const now = clock.now();
      const name = `${audience} ${identity.authenticatedAt} ${owner}`;
      const last = cache.get(name);
      const fresh = last !== undefined && now < last.freshUntil && now >= last.freshUntil - LIFETIME / 2 ? last : undefined;
      if (fresh !== undefined && fresh.identity === identity && fresh.groups === groups) return fresh.token;
      const claims = { iss: issuer, aud: audience, ...claimsOf(identity, owner, groups) };
      const said = JSON.stringify(claims);
      const again = fresh !== undefined && fresh.said === said ? fresh : undefined;
      const made = again ?? { said, token: signed(claims, now), freshUntil: now + LIFETIME / 2 };
      if (cache.size >= MOST_CACHED && last === undefined) cache.clear();
      cache.set(name, { ...made, identity, groups });
      return made.token;
    },
  };
}

function claimsOf(identity: Identity, owner: string, groups: readonly string[]): JsonObject {
  const told: { [name: string]: JsonValue } = {};
  for (const name of TOLD) {
    const value = identity.claims[name];
    if (value !== undefined && value !== null && JSON.stringify(value).length <= LONGEST_TEXT) told[name] = value;
  }
  return {
    sub: owner.length <= LONGEST_SUBJECT ? owner : hash("sha256", owner, "base64url"),
    idp: identity.issuer,
    idp_sub: identity.subject,
    auth_time: Math.floor(identity.authenticatedAt / 1_000),
    ...told,
    ...omitUndefined({ groups: groups.length === 0 ? undefined : firstOf(groups) }),
  };
}

/** As many groups as a header holds. */
function firstOf(groups: readonly string[]): readonly string[] {
  let length = 0;
  return groups.filter((group) => {
    length += group.length + 3;
    return length <= LONGEST_GROUPS;
  });
}
