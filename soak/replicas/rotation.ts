/** The exchange of the secret in two phases, by files and SIGHUP, as docs/keys.md has it. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "../refresh/gateway.ts";

/** A replica that was killed starts meanwhile, on a machine that is busy. */
const LONGEST = 180_000;

export const freshSecret = (): string => randomBytes(32).toString("base64url");

/** Names of keys, as readiness tells them. */
interface Keys {
  readonly seals: string;
  readonly opens: readonly string[];
}

/** A replica, and the file of its secrets. */
export interface Keyed {
  readonly replica: Gateway;
  readonly file: string;
}

/** The secrets that all replicas have, the first of which seals. */
export class Rotation {
  readonly #replicas: readonly Keyed[];
  #secrets: readonly string[];
  #added: string | null = null;

  constructor(replicas: readonly Keyed[], secret: string) {
    this.#replicas = replicas;
    this.#secrets = [secret];
    for (const { file } of replicas) this.#write(file);
  }

  /** The next phase: a secret is added as the last, or that one is promoted. Resolves when all replicas use it so. */
  async next(): Promise<string> {
    const added = this.#added;
    this.#added = added === null ? freshSecret() : null;
    this.#secrets =
      added === null ? [...this.#secrets, this.#added ?? ""] : [added, ...this.#secrets.filter((secret) => secret !== added)];
    for (const { replica, file } of this.#replicas) {
      this.#write(file);
      replica.signal("SIGHUP");
      // One replica is a step ahead of the others.
      await sleep(200);
    }
    await this.#used();
    return added === null ? "a secret added" : "the secret promoted";
  }

  #write(file: string): void {
    writeFileSync(file, `${this.#secrets.join("\n")}\n`, { mode: 0o600 });
  }

  /** One that was killed meanwhile starts with the file; one that was stopped hears of it when it goes on. */
  async #used(): Promise<void> {
    const deadline = Date.now() + LONGEST;
    for (;;) {
      const all = await Promise.all(this.#replicas.map(({ replica }) => keysOf(replica)));
      const same = new Set(all.map((keys) => JSON.stringify(keys))).size === 1;
      if (same && all[0]?.opens.length === this.#secrets.length) return;
      if (Date.now() > deadline) throw new Error(`the replicas do not use the same secrets:\n${this.#shown(all)}`);
      await sleep(500);
      // One may have read the file before it was written, and not have been there when it was told.
      for (const [index, { replica }] of this.#replicas.entries()) if (all[index] != null) replica.signal("SIGHUP");
    }
  }

  /** Who has which, and what those said last that do not answer. */
  #shown(all: readonly (Keys | null)[]): string {
    const lines = this.#replicas.map(({ replica }, index) => {
      const keys = all[index];
      if (keys != null) return `${replica.life}: ${keys.opens.length} keys, ${keys.seals} seals`;
      return `${replica.life} ${replica.isAlive ? "runs and does not answer" : "is over"}: ${replica.lastWords}`;
    });
    return lines.join("\n");
  }
}

async function keysOf({ place }: Gateway): Promise<Keys | null> {
  try {
    const limit = { signal: AbortSignal.timeout(2_000) };
    const response = await fetch(`http://127.0.0.1:${place.adminPort}/health/ready`, limit);
    const said: unknown = await response.json();
    const keys: unknown = Reflect.get(Object(said), "keys");
    const { seals, opens }: { seals?: unknown; opens?: unknown } = Object(keys);
    return { seals: String(seals), opens: Array.isArray(opens) ? opens.map(String) : [] };
  } catch {
    return null;
  }
}
