/** The kinds of tokens of our own. */

/**
 * What a token is.
 * - `access`: an access token that is not refreshed
 * - `family`: a refresh token, and all the tokens that come of it
 * - `agent`: it acts for a person, hangs on their session, and ends with it
 * - `personal`: a personal access token, which its owner made
 */
export type TokenKind = "access" | "family" | "agent" | "personal";
