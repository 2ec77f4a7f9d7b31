/** Narrows a session to one in which a user is signed in. */
import type { Session, SignedInSession } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";

/**
 * Whether somebody is signed in; narrows the type.
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

/** The session of somebody signed in. Throws `ERR_UNAUTHENTICATED` where nobody is. */
export function signedIn<Data>(session: Session<Data>): SignedInSession<Data> {
  if (!isSignedIn(session)) throw new CoatcheckError("ERR_UNAUTHENTICATED");
  return session;
}
