/** A bounded LRU cache of tokens whose signature was verified. */
import { hash } from "node:crypto";
import type { Clock } from "../../contracts.ts";
import { BoundedCache } from "../http/bounded-cache.ts";
import type { PublicKey } from "./key-set.ts";

/** How many tokens are cached for a key, and how long, milliseconds. */
const MOST = 10_000;
const LASTS = 600_000;

/**
 * Tokens whose signature held, so that the next request with the same token costs no other verification. The cache has
 * the SHA-256 of the whole token, for each key: when the key set is read anew, everything is verified anew, and a key
 * that was withdrawn takes its tokens along (DK-08). Claims are not cached: times are checked each time.
 */
export class KnownSignatures {
  readonly #clock: Clock;
  readonly #ofKey = new WeakMap<PublicKey, BoundedCache<true>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: PublicKey, token: string): boolean {
    return this.#ofKey.get(key)?.get(nameOf(token)) === true;
  }

  add(key: PublicKey, token: string): void {
    const tokens = this.#ofKey.get(key) ?? new BoundedCache<true>(MOST, this.#clock);
    this.#ofKey.set(key, tokens);
    tokens.set(nameOf(token), true, LASTS);
  }
}

const nameOf = (token: string): string => hash("sha256", token, "base64url");
