/** Where a provider signs people in, asked without beginning a login. */
import type { LoginProvider } from "./dependencies.ts";

/** Takes the place of every secret in an address that nobody is sent to. */
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
