/** The address of a provider's login page, found without starting a login. */
import type { LoginProvider } from "./dependencies.ts";

/** A placeholder for the secrets in an address to which no browser is sent. */
const UNSAID = "-".repeat(43);

/** The address that a login at this provider begins with, or `undefined` while it cannot tell. */
export async function authorizationPage(provider: LoginProvider): Promise<string | undefined> {
  const begun = await provider.authorizationUrl({
    state: UNSAID,
    nonce: UNSAID,
    verifier: UNSAID,
    redirectUri: UNSAID,
    parameters: {},
  });
  return begun.kind === "redirect" ? begun.url : undefined;
}
