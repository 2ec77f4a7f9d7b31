/** A token for one API, asked for under a lease; and what becomes of the lease if the provider gives none. */
import type { Clock, Provider, ProviderTokens, RefreshOutcome, SessionRow, TokenTarget } from "../../../contracts.ts";
import { CoatcheckError } from "../../../core/errors.ts";
import { nameOfTarget, withApiToken } from "../../../core/rows/api-tokens.ts";
import { versionStep } from "../../../crypto/entropy.ts";
import type { CoordinatorOptions } from "../options.ts";
import type { FlightResult } from "../single-flight.ts";
import { type LeaseHolder, writeWithLease } from "../write-result.ts";

/** The provider gives no token for this API; the session goes on as it is. */
export interface Denied {
  readonly kind: "denied";
  readonly cause: unknown;
}

/** As a refresh that leaves the session's own token as it is. */
export async function tokenForApi(
  provider: Provider,
  tokens: ProviderTokens,
  target: TokenTarget,
  clock: Pick<Clock, "now">,
): Promise<RefreshOutcome | Denied> {
  const outcome = await provider.tokenFor?.(tokens, target);
  if (outcome === undefined)
    return { kind: "denied", cause: new TypeError(`the provider ${provider.name} gives no tokens for APIs`) };
  if (outcome.kind !== "granted") return outcome;
  return { kind: "refreshed", tokens: withApiToken(tokens, outcome, nameOfTarget(target), clock.now()), claims: null };
}

/** Gives the lease back. */
export async function onDenied(
  holder: LeaseHolder & { readonly provider: Pick<Provider, "name"> },
  { cause }: Denied,
  options: CoordinatorOptions,
): Promise<FlightResult> {
  const { id: sessionId } = holder.row;
  options.report({
    name: "refresh.failed",
    level: "error",
    reason: "denied",
    sessionId,
    provider: holder.provider.name,
    error: cause,
  });
  const freed = (row: SessionRow): SessionRow => ({ ...row, version: row.version + versionStep(options.entropy), lease: null });
  await writeWithLease(holder, freed, options);
  return { kind: "failed", cause: new CoatcheckError("ERR_PROVIDER_REFUSED", { cause }) };
}
