/** Exchanges refresh tokens: one successor for however many repeats, and the end of the family for a reuse. */
import type { EndReason, Identity, IssuedToken, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { versionStep } from "../crypto/entropy.ts";
import { equalHash } from "../crypto/equal.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { hashSecret, joinTicket, parseTicket } from "../crypto/ticket.ts";
import { endSessions } from "../engine/lifecycle/end-sessions.ts";
import { storeCall } from "../engine/lifecycle/store-call.ts";
import { issuedToken } from "./access-token.ts";
import { type Chain, placeOf, type Shown } from "./chain.ts";
import { changedRow, type Family, familyOf, kindOf } from "./family-row.ts";
import { allowedScope } from "./issue/allow.ts";
import type { IssueOptions } from "./issue.ts";
import { isWithin } from "./options.ts";
import type { LookUp } from "./verify/look-up.ts";

/** Whoever lost the race finds its token exchanged when it reads again. */
const ATTEMPTS = 10;

interface RefreshOptions extends IssueOptions {
  readonly keyring: Pick<Keyring, "deriveHashes">;
  readonly lookUp: LookUp;
}

/** A family whose tokens are refreshed, and its row. */
interface Found {
  readonly row: SessionRow;
  readonly family: Family & { readonly chain: Chain };
  /** Whom the tokens name, as they are now. */
  readonly identity: Identity;
}

/** What a refresh token is good for. */
export interface RefreshTokens {
  /** New tokens for it, or `null`: it is none, or none any more. */
  exchange(token: string): Promise<IssuedToken | null>;
  /**
   * Ends its family. `false`: it is none. A repeat is answered as the first. `audience`: only if it is for this one.
   */
  revoke(token: string, audience?: string): Promise<boolean>;
}

/** Makes it. What the store does not answer rejects with `ERR_STORE_UNAVAILABLE`. */
export function refreshTokens(options: RefreshOptions): RefreshTokens {
  const { store, clock, entropy, report, keyring, tokens, unfinished, lookUp } = options;

  async function exchanged(shown: Shown): Promise<IssuedToken | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await familyBy(shown.id);
      // What was configured more narrowly since is not given again.
      if (found === null || !isWithin(found.family.terms, tokens)) return null;
      const given = await exchangeOf(shown, found);
      if (given !== "conflict") return given;
    }
    throw new CoatcheckError("ERR_STORE_CONTENTION");
  }

  async function exchangeOf(shown: Shown, found: Found): Promise<IssuedToken | null | "conflict"> {
    const { row, family } = found;
    const now = clock.now();
    const place = placeOf(shown, row, family.chain, keyring);
    switch (place.kind) {
      case "current":
        // mutant: successor-drawn
        return rotated(found, shown, place.successor, now);
      case "previous":
        // The grace is that of the first exchange; no repeat extends it (S-19).
        // mutant: token-grace
        if (now >= row.previousUntil) return reused(found, now);
        return place.successor === null ? null : repeated(row, family, place.successor);
      case "older":
        // mutant: older-forgiven
        return reused(found, now);
      case "unknown":
        return null;
    }
  }

  async function rotated({ row, family: before, identity }: Found, shown: Shown, successor: string, now: number) {
    const { owner, terms } = before;
    const kind = kindOf(before);
    const scope = await allowedScope(options, { kind, owner, identity, ...terms, refresh: true });
    if (scope === null) {
      await storeCall(report, end(row, "admin", now));
      return null;
    }
    const chain = { ...before.chain, generation: before.chain.generation + 1, rotated: now };
    const family = { ...before, terms: { ...terms, scope }, chain };
    const next = changedRow(row, family, {
      secretHash: hashSecret(successor),
      previousHash: row.secretHash,
      previousUntil: now + tokens.grace,
      version: row.version + versionStep(entropy),
    });
    // mutant: exchange-conflict-ignored
    if (!(await storeCall(report, written(next, row.version)))) return "conflict";
    report({ name: "token.refreshed", level: "debug", reason: kind, sessionId: shown.id, owner });
    return answer(next, family, successor);
  }

  /**
   * The exchange was read, and that is no acknowledgement: a failover may take it back, and the successor with it. So
   * it is written once more as it is, by however many at once.
   */
  async function repeated(row: SessionRow, family: Found["family"], successor: string): Promise<IssuedToken | "conflict"> {
    // mutant: exchange-read-back
    if (!(await storeCall(report, written(row, row.version)))) return "conflict";
    return answer(row, family, successor);
  }

  async function written(row: SessionRow, version: number): Promise<boolean> {
    return store.put(row, version);
  }

  /** Made of the row alone, so that every replica answers the same. */
  function answer(row: SessionRow, family: Found["family"], secret: string): IssuedToken {
    const refreshToken = joinTicket(row.id, secret);
    return { ...issuedToken(row, family, options), refreshToken, endsAt: row.expires };
  }

  /** Two have had this token, and one of them stole it (RFC 9700 s4.14.2). */
  async function reused({ row, family }: Found, now: number): Promise<null> {
    const { owner } = family;
    report({ name: "token.reused", level: "warn", reason: kindOf(family), sessionId: row.id, owner });
    // mutant: reuse-forgiven
    await storeCall(report, end(row, "elsewhere", now));
    return null;
  }

  async function end(row: SessionRow, reason: EndReason, now: number): Promise<void> {
    const { id } = row;
    try {
      await endSessions(options, { id }, reason, now, { rows: [row] });
    } catch (error) {
      // The caller gets the error, and the process goes on trying (S-65).
      unfinished.end({ id, reason });
      throw error;
    }
  }

  async function familyBy(id: string): Promise<Found | null> {
    const found = await lookUp(id);
    // As it is stored: repeats are answered alike, whatever the person is called meanwhile.
    const family = familyOf(found?.row, clock.now());
    if (found === null || family === null || family.chain === null) return null;
    return { row: found.row, family: { ...family, chain: family.chain }, identity: found.family.identity };
  }

  async function revoked(shown: Shown, audience: string | undefined): Promise<boolean> {
    const row = await store.get(shown.id);
    if (row === undefined || row.kind !== "token") return false;
    if (row.ended !== null) {
      if (!equalHash(hashSecret(shown.secret), row.secretHash)) return false;
      // Its end was read, which is no acknowledgement either.
      await end(row, "logout", clock.now());
      return true;
    }
    const family = familyOf(row, clock.now());
    if (family === null || family.chain === null) return false;
    if (audience !== undefined && family.terms.audience !== audience) return false;
    if (placeOf(shown, row, family.chain, keyring).kind === "unknown") return false;
    await end(row, "logout", clock.now());
    report({ name: "token.revoked", level: "info", reason: kindOf(family), sessionId: row.id, owner: family.owner });
    return true;
  }

  return {
    exchange: async (token) => {
      const shown = parseTicket(token);
      return shown === undefined ? null : exchanged(shown);
    },
    revoke: async (token, audience) => {
      const shown = parseTicket(token);
      return shown !== undefined && storeCall(report, revoked(shown, audience));
    },
  };
}
