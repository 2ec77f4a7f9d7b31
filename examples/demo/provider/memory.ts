/**
 * The provider's storage: what it has issued, in memory. Examples are copied by themselves, so the laboratory of the
 * providers has one of its own.
 */
import type { Adapter, Payload } from "oidc-provider";

interface Entry {
  readonly payload: Payload;
  readonly until: number;
}

/** What the provider has issued, by kind and id. It forgets everything at its end. */
export class ProviderMemory {
  readonly #entries = new Map<string, Entry>();

  /** How many of a kind stand: `RefreshToken`, `AccessToken`, `Session`, … */
  count(kind: string): number {
    return this.#live().filter(([key]) => key.startsWith(`${kind}:`)).length;
  }

  /** The store of one kind, as oidc-provider asks for it. */
  adapter(kind: string): Adapter {
    const keyOf = (id: string) => `${kind}:${id}`;
    const find = async (id: string) => this.#find(keyOf(id));
    const first = async (wanted: (payload: Payload) => boolean) =>
      this.#live().find(([key, { payload }]) => key.startsWith(`${kind}:`) && wanted(payload))?.[1].payload;
    return {
      upsert: async (id, payload, expiresIn) => {
        this.#entries.set(keyOf(id), { payload, until: Date.now() + expiresIn * 1000 });
      },
      find,
      findByUid: (uid) => first((payload) => payload.uid === uid),
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const entry = this.#entries.get(keyOf(id));
        if (entry === undefined) return;
        const consumed = Math.floor(Date.now() / 1000);
        this.#entries.set(keyOf(id), { ...entry, payload: { ...entry.payload, consumed } });
      },
      destroy: async (id) => {
        this.#entries.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of this.#live())
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) this.#entries.delete(key);
      },
    };
  }

  #find(key: string): Payload | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.payload : undefined;
  }

  #live(): readonly (readonly [string, Entry])[] {
    const now = Date.now();
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
    return [...this.#entries];
  }
}
