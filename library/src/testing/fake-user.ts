/** A user of the fake provider. */
import type { JsonObject } from "../contracts.ts";

/** A user who can sign in. */
export interface FakeUser {
  readonly subject: string;
  readonly claims?: JsonObject;
  /** The provider's session id. Default `sid-<subject>`. */
  readonly sid?: string | null;
}
