/** The provider's storage: what it has issued, and which refresh token each request presented. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import type { Adapter, Payload } from "oidc-provider";

interface Entry {
  readonly payload: Payload;
  readonly until: number;
}

/** What the store of the provider saw in the course of one token request. */
export interface Seen {
  presented: string | null;
  account: string | null;
  grant: string | null;
  /** It had been accepted before. */
  consumed: boolean;
}

/** Names a token without giving it away. */
export const nameOf = (token: string): string => createHash("sha256").update(token).digest("base64url").slice(0, 12);

/** What the provider has issued, exact to the millisecond. It notes which refresh token each request presented. */
export class ProviderMemory {
  readonly #entries = new Map<string, Entry>();
  readonly #seen = new AsyncLocalStorage<Seen>();
  /** Whose a refresh token was, and of which login, for those that are gone. */
  readonly #owners = new Map<string, { readonly account: string; readonly grant: string }>();

  /** Carries out a token request; what it does here is noted. */
  watch<Result>(seen: Seen, work: () => Promise<Result>): Promise<Result> {
    return this.#seen.run(seen, work);
  }

  /** Whose an access token is and when it runs out; nothing where it is not live. */
  liveToken(token: string): { readonly account: string; readonly grant: string; readonly until: number } | undefined {
    const entry = this.#entries.get(`AccessToken:${token}`);
    if (entry === undefined || entry.until <= Date.now()) return undefined;
    return { account: String(entry.payload["accountId"]), grant: String(entry.payload.grantId), until: entry.until };
  }

  /** The store of one kind, as oidc-provider asks for it. */
  adapter(kind: string): Adapter {
    const keyOf = (id: string) => `${kind}:${id}`;
    const find = async (id: string) => {
      const payload = this.#find(keyOf(id));
      if (kind === "RefreshToken") this.#note(id, payload);
      return payload;
    };
    return {
      upsert: async (id, payload, expiresIn) => {
        this.#entries.set(keyOf(id), { payload, until: Date.now() + expiresIn * 1_000 });
        if (kind === "RefreshToken")
          this.#owners.set(nameOf(id), { account: String(payload["accountId"]), grant: String(payload.grantId) });
      },
      find,
      findByUid: async (uid) => {
        for (const [key, { payload }] of this.#entries) if (key.startsWith(`${kind}:`) && payload.uid === uid) return payload;
        return undefined;
      },
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const entry = this.#entries.get(keyOf(id));
        if (entry === undefined) return;
        const consumed = Math.floor(Date.now() / 1_000);
        this.#entries.set(keyOf(id), { ...entry, payload: { ...entry.payload, consumed } });
      },
      destroy: async (id) => {
        this.#entries.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of this.#entries)
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) this.#entries.delete(key);
      },
    };
  }

  /** Forgets what has run out. */
  sweep(): void {
    const now = Date.now();
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
  }

  #find(key: string): Payload | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.payload : undefined;
  }

  #note(id: string, payload: Payload | undefined): void {
    const seen = this.#seen.getStore();
    if (seen === undefined || seen.presented !== null) return;
    seen.presented = nameOf(id);
    const owner = this.#owners.get(seen.presented);
    seen.account = owner?.account ?? null;
    seen.grant = owner?.grant ?? null;
    seen.consumed = payload?.["consumed"] !== undefined;
  }
}
