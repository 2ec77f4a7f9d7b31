import type { ProviderTokens, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { Body } from "./bodies.ts";

const PURPOSE = "tokens";

/** Seals a provider's tokens for one record: they open nowhere else (S-11). */
export function sealTokens(tokens: ProviderTokens, id: string, keyring: Keyring): string {
  return keyring.seal(PURPOSE, JSON.stringify(tokens), id);
}

/** The provider's tokens of a record, or `null` where it has none or they cannot be opened with any secret we know. */
export function openTokens(row: SessionRow, { tokens: sealed }: Body, keyring: Keyring): ProviderTokens | null {
  if (sealed === null) return null;
  const opened = keyring.open(PURPOSE, sealed, row.id);
  if (opened.kind !== "opened") return null;
  const tokens: ProviderTokens = JSON.parse(opened.plaintext);
  return tokens;
}

/** The access token while it lives. Throws `ERR_TOKEN_UNAVAILABLE` where there is none that does. */
export function liveAccessToken(row: SessionRow, body: Body, now: number, keyring: Keyring): string {
  if (row.tokenExpires === null || now >= row.tokenExpires) throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
  const tokens = openTokens(row, body, keyring);
  if (tokens === null) throw new CoatcheckError("ERR_TOKEN_UNAVAILABLE");
  return tokens.accessToken;
}
