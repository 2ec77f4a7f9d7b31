/** A small cache of identity headers, for users who come again and again. */
import type { Identity } from "coatcheck/contracts";

/** A power of two. So many users at most are kept, of whom each has one place. */
const PLACES = 8192;
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
  readonly #seen = new Int32Array(PLACES);
  readonly #kept: (Kept<Headers> | undefined)[] = new Array<Kept<Headers> | undefined>(PLACES).fill(undefined);

  get(identity: Identity): Headers | undefined {
    const kept = this.#kept[markOf(identity) & (PLACES - 1)];
    return kept?.identity === identity ? kept.headers : undefined;
  }

  /** Whether `headers` should be given to `keep`: this identity has been here before, and no other since. */
  comesAgain(identity: Identity): boolean {
    const mark = markOf(identity);
    const place = mark & (PLACES - 1);
    const known = this.#seen[place] === mark;
    // Kept, and yet made anew: these objects do not come again, and count as not seen.
    const renewed = known && this.#kept[place] !== undefined;
    this.#seen[place] = renewed ? 0 : mark;
    this.#kept[place] = undefined;
    return known && !renewed;
  }

  keep(identity: Identity, headers: Headers): void {
    this.#kept[markOf(identity) & (PLACES - 1)] = { identity, headers };
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
