/** Narrows a session to one in which a user is signed in. */
import type { Session, SignedInSession } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";

/**
 * Whether a user is signed in; narrows the type.
 *
 * @example
 * ```ts
 * import { isSignedIn } from "coatcheck";
 * const greeting = isSignedIn(session) ? `Hello ${session.claims["name"]}` : "Hello";
 * ```
 */
export function isSignedIn<Data>(session: Session<Data>): session is SignedInSession<Data> {
  return session.owner !== null;
}

/** The session of an authenticated user. Throws `ERR_UNAUTHENTICATED` for an anonymous caller. */
export function signedIn<Data>(session: Session<Data>): SignedInSession<Data> {
  if (!isSignedIn(session)) throw new CoatcheckError("ERR_UNAUTHENTICATED");
  return session;
}
