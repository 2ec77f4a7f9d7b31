/** A hash table from keys to rows, in flat arrays that the garbage collector does not walk. */
import type { Handle } from "./cells.ts";
import { NOWHERE } from "./cells.ts";

/** The table has 64 parts that grow one by one, so that no write waits until the whole table is moved. */
const PART_BITS = 6;
const FIRST_SLOTS = 16;

/** An index of at most one handle for a key. */
export class HashIndex {
  readonly #isOf: (handle: Handle, key: string) => boolean;
  readonly #parts: (Part | undefined)[] = new Array(2 ** PART_BITS).fill(undefined);

  /** @param isOf whether the row at a handle has this key */
  constructor(isOf: (handle: Handle, key: string) => boolean) {
    this.#isOf = isOf;
  }

  /** The key's handle, or {@link NOWHERE}. */
  find(hash: number, key: string): Handle {
    const part = this.#parts[hash >>> (32 - PART_BITS)];
    if (part === undefined) return NOWHERE;
    for (let slot = part.first(hash); ; slot = part.next(slot)) {
      const handle = part.handle(slot);
      if (handle === NOWHERE || (part.is(slot, hash) && this.#isOf(handle, key))) return handle;
    }
  }

  /** Adds a key that is not in the table. */
  add(hash: number, handle: Handle): void {
    this.#reserved(hash).add(hash, handle);
  }

  /** Allocates now what the next `add` of this hash needs. */
  reserve(hash: number): void {
    this.#reserved(hash);
  }

  /** Replaces a handle that is in the table; {@link NOWHERE} removes it. */
  replace(hash: number, handle: Handle, by: Handle): void {
    this.#parts[hash >>> (32 - PART_BITS)]?.replace(hash, handle, by);
  }

  clear(): void {
    this.#parts.fill(undefined);
  }

  #reserved(hash: number): Part {
    const index = hash >>> (32 - PART_BITS);
    const part = this.#parts[index] ?? new Part();
    part.reserve();
    this.#parts[index] = part;
    return part;
  }
}

/** Open addressing with linear probing: hash and handle are at the hash's own slot or the next free one after it. */
class Part {
  #slots = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #used = 0;

  first(hash: number): number {
    return hash & this.#mask;
  }

  next(slot: number): number {
    return (slot + 1) & this.#mask;
  }

  is(slot: number, code: number): boolean {
    return this.#slots[slot * 2] === code;
  }

  handle(slot: number): Handle {
    return this.#slots[slot * 2 + 1] ?? NOWHERE;
  }

  /** Makes room for one more entry, with at most three quarters of the slots in use. */
  reserve(): void {
    if ((this.#used + 1) * 4 > (this.#mask + 1) * 3) this.#resize((this.#mask + 1) * 2);
  }

  /** `reserve` has made room for it. */
  add(hash: number, handle: Handle): void {
    this.#put(hash, handle);
    this.#used += 1;
  }

  replace(hash: number, handle: Handle, by: Handle): void {
    let slot = this.first(hash);
    while (this.handle(slot) !== handle) {
      if (this.handle(slot) === NOWHERE) return;
      slot = this.next(slot);
    }
    if (by === NOWHERE) this.#remove(slot);
    else this.#slots[slot * 2 + 1] = by;
  }

  #put(hash: number, handle: Handle): void {
    let slot = this.first(hash);
    while (this.handle(slot) !== NOWHERE) slot = this.next(slot);
    this.#slots[slot * 2] = hash;
    this.#slots[slot * 2 + 1] = handle;
  }

  /** Moves the entries after it up, so that a search for one of them meets no free slot before it. */
  #remove(removed: number): void {
    let free = removed;
    for (let slot = this.next(free); this.handle(slot) !== NOWHERE; slot = this.next(slot)) {
      const home = this.first(this.#slots[slot * 2] ?? 0);
      if (((slot - home) & this.#mask) < ((slot - free) & this.#mask)) continue;
      this.#slots.copyWithin(free * 2, slot * 2, slot * 2 + 2);
      free = slot;
    }
    this.#slots.fill(0, free * 2, free * 2 + 2);
    this.#used -= 1;
    if (this.#mask >= FIRST_SLOTS && this.#used * 8 < this.#mask) this.#shrink();
  }

  /** If there is no memory for a smaller table the larger one stays, so that removing a row never fails. */
  #shrink(): void {
    try {
      this.#resize((this.#mask + 1) / 2);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  #resize(slots: number): void {
    const before = this.#slots;
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    for (let at = 0; at < before.length; at += 2) {
      const handle = before[at + 1] ?? NOWHERE;
      if (handle !== NOWHERE) this.#put(before[at] ?? 0, handle);
    }
  }
}
