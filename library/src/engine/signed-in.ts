import type { Session, SignedInSession } from "../contracts.ts";

/** Whether somebody is signed in; narrows the type. */
export function isSignedIn<Data>(session: Session<Data>): session is SignedInSession<Data> {
  return session.owner !== null;
}
