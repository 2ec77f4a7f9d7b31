/**
 * What oidc-provider has issued. It outlives the server over it, as a database does. The demo has one like it, which is
 * copied with the demo.
 */
import type { Adapter, Payload } from "oidc-provider";

interface Entry {
  readonly payload: Payload;
  readonly until: number;
}

export class Memory {
  readonly #entries = new Map<string, Entry>();

  /** The store of one kind, as oidc-provider asks for it. */
  adapter(kind: string): Adapter {
    const keyOf = (id: string) => `${kind}:${id}`;
    return {
      upsert: async (id, payload, expiresIn) => {
        this.#entries.set(keyOf(id), { payload, until: Date.now() + expiresIn * 1_000 });
      },
      find: async (id) => this.#find(keyOf(id)),
      findByUid: async (uid) => this.#first(kind, (payload) => payload.uid === uid),
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
        for (const [key, { payload }] of this.#entries) {
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) this.#entries.delete(key);
        }
      },
    };
  }

  /** Forgets all that was issued for a user, or what is of one kind. */
  forget(account: string, kind = ""): void {
    for (const [key, { payload }] of this.#entries) {
      if (payload["accountId"] === account && key.startsWith(kind)) this.#entries.delete(key);
    }
  }

  #find(key: string): Payload | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.payload : undefined;
  }

  #first(kind: string, is: (payload: Payload) => boolean): Payload | undefined {
    for (const [key, { payload }] of this.#entries) if (key.startsWith(`${kind}:`) && is(payload)) return payload;
    return undefined;
  }
}
