/**
 * What the endpoints that begin a login need beside {@link OidcDependencies}. A file of its own, since the kinship
 * knows logins.
 */
import type { OidcDependencies } from "../dependencies.ts";
import type { StoreKinship } from "../store-kinship.ts";

/** What a login takes besides. */
export interface LoginDependencies extends OidcDependencies {
  readonly kinship: StoreKinship;
}
