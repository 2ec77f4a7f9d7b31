/**
 * Which secrets have proved a session in this process lately: tells real tickets from made-up ones during an outage.
 */

/** A quarter of a mebibyte. A later entry overwrites an earlier one at the same place. */
const PLACES = 65_536;
/** Characters of the hash that choose the place, and those after them that are stored there as the tag: 6 bits each. */
const PLACE_CHARACTERS = 3;
const TAG_CHARACTERS = 5;

/**
 * A direct-mapped table of fingerprints: 30 bits of each secret's hash, beside the place that they stand at. It proves
 * nothing: a ticket that is in it is only preferred. A made-up one is mistaken for it once in 2^30 times.
 */
export class ServedSecrets {
  readonly #tags = new Uint32Array(PLACES);

  /** By its hash, as the row has it: this secret has just proved its session. */
  add(secretHash: string): void {
    this.#tags[placeOf(secretHash)] = tagOf(secretHash);
  }

  has(secretHash: string): boolean {
    const known = this.#tags[placeOf(secretHash)];
    return known === tagOf(secretHash);
  }
}

function placeOf(text: string): number {
  return numberIn(text, 0, PLACE_CHARACTERS) % PLACES;
}

// Never 0, which is an empty place.
function tagOf(text: string): number {
  return numberIn(text, PLACE_CHARACTERS, PLACE_CHARACTERS + TAG_CHARACTERS) + 1;
}

/** Characters of base64url as a number, 6 bits each. */
function numberIn(text: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 64 + digitOf(text.charCodeAt(at));
  return number;
}

function digitOf(code: number): number {
  if (code >= 97) return code - 71;
  if (code === 95) return 63;
  if (code >= 65) return code - 65;
  return code === 45 ? 62 : code + 4;
}
