/** Issues, lists and revokes tokens of our own. */
import type { EndReason, SessionRow, TokenDirectory, TokenRequest } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { isStorable, normalizeIdentity, ownerOf, readable } from "../core/record.ts";
import type { SigningKeys } from "../crypto/signing/signing-keys.ts";
import { mintTicket } from "../crypto/ticket.ts";
import { endSessions } from "../engine/lifecycle/end-sessions.ts";
import { loginOverruled, readOwnerMarker } from "../engine/lifecycle/markers.ts";
import type { LifecycleOptions } from "../engine/lifecycle/options.ts";
import { storeCall } from "../engine/lifecycle/store-call.ts";
import type { UnfinishedEndings } from "../engine/lifecycle/unfinished-endings.ts";
import { issuedToken } from "./access-token.ts";
import { type Family, familyOf, familyRow, infoOf } from "./family-row.ts";
import { type SettledTokens, termsOf } from "./options.ts";

const MOST = 1_000;

export interface DirectoryOptions extends Omit<LifecycleOptions, "policy"> {
  /** `null`: the app has no tokens of its own. */
  readonly tokens: SettledTokens | null;
  readonly keys: Pick<SigningKeys, "sign">;
  /** The public URL: `iss`, and the issuer of subjects that are the app's own. */
  readonly issuer: string;
  /** Retries endings that failed. */
  readonly unfinished: Pick<UnfinishedEndings, "end">;
}

/** Makes it. Like a login, issuing writes first and looks for logouts second, so that `endAll` misses no token. */
export function tokenDirectory(options: DirectoryOptions): Omit<TokenDirectory, "forSession"> {
  const { tokens, issuer, store, clock, entropy, report, unfinished } = options;

  function requested(request: TokenRequest, now: number) {
    if (tokens === null) throw new TypeError("tokens is not configured: coatcheck({ tokens: { audiences: { … } }, … })");
    const granted = termsOf(request, tokens, issuer);
    if ("wrong" in granted) throw new TypeError(granted.wrong);
    const { lifetime, family: whole, ...terms } = granted;
    const { subject } = request;
    const given = typeof subject === "string" ? { issuer, subject, method: "token" } : subject;
    const identity = normalizeIdentity(given, now);
    const { owner = ownerOf(identity) } = request;
    if (owner === "" || !isStorable(owner)) throw new TypeError("owner is no text that can be stored");
    const chain = whole === null ? null : { lifetime, generation: 0, rotated: now };
    return { family: { identity, owner, terms, chain }, lifetime: whole ?? lifetime };
  }

  async function issue(request: TokenRequest) {
    const now = clock.now();
    const { family, lifetime } = requested(request, now);
    const expires = now + lifetime;
    const { id, secretHash, ticket } = mintTicket(entropy, expires);
    const row = familyRow({ id, secretHash, created: now, expires }, family);
    const overruled = await storeCall(report, stored(row, family, now));
    if (overruled !== null) throw new CoatcheckError("ERR_SESSION_ENDED");
    report({ name: "token.issued", level: "info", sessionId: id, owner: family.owner });
    const issued = issuedToken(row, family, options);
    return family.chain === null ? issued : { ...issued, refreshToken: ticket, endsAt: expires };
  }

  /** Answers why the token has ended already, or `null`. */
  async function stored(row: SessionRow, { identity, owner }: Family, now: number): Promise<EndReason | null> {
    const { id } = row;
    const before = await readOwnerMarker(store, owner, now);
    try {
      if (!(await store.put(row, "absent"))) return "replaced";
      const overruled = await loginOverruled(store, { identity, owner, sid: null, issuedAt: null }, before, now);
      if (overruled !== null) await endSessions(options, { id }, overruled, now, { rows: [row] });
      return overruled;
    } catch (error) {
      // It may have been written: nobody has its token, and nobody shall see it in a list.
      unfinished.end({ id, reason: "replaced" });
      throw error;
    }
  }

  async function listed(owner: string) {
    const now = clock.now();
    const rows = await store.list({ owner }, MOST, now);
    return rows.flatMap((row) => {
      const family = readable(row) ? familyOf(row, now) : null;
      return family === null ? [] : [infoOf(row, family)];
    });
  }

  async function revoked(id: string): Promise<boolean> {
    const now = clock.now();
    const row = await store.get(id);
    if (row === undefined || row.kind !== "token") return false;
    try {
      return (await endSessions(options, { id }, "admin", now, { rows: [row] })) > 0;
    } catch (error) {
      // The caller gets the error, and the process goes on trying (S-65).
      unfinished.end({ id, reason: "admin" });
      throw error;
    }
  }

  return {
    issue,
    list: async (owner) => (isStorable(owner) ? storeCall(report, listed(owner), "read") : []),
    revoke: async (id) => isStorable(id) && storeCall(report, revoked(id)),
  };
}
