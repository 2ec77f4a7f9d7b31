/** The keys: what is configured of them, and what may be told. */

/**
 * A key that signs: `"EdDSA"`, `"Ed25519"` or `"ES256"` for one that is derived from each secret, or a private key of
 * yours (Ed25519, P-256, RSA of 2048 bits or more) as PEM or JWK. `EdDSA` and `Ed25519` are two names for the same key,
 * the usual one and that of RFC 9864.
 *
 * @example
 * ```ts
 * import type { SigningKey } from "coatcheck";
 * const first: SigningKey = process.env["SIGNING_KEY"] ?? "ES256";
 * ```
 */
export type SigningKey = "EdDSA" | "Ed25519" | "ES256" | SigningJwk | (string & {});

/** A JWK, perhaps with a name of its own. */
type SigningJwk = JsonWebKey & { readonly kid?: string };

/**
 * A key that signs no more, and verifies until a date.
 *
 * @example
 * ```ts
 * import type { RetiredKey } from "coatcheck";
 * const retired: RetiredKey = { key: process.env["OLD_KEY"] ?? "", until: "2027-03-01T00:00:00Z", withoutKid: true };
 * ```
 */
export interface RetiredKey {
  /** Public, private, or shared (HS256, `{ kty: "oct" }`), as PEM or JWK. A shared one is never published. */
  readonly key: string | SigningJwk;
  /** From this moment on it counts no more: a `Date`, or a text with its zone such as `2027-03-01T00:00:00Z`. */
  readonly until: Date | string;
  /** The name that its tokens have for it. Default: the one that a JWK gives itself, else its thumbprint (RFC 7638). */
  readonly kid?: string;
  /** Whether it also verifies tokens that name no key. One key of each algorithm may. Default `false`. */
  readonly withoutKid?: boolean;
}

/**
 * The keys that sign assertions and tokens. A key of yours takes the place of the derived ones, unless these are named
 * beside it.
 *
 * @example
 * ```ts
 * import type { SigningOptions } from "coatcheck";
 * const key = process.env["SIGNING_KEY"] ?? "";
 * // From derived keys to one of your own: first both, then the other way round, then yours alone.
 * const adding: SigningOptions = { keys: ["EdDSA", key] };
 * const promoted: SigningOptions = { keys: [key, "EdDSA"] };
 * ```
 */
export interface SigningOptions {
  /** The first signs, all verify and are published. Default `["EdDSA"]`. */
  readonly keys?: readonly SigningKey[];
  readonly verify?: readonly RetiredKey[];
}

/**
 * A secret of others, such as a client's at its provider; or a function that answers it as it is now, and is asked
 * whenever it is used. So it can be exchanged without a restart.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import type { GivenSecret } from "coatcheck";
 * let text = readFileSync("/run/secrets/client", "utf8").trim();
 * process.on("SIGHUP", () => (text = readFileSync("/run/secrets/client", "utf8").trim()));
 * const clientSecret: GivenSecret = () => text;
 * ```
 */
export type GivenSecret = string | (() => string);

/**
 * Other secrets, and other signing keys, from now on.
 *
 * @example
 * ```ts
 * import type { ChangedKeys } from "coatcheck";
 * const promoted: ChangedKeys = { secrets: [process.env["NEW_SECRET"] ?? "", process.env["OLD_SECRET"] ?? ""] };
 * ```
 */
export interface ChangedKeys {
  /** As the option of the same name: the first seals; all open, each until its date if it has one. */
  readonly secrets: string | readonly string[] | undefined;
  /** As the option of the same name. Default: as it was. */
  readonly signing?: SigningOptions;
}

/** The names of the keys in use: fingerprints, no secrets (S-40). */
export interface KeyNames {
  /** The secret that seals, by its key id. */
  readonly seals: string;
  /** All that open. */
  readonly opens: readonly string[];
  /** The key that signs, by its `kid`. */
  readonly signs: string;
  /** All that verify now; one whose date is over is gone. */
  readonly verifies: readonly string[];
}
