/** Recognises a secret that was proven before, without hashing it again. */
import type { Entropy } from "../contracts.ts";
import { systemEntropy } from "./entropy.ts";
import type { PresentedTicket } from "./ticket.ts";
import { SECRET_CHARACTERS } from "./ticket.ts";

/** How long the numbers, and the entries made with them, are valid, in milliseconds. */
const PERIOD_MS = 60_000;
/** Two characters make a word of 14 bits; the last is alone. */
const WORDS = Math.ceil(SECRET_CHARACTERS / 2);
const SUMS = 4;
/** A sum of 22 words times a number below it each stays far below 2^53, the limit of exact integers. */
const PRIME = 2 ** 31 - 1;
const NUMBER_BYTES = 4;

/** The part of a row that is needed here. */
interface Provable {
  readonly version: number;
}

/**
 * A cache of proven secrets by a universal hash (Carter and Wegman 1979). It recognises a secret that has proved a row
 * by its SHA-256 already, without keeping the secret: of the text it keeps four sums, each of its words times secret
 * numbers of this process, and of each sum the remainder by a prime. That takes a fifth of the time of a SHA-256, which
 * is the most expensive step of a request with a session in memory.
 *
 * Another text has the same remainder with a probability of at most 2^-30, whatever computing power an attacker has: it
 * differs in some word, and whatever the other words add, exactly one remainder of the number by which this word is
 * multiplied makes the sums equal. Four of them make that 2^-120 for each guess, and a guess is a request. None of it
 * is shown to a caller. An attacker who can read the process's memory learns 124 bits of a secret of 256, and for a
 * minute, until the numbers change, texts that this process accepts for it.
 *
 * A secret that is not recognised may still be right: it is hashed.
 */
export class ProvenSecrets {
  readonly #entropy: Entropy;
  readonly #numbers = new Float64Array(WORDS * SUMS);
  #known = new WeakMap<Provable, Known>();
  #since = Number.NEGATIVE_INFINITY;

  constructor(entropy: Entropy = systemEntropy) {
    this.#entropy = entropy;
  }

  /** Whether this ticket's secret proved this very row within the last minute. `now` in milliseconds. */
  has(row: Provable, ticket: PresentedTicket, now: number): boolean {
    const known = isOver(this.#since, now) ? undefined : this.#known.get(row);
    // A store must not change a row in place; even if it does, a secret that was rotated away must not be accepted.
    if (known === undefined || known.version !== row.version) return false;
    const shown = new Known(row, ticket, this.#numbers);
    // In constant time.
    return ((known.a ^ shown.a) | (known.b ^ shown.b) | (known.c ^ shown.c) | (known.d ^ shown.d) | shown.strange) === 0;
  }

  /** To be called when the secret proved the row by its hash. */
  add(row: Provable, ticket: PresentedTicket, now: number): void {
    if (isOver(this.#since, now)) this.#beginAnew(now);
    this.#known.set(row, new Known(row, ticket, this.#numbers));
  }

  #beginAnew(now: number): void {
    const bytes = this.#entropy.bytes(this.#numbers.length * NUMBER_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let index = 0; index < this.#numbers.length; index++) {
      this.#numbers[index] = view.getUint32(index * NUMBER_BYTES) % 2 ** 31;
    }
    bytes.fill(0);
    this.#known = new WeakMap();
    this.#since = now;
  }
}

/** A clock that was set back ends the period too. */
const isOver = (since: number, now: number): boolean => now - since >= PERIOD_MS || now < since;

/** The four sums of a row's secret, or of a presented one, to compare them. */
class Known {
  readonly version: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Bits beyond ASCII's. A text that has any is never recognised: two of them may have the same words. */
  readonly strange: number;

  constructor({ version }: Provable, { text, secretAt }: PresentedTicket, numbers: Float64Array) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let bits = 0;
    for (let word = 0, at = 0; word < WORDS; word++, at += SUMS) {
      const first = text.charCodeAt(secretAt + word * 2);
      const second = word < WORDS - 1 ? text.charCodeAt(secretAt + word * 2 + 1) : 0;
      const value = first * 128 + second;
      bits |= first | second;
      a += value * (numbers[at] ?? 0);
      b += value * (numbers[at + 1] ?? 0);
      c += value * (numbers[at + 2] ?? 0);
      d += value * (numbers[at + 3] ?? 0);
    }
    this.version = version;
    this.a = remainder(folded(a));
    this.b = remainder(folded(b));
    this.c = remainder(folded(c));
    this.d = remainder(folded(d));
    this.strange = bits & ~0x7f;
  }
}

/** Modulo the prime, several times as fast as `%`. A small integer takes no memory of its own. */
const remainder = (folded: number): number => (folded >= PRIME ? folded - PRIME : folded) | 0;

/** The same for the prime, and less than two of it: 2^31 leaves 1 for each, which is far less in all. */
const folded = (sum: number): number => sum - Math.floor(sum * 2 ** -31) * PRIME;
