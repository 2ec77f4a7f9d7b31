/** What `coatcheck/secrets` publishes: reading and comparing secrets. */
export { sameSecret } from "./equal.ts";
export { readSecret, readSecrets, type SecretSource } from "./read-secrets.ts";
