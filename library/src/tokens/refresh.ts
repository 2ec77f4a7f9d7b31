/** Exchanges refresh tokens: one successor for however many repeats, and the end of the family for a reuse. */
import type { EndReason, IssuedToken, SessionRow } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { versionStep } from "../crypto/entropy.ts";
import { equalHash } from "../crypto/equal.ts";
import type { Keyring } from "../crypto/keyring.ts";
import { hashSecret, joinTicket, parseTicket } from "../crypto/ticket.ts";
import { endSessions } from "../engine/lifecycle/end-sessions.ts";
import { storeCall } from "../engine/lifecycle/store-call.ts";
import { issuedToken } from "./access-token.ts";
import { type Chain, placeOf, type Shown } from "./chain.ts";
import type { DirectoryOptions } from "./directory.ts";
import { changedRow, type Family, familyOf } from "./family-row.ts";
import { isWithin, type SettledTokens } from "./options.ts";

/** Whoever lost the race finds its token exchanged when it reads again. */
const ATTEMPTS = 10;

interface RefreshOptions extends DirectoryOptions {
  readonly tokens: SettledTokens;
  readonly keyring: Pick<Keyring, "deriveHashes">;
}

/** A family whose tokens are refreshed, and its row. */
interface Found {
  readonly row: SessionRow;
  readonly family: Family & { readonly chain: Chain };
}

/** What a refresh token is good for. */
export interface RefreshTokens {
  /** New tokens for it, or `null`: it is none, or none any more. */
  exchange(token: string): Promise<IssuedToken | null>;
  /** Ends its family. `false`: it is none. A repeat is answered as the first. */
  revoke(token: string): Promise<boolean>;
}

/** Makes it. What the store does not answer rejects with `ERR_STORE_UNAVAILABLE`. */
export function refreshTokens(options: RefreshOptions): RefreshTokens {
  const { store, clock, entropy, report, keyring, tokens, unfinished } = options;

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
        return rotated(found, shown, place.successor, now);
      case "previous":
        // The grace is that of the first exchange; no repeat extends it (S-19).
        if (now >= row.previousUntil) return reused(row, now);
        return place.successor === null ? null : answer(row, family, place.successor);
      case "older":
        return reused(row, now);
      case "unknown":
        return null;
    }
  }

  async function rotated({ row, family }: Found, shown: Shown, successor: string, now: number) {
    const chain = { ...family.chain, generation: family.chain.generation + 1, rotated: now };
    const next = changedRow(
      row,
      { ...family, chain },
      {
        secretHash: hashSecret(successor),
        previousHash: row.secretHash,
        previousUntil: now + tokens.grace,
        version: row.version + versionStep(entropy),
      },
    );
    if (!(await store.put(next, row.version))) return "conflict";
    report({ name: "token.refreshed", level: "debug", sessionId: shown.id, owner: family.owner });
    return answer(next, { ...family, chain }, successor);
  }

  /** Made of the row alone, so that every replica answers the same. */
  function answer(row: SessionRow, family: Found["family"], secret: string): IssuedToken {
    const refreshToken = joinTicket(row.id, secret);
    return { ...issuedToken(row, family, options), refreshToken, endsAt: row.expires };
  }

  /** Two have had this token, and one of them stole it (RFC 9700 s4.14.2). */
  async function reused(row: SessionRow, now: number): Promise<null> {
    const owner = row.owner ?? "";
    report({ name: "token.reused", level: "warn", sessionId: row.id, owner });
    await end(row, "elsewhere", now);
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
    const row = await store.get(id);
    const family = familyOf(row, clock.now());
    if (row === undefined || family === null || family.chain === null) return null;
    return { row, family: { ...family, chain: family.chain } };
  }

  async function revoked(shown: Shown): Promise<boolean> {
    const row = await store.get(shown.id);
    if (row === undefined || row.kind !== "token") return false;
    if (row.ended !== null) return equalHash(hashSecret(shown.secret), row.secretHash);
    const chain = familyOf(row, clock.now())?.chain ?? null;
    if (chain === null || placeOf(shown, row, chain, keyring).kind === "unknown") return false;
    await end(row, "logout", clock.now());
    return true;
  }

  return {
    exchange: async (token) => {
      const shown = parseTicket(token);
      return shown === undefined ? null : storeCall(report, exchanged(shown));
    },
    revoke: async (token) => {
      const shown = parseTicket(token);
      return shown !== undefined && storeCall(report, revoked(shown));
    },
  };
}
