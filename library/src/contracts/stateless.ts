/** Sessions without a store of their own: each is kept in its cookie, sealed. */
import type { SessionRow, SessionStore } from "./store.ts";

/** A row as its cookie keeps it. The provider's tokens are never among what it keeps. */
export interface SealedRow extends SessionRow {
  /** The logout marker of its owner as it was at the login: another one since then says that all of them ended. */
  readonly ownerMarker: string | null;
  /** When the login began by the provider's clock, ms: its logout ends what is not newer. `null`: no provider's. */
  readonly issuedAt: number | null;
}

/** The keys and the room of one session cookie. */
export interface Sealing {
  /** Most characters of the value of each cookie, the first cookie's first. */
  readonly room: readonly number[];
  /** Encrypts with the first secret, and binds purpose, key id, version and the cookie's name. */
  seal(text: string): string;
  /** The text, or `undefined` for what none of the secrets sealed, or what was changed since. */
  open(sealed: string): string | undefined;
}

/**
 * Keeps each session in its own cookie, so that nothing has to be looked up by id. Made by `sealedCookie()` of
 * `coatcheck/cookie`.
 */
export interface StatelessStore {
  /** For messages: `cookie`, `cookie+redis`, … */
  readonly name: string;
  /**
   * A store for markers alone: which sessions ended, and which state of one was replaced. `null`: none, so that a
   * copied cookie is good until it expires.
   */
  readonly marks: SessionStore | null;
  /**
   * The values of the session's cookies, in their order; one authenticated unit.
   *
   * @throws {CoatcheckError} `ERR_COOKIE_TOO_LARGE` if it does not fit
   */
  seal(row: SealedRow, sealing: Sealing): readonly string[];
  /**
   * The row that was sealed into these values; more values than it had are left over from before, and are ignored.
   * `undefined` for anything else; `"newer"` for a row of a format of a later release.
   */
  open(values: readonly string[], sealing: Sealing): SealedRow | "newer" | undefined;
}
