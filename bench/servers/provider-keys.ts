/** What the providers of the benchmarks have in common: a key to sign with, and what they say of themselves. */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { personOf } from "../load/people.ts";

const { publicKey, privateKey } = await generateKeyPair("RS256");

/** An ID token of a person, for a day. */
export function idTokenOf(index: number, issuer: string, nonce: string): Promise<string> {
  const { subject, claims } = personOf(index);
  return new SignJWT({ ...claims, ...(nonce === "" ? {} : { nonce }) })
    .setProtectedHeader({ alg: "RS256", kid: "bench" })
    .setIssuer(issuer)
    .setAudience("bench")
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime("1d")
    .sign(privateKey);
}

/** The key set. */
export const keySet: object = { keys: [{ ...(await exportJWK(publicKey)), kid: "bench", alg: "RS256", use: "sig" }] };

/** The provider's metadata. */
export const metadataOf = (issuer: string): object => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
});
