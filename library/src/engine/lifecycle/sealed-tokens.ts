/** Seals a provider's tokens for a record, and opens them. */
import type { ProviderTokens, RecordBody, SessionRow } from "../../contracts.ts";
import type { Keyring } from "../../crypto/keyring.ts";

const PURPOSE = "tokens";

/** Seals a provider's tokens for one record: they open nowhere else (S-11). */
export function sealTokens(tokens: ProviderTokens, id: string, keyring: Keyring): string {
  return keyring.seal(PURPOSE, JSON.stringify(tokens), id);
}

/** The provider's tokens of a record, or `null` if it has none or no configured secret opens them. */
export function openTokens(
  row: Pick<SessionRow, "id">,
  { tokens: sealed }: Pick<RecordBody, "tokens">,
  keyring: Keyring,
): ProviderTokens | null {
  if (sealed === null) return null;
  const opened = keyring.open(PURPOSE, sealed, row.id);
  if (opened.kind !== "opened") return null;
  const tokens: ProviderTokens = JSON.parse(opened.plaintext);
  return tokens;
}
