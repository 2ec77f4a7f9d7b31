/** Whether the tokens of a session are to be refreshed, and with whom. */
import type { Provider, ProviderTokens, RecordBody, SessionRow, TokenTarget } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { backoffLeft, refreshDue } from "../../core/refresh.ts";
import { sameSecret } from "../../crypto/equal.ts";
import { openTokens } from "../lifecycle/sealed-tokens.ts";
import type { CoordinatorOptions } from "./options.ts";
import type { FlightResult } from "./single-flight.ts";

/** A refresh that is due: the provider, and the tokens to send. */
export interface RefreshTarget {
  readonly provider: Provider;
  readonly tokens: ProviderTokens;
  readonly identity: NonNullable<RecordBody["identity"]>;
  /** The tokens are refreshed already: it is the app that is to be asked. */
  readonly asking?: NonNullable<RecordBody["asking"]>;
  /** A token for this API is wanted, and not a new one of the session's own. */
  readonly wanted?: TokenTarget;
}

/** A row whose refresh token may be sent, or about which the app may be asked, once its lease is ours. */
export interface DueRow {
  readonly row: SessionRow;
  readonly body: RecordBody;
  readonly target: RefreshTarget;
  readonly lease: "free" | "ran-out" | "ours";
}

/** The backoff of a session whose tokens cannot be refreshed at all. */
const LONGEST_BACKOFF = 60_000;

/** When a provider last succeeded, as far as this process knows. */
export type SucceededAt = (provider: string) => number;

/**
 * The backoff of a session whose tokens are due; `null` if a refresh may begin, as far as the record says without its
 * tokens.
 */
export function inBackoff({ renewal, provider }: RecordBody, now: number, succeededAt: SucceededAt): FlightResult | null {
  // Sent twice without an answer: a third time would look to the provider as if it had been stolen.
  // mutant: shown-thrice
  if (renewal?.lost === true) return { kind: "unavailable", retryAfter: LONGEST_BACKOFF, answered: true };
  const pause = renewal === undefined ? 0 : backoffLeft(renewal, now, succeededAt(provider ?? ""));
  if (pause > 0 && renewal?.app !== undefined) return { kind: "failed", cause: new CoatcheckError(renewal.app) };
  // mutant: no-backoff
  return pause > 0 ? { kind: "unavailable", retryAfter: pause, answered: renewal?.answered === true } : null;
}

/**
 * The refresh that is due, or the result if there is nothing to do now. `rejected`: an access token that counts as run
 * out.
 */
export function refreshTarget(
  row: SessionRow,
  body: RecordBody,
  rejected: string | undefined,
  { clock, keyring, providers, report, onRefresh }: CoordinatorOptions,
  succeededAt: SucceededAt,
): FlightResult | RefreshTarget {
  const now = clock.now();
  const tokens = openTokens(row, body, keyring);
  const due = rejected === undefined ? refreshDue(row, now) : tokens !== null && sameSecret(tokens.accessToken, rejected);
  const asking = onRefresh === undefined ? undefined : body.asking;
  if (!due && asking === undefined) return { kind: "refreshed", row };
  const held = inBackoff(body, now, succeededAt);
  if (held !== null) return held;
  const { identity } = body;
  // mutant: first-provider
  const provider = providers.find(({ name }) => name === body.provider);
  if (provider !== undefined && tokens !== null && identity !== null) {
    if (asking !== undefined) return { provider, tokens, identity, asking };
    if (tokens.refreshToken !== null) return { provider, tokens, identity };
  }
  // Sealed with a secret that this replica does not have, or from a provider that it does not know: another may.
  const reason = tokens === null ? "sealed" : "provider";
  report({ name: "refresh.failed", level: "error", reason, sessionId: row.id });
  return { kind: "unavailable", retryAfter: 5_000, answered: true };
}
