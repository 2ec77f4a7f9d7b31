/** What the browser imports: the client, wired to the page that it runs in. */
import { createClient } from "./client.ts";
import type { SessionClient, SessionClientOptions } from "./types.ts";
import { browserWorld } from "./world.ts";

export {
  type ClientSession,
  type SessionClient,
  SessionClientError,
  type SessionClientOptions,
  type SessionListener,
  type SignInOptions,
  type SignOutOptions,
} from "./types.ts";

/**
 * The browser's side of a session: who is signed in, and when that changes. It keeps nothing in the browser, never sees
 * a token, takes no lock, and only the server's word signs a user out: an outage does not. Make one per page.
 *
 * @example
 * ```ts
 * const client = sessionClient<{ name: string }>();
 * client.subscribe((session) => {
 *   if (session === null) showSignInButton();
 *   else location.reload(); // another user is signed in now
 * });
 * const session = await client.session();
 * document.title = session === null ? "Welcome" : `Hello ${session.identity.claims.name}`;
 * ```
 */
export function sessionClient<Claims = Readonly<Record<string, unknown>>>(
  options: SessionClientOptions = {},
): SessionClient<Claims> {
  return createClient(options, browserWorld());
}
