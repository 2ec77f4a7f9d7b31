/** Publishes the keys of what we sign (`GET keys`). */
import type { Clock, Route } from "../contracts.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";

/**
 * How long clients may cache the set, seconds. A new key stands second for longer than that before it signs (CR-08).
 */
const MAX_AGE = 300;

/** `GET keys`: the public keys of all secrets. No session is looked up, so it answers in an outage too. */
export function keysRoute(keys: Pick<SigningKeys, "published">, clock: Pick<Clock, "now">): Route {
  const headers = [
    ["content-type", "application/json"],
    ["cache-control", `public, max-age=${MAX_AGE}`],
    ["x-content-type-options", "nosniff"],
  ] as const;
  const endpoint = () => ({ status: 200, headers, body: keys.published(clock.now()) });
  return { method: "GET", path: "keys", lookup: false, touches: false, endpoint };
}
