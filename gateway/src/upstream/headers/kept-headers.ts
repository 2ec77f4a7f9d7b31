/** A small cache of identity headers, for users who come again and again. */
import type { Identity } from "coatcheck/contracts";

/** So many users at most are kept. */
const PLACES = 8192;
/** Places for each user: two who come in turn do not evict each other. The marks of eight lie in one cache line. */
const WAYS = 8;
/** A power of two less one. */
const MASK = PLACES / WAYS - 1;
/** A power of two, and several for each place: of two who share one and come in turn none would be seen again. */
const SEEN = PLACES * 4;
/** The last characters of a subject that tell its place: some providers begin all of them alike. */
const TELLING = 4;

interface Kept<Headers> {
  readonly identity: Identity;
  readonly headers: Headers;
}

/**
 * The headers of an identity, as long as the engine hands out the very same object: it does so for a session that it
 * keeps parsed, and makes a new one when anything of it changes. What is seen for the first time is not kept, since an
 * entry that is not found again costs the garbage collector more than making the headers.
 */
export class KeptHeaders<Headers> {
  readonly #seen = new Int32Array(SEEN);
  /** The marks of those in their places, so that who is not there is known without a look at them. */
  readonly #marks = new Int32Array(PLACES);
  readonly #kept: (Kept<Headers> | undefined)[] = new Array<Kept<Headers> | undefined>(PLACES).fill(undefined);

  get(identity: Identity): Headers | undefined {
    const mark = markOf(identity);
    const first = (mark & MASK) * WAYS;
    for (let at = first; at < first + WAYS; at++) {
      if (this.#marks[at] !== mark) continue;
      const kept = this.#kept[at];
      if (kept?.identity === identity) return kept.headers;
    }
    return undefined;
  }

  /** Whether `headers` should be given to `keep`: this identity has been here before, and no other since. */
  comesAgain(identity: Identity): boolean {
    const mark = markOf(identity);
    const place = mark & (SEEN - 1);
    const known = this.#seen[place] === mark;
    // Kept, and yet made anew: these objects do not come again, and count as not seen.
    const renewed = this.#drop(mark);
    this.#seen[place] = renewed ? 0 : mark;
    return known && !renewed;
  }

  /** In the place of the one that was kept first, if all are taken. */
  keep(identity: Identity, headers: Headers): void {
    const mark = markOf(identity);
    const newest = (mark & MASK) * WAYS;
    let free = newest;
    while (free < newest + WAYS - 1 && this.#kept[free] !== undefined) free++;
    for (let at = free; at > newest; at--) this.#put(at, this.#kept[at - 1], this.#marks[at - 1]);
    this.#put(newest, { identity, headers }, mark);
  }

  /** Whether something was kept for one of this mark. */
  #drop(mark: number): boolean {
    let dropped = false;
    const first = (mark & MASK) * WAYS;
    for (let at = first; at < first + WAYS; at++) {
      if (this.#marks[at] !== mark || this.#kept[at] === undefined) continue;
      this.#put(at, undefined);
      dropped = true;
    }
    return dropped;
  }

  #put(at: number, kept: Kept<Headers> | undefined, mark = 0): void {
    this.#kept[at] = kept;
    this.#marks[at] = mark;
  }
}

/** The same for two identities now and then, which costs a place and nothing else: the object tells what is kept. */
function markOf({ subject, authenticatedAt }: Identity): number {
  let mark = authenticatedAt | 0;
  for (let index = Math.max(0, subject.length - TELLING); index < subject.length; index++) {
    mark = Math.imul(mark ^ subject.charCodeAt(index), 0x0100_0193);
  }
  return mark ^ (mark >>> 15);
}
