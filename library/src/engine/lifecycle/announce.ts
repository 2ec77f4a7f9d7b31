/**
 * The one place that announces that a session ended: to its sockets and streams, to the audit, and, by revoking its
 * tokens, to the provider.
 */
import type { Background, Clock, EndReason, Provider, RecordBody, Report, SessionRow } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { parseBody, readable } from "../../core/record.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import type { Endings } from "./endings.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { openTokens } from "./sealed-tokens.ts";

/** A session that ended. */
export interface Ended {
  readonly id: string;
  readonly reason: EndReason;
  /** Its row as it was read before, if it was: the owner, and the tokens. */
  readonly row?: SessionRow | undefined;
  /** The owner, if the row was not read. */
  readonly owner?: string | null;
  readonly issuer?: string | null;
  /** A newer session of this user lives by the same grant, so the tokens must not be revoked. */
  readonly grantLivesOn?: boolean;
}

export type Announce = (ended: Ended) => void;

interface AnnounceOptions {
  readonly endings: Pick<Endings, "tell">;
  readonly report: Report;
  readonly providers: readonly Provider[];
  readonly keyring: Keyring;
  readonly background: Background;
  readonly clock: Clock;
}

/** The rate limit of revocations in one process: many sessions may end together. */
const REVOCATIONS = { concurrency: 8, burst: 8, interval: 5 };
/** For these reasons the provider ended or refused the tokens itself. */
const KNOWN_TO_PROVIDER: ReadonlySet<EndReason> = new Set<EndReason>(["provider", "refresh-lost"]);

/**
 * Makes the function that announces endings. Events: `session.ended`, and `revocation.failed` for tokens that no
 * configured secret opens.
 */
export function announcer(options: AnnounceOptions): Announce {
  const { endings, report } = options;
  const limiter = new RateLimiter(REVOCATIONS, options.clock);
  return (ended) => {
    const { id: sessionId, reason, row } = ended;
    const body = row === undefined ? null : bodyOf(row);
    const known = omitUndefined({
      owner: row?.owner ?? ended.owner ?? undefined,
      issuer: row?.issuer ?? ended.issuer ?? undefined,
      provider: body?.provider ?? undefined,
    });
    endings.tell(sessionId, reason);
    report({ name: "session.ended", level: "info", reason, sessionId, ...known });
    if (KNOWN_TO_PROVIDER.has(reason) || ended.grantLivesOn === true) return;
    if (row !== undefined && body !== null) revoke(row, body, options, limiter);
  };
}

/** `null` for the body of a newer release: its session ended all the same. */
function bodyOf(row: SessionRow): RecordBody | null {
  try {
    return readable(row) ? parseBody(row) : null;
  } catch {
    return null;
  }
}

/** In the background and best effort (LO-03): the session is over whether or not the provider answers. */
function revoke(row: SessionRow, body: RecordBody, options: AnnounceOptions, limiter: RateLimiter): void {
  const { providers, keyring, background, report } = options;
  const provider = providers.find(({ name }) => name === body.provider);
  if (provider === undefined || body.tokens === null) return;
  const tokens = openTokens(row, body, keyring);
  if (tokens !== null) background.waitUntil(limiter.run(() => provider.revoke(tokens)));
  else report({ name: "revocation.failed", level: "warn", reason: "sealed", sessionId: row.id, provider: provider.name });
}
