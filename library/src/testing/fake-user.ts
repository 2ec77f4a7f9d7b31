/** A user of the fake provider. */
import type { JsonObject } from "../contracts.ts";

/**
 * A user who can sign in.
 *
 * @example
 * ```ts
 * import type { FakeUser } from "coatcheck/testing";
 * const alice: FakeUser = { subject: "alice", claims: { name: "Alice", groups: ["staff"] } };
 * const provider = fakeProvider({ users: [alice] });
 * ```
 */
export interface FakeUser {
  readonly subject: string;
  readonly claims?: JsonObject;
  /** The provider's session id. Default `sid-<subject>`. */
  readonly sid?: string | null;
}
