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

/**
 * While the secret is exchanged: the same tokens, sealed by the first secret. `null` if they are so already, and if no
 * configured secret opens them.
 */
export function resealTokens(id: string, { tokens }: Pick<RecordBody, "tokens">, keyring: Keyring): string | null {
  if (tokens === null || keyring.isCurrent(tokens)) return null;
  const opened = keyring.open(PURPOSE, tokens, id);
  return opened.kind === "opened" ? keyring.seal(PURPOSE, opened.plaintext, id) : null;
}

/** Whether two bodies of a record hold the same tokens, by whichever secret each of them is sealed. */
export function sameTokens(
  id: string,
  { tokens: one }: Pick<RecordBody, "tokens">,
  { tokens: other }: Pick<RecordBody, "tokens">,
  keyring: Keyring,
): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  const [a, b] = [one, other].map((sealed) => keyring.open(PURPOSE, sealed, id));
  return a?.kind === "opened" && b?.kind === "opened" && a.plaintext === b.plaintext;
}
