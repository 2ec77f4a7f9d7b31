/** Settings of where sessions are kept. */
import { secretText } from "./kinds/kinds.ts";
import { fallback, optional } from "./kinds/shape.ts";
import { store as kind } from "./kinds/store-kind.ts";

export const store = fallback(
  kind,
  "Where sessions are kept: `sqlite:PATH`, `postgres://…` ([its parameters](stores.md#at-the-gateway)), `redis://…` and the like ([their forms](stores.md#redis-at-the-gateway)), `memory:`; or [in their cookies](stores.md#sealed-cookie), `cookie:`, with markers in a store `cookie+` and its address.",
  "sqlite:coatcheck.db",
  { env: "COATCHECK_STORE" },
);

export const storePassword = optional(secretText, "The password of the store, in place of one in its address.", {
  env: "COATCHECK_STORE_PASSWORD",
  secret: true,
});
