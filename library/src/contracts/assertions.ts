/** What upstreams are told about the user, signed. */
import type { Identity } from "./store.ts";

/** The authenticated user, and the audience of the assertion. */
export interface AssertionSubject {
  readonly identity: Identity;
  /** Whose the session is; becomes `sub`, which is unique here whichever provider the user came from. */
  readonly owner: string;
  /** The one audience that is to accept it. */
  readonly audience: string;
  /** Default: none. */
  readonly groups?: readonly string[];
}

/** Makes `X-Coatcheck-Assertion`. Its keys are published at `GET keys`. */
export interface AssertionSigner {
  /**
   * A compact JWS. The same one again while it says the same and has half of its life left: a signature costs more than
   * a request.
   */
  sign(subject: AssertionSubject): string;
}
