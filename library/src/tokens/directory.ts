/** Lists and revokes tokens of our own. */
import type { TokenDirectory, TokenInfo } from "../contracts.ts";
import { overReason } from "../core/policy.ts";
import { isStorable, readable } from "../core/record.ts";
import { endSessions } from "../engine/lifecycle/end-sessions.ts";
import { storeCall } from "../engine/lifecycle/store-call.ts";
import { familyOf, infoOf, kindOf } from "./family-row.ts";
import type { StoringOptions } from "./issue/store-new.ts";
import type { LookUp } from "./verify/look-up.ts";

const MOST = 1_000;

interface DirectoryOptions extends StoringOptions {
  readonly lookUp: LookUp;
}

/** Makes the half that needs no configuration. */
export function tokenDirectory(options: DirectoryOptions): Pick<TokenDirectory, "list" | "revoke"> {
  const { store, clock, policy, report, unfinished, lookUp } = options;

  async function listed(owner: string): Promise<readonly TokenInfo[]> {
    const now = clock.now();
    const rows = await store.list({ owner }, MOST, now);
    const live = rows.filter((row) => row.kind === "browser" && overReason(row, now, policy) === null).map(({ id }) => id);
    const infos = rows.map(async (row) => {
      const family = readable(row) ? familyOf(row, now) : null;
      if (family === null) return [];
      // The list may be cut off before the session.
      const alone = family.parent === null || live.includes(family.parent);
      return alone || (await lookUp(row.id)) !== null ? [infoOf(row, family)] : [];
    });
    return (await Promise.all(infos)).flat();
  }

  async function revoked(id: string): Promise<boolean> {
    const now = clock.now();
    const row = await store.get(id);
    if (row === undefined || row.kind !== "token") return false;
    const family = readable(row) ? familyOf(row, now) : null;
    try {
      if ((await endSessions(options, { id }, "admin", now, { rows: [row] })) === 0) return false;
    } catch (error) {
      // The caller gets the error, and the process goes on trying (S-65).
      unfinished.end({ id, reason: "admin" });
      throw error;
    }
    if (family !== null) {
      report({ name: "token.revoked", level: "info", reason: kindOf(family), sessionId: id, owner: family.owner });
    }
    return true;
  }

  return {
    list: async (owner) => (isStorable(owner) ? storeCall(report, listed(owner), "read") : []),
    revoke: async (id) => isStorable(id) && storeCall(report, revoked(id)),
  };
}
