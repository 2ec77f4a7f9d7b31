/** The client secret as it is shown to a provider: as it was given, or a JWT that is signed with it. */
import { appleSecret } from "coatcheck";
import type { ProviderSettings } from "../../config/config.ts";

/** What is shown; `given` is asked each time, since a secret may change while the gateway runs. */
export function shownSecret({ apple, clientId }: ProviderSettings, given: () => string): () => string {
  if (apple === undefined) return given;
  let made: { readonly from: string; readonly secret: () => string } | null = null;
  return () => {
    const privateKey = given();
    if (made?.from !== privateKey) made = { from: privateKey, secret: appleSecret({ ...apple, clientId, privateKey }) };
    return made.secret();
  };
}
