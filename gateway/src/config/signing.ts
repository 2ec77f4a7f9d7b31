/** The settings `signing`: the keys that sign assertions for upstreams. */
import { flag, oneOf, secretText, text } from "./kinds/kinds.ts";
import { fallback, list, object, optional, required } from "./kinds/shape.ts";

const signingKey = object(
  {
    derived: optional(
      oneOf(["EdDSA", "Ed25519", "ES256"]),
      "A key that is derived from each secret. `Ed25519` is the name of RFC 9864 for the same key as `EdDSA`.",
    ),
    key: optional(secretText, "A private key of yours instead: Ed25519, P-256 or RSA, as PEM or JWK.", {
      env: "COATCHECK_SIGNING_KEY",
      secret: true,
    }),
  },
  { label: "EdDSA, Ed25519, ES256, or an object", expand: (derived) => ({ derived }) },
);

const retiredKey = object({
  key: required(secretText, "The key, as PEM or JWK; a shared one (HS256) as JWK.", "For example a PEM of the public key.", {
    secret: true,
  }),
  until: required(text, "From this moment on it counts no more.", "For example 2027-03-01T00:00:00Z."),
  kid: optional(text, "The name that its tokens have for it. Default: that of the JWK, else its thumbprint (RFC 7638)."),
  withoutKid: fallback(flag, "Whether it also verifies tokens that name no key.", false),
});

/** The keys that sign, and those that only verify. */
export const signing = object({
  keys: fallback(list(signingKey, 1), "The first signs, all verify and are published.", ["EdDSA"]),
  verify: fallback(list(retiredKey), "Keys that sign no more, and verify until a date.", []),
});
