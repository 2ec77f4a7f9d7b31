/** Rows for tests of stores: plain ones, odd ones, and whatever their columns allow. */
import { randomBytes } from "node:crypto";
import type { EndReason, JsonValue, SessionRow } from "../../contracts.ts";
import { BLANK_ROW, END_REASONS, rowFrom } from "../../core/row-columns.ts";

/**
 * When the suite plays: far ahead, so that a store whose server also drops what is past by its own clock drops nothing.
 */
export const START = Date.UTC(2050, 0, 1);
export const HOUR = 3_600_000;

/** A fresh id as the engine makes them: 4 bytes of the absolute end in seconds, 12 random ones. */
export function freshId(expires: number): string {
  const bytes = randomBytes(16);
  bytes.writeUInt32BE(Math.floor(expires / 1000));
  return bytes.toString("base64url");
}

/** A live anonymous row, with what `changes` says. */
export function sampleRow(changes: Partial<SessionRow> = {}): SessionRow {
  const expires = changes.expires ?? START + 24 * HOUR;
  return {
    ...BLANK_ROW,
    id: freshId(expires),
    secretHash: randomBytes(32).toString("base64url"),
    version: 1,
    created: START,
    seen: START,
    expires,
    body: '{"format":1}',
    ...changes,
  };
}

/** What becomes of a row when it ends: nothing is left but what refuses its ticket until it would have expired. */
export function emptiedRow(row: SessionRow, reason: EndReason, ended: number): SessionRow {
  const { id, secretHash, version, kind, created, seen, expires } = row;
  return sampleRow({ id, secretHash, version: version + 1, kind, created, seen, expires, ended, reason, body: "" });
}

/** Texts that have broken stores before: well-formed Unicode without NUL, as the engine gives it. */
export const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "null",
  "0",
  "a'b\"c`d\\e",
  "'; DROP TABLE sessions; --",
  "line\nbreak\r\n\ttab",
  "%_*?[]{}",
  "ümlaut ß 漢字 עברית",
  "e\u0301 is not \u00e9",
  "👩‍👩‍👧 \u{10ffff} \ufeff\u200b\u202e",
  // Pairs, which a store that mends texts takes for one.
  "e\u0301",
  "\u00e9",
  "\u0001\u001f\u007f\u0085\u2028\u2029",
  "\u2028\u2029",
  "\ufeff",
  "\ufffe\uffff",
  "\ufffd\ufffd",
  "\ud7ff\ue000",
  "{tag}:1",
  "x".repeat(300),
  `${"x".repeat(299)}y`,
];

/** Chooses by a seed, so that a failure can be repeated. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ n < bound. */
  below(bound: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(choices: readonly [T, ...T[]] | readonly T[], fallback: T): T {
    return choices[this.below(choices.length)] ?? fallback;
  }

  text(): string {
    return this.chance(50) ? this.of(ODD_TEXTS, "") : `${this.of(ODD_TEXTS, "")}${this.below(1_000_000).toString(36)}`;
  }

  /** A row of any shape that the columns allow, ended ones too. */
  row(): SessionRow {
    const maybe = <T>(value: T): T | null => (this.chance(50) ? value : null);
    const time = (): number => START + this.below(HOUR);
    const drawn = rowFrom({
      text: () => this.text(),
      textOrNull: () => maybe(this.text()),
      integer: time,
      integerOrNull: () => maybe(time()),
      choice: (choices) => choices[this.below(choices.length)] ?? fail(),
      choiceOrNull: (choices) => maybe(choices[this.below(choices.length)] ?? fail()),
    });
    const ended = this.chance(20) ? time() : null;
    const expires = this.of([START + 1 + this.below(HOUR), START + 400 * 24 * HOUR], START + HOUR);
    const data: JsonValue = { [this.text()]: this.text(), n: this.below(1_000) };
    return {
      ...drawn,
      id: freshId(expires),
      secretHash: randomBytes(32).toString("base64url"),
      previousHash: maybe(randomBytes(32).toString("base64url")),
      previousUntil: this.chance(50) ? time() : 0,
      version: this.of([1, 2, 1_000, 2 ** 31, Number.MAX_SAFE_INTEGER - 1], 1),
      expires,
      ended,
      reason: ended === null ? null : this.of(END_REASONS, "logout"),
      body: this.chance(90) ? JSON.stringify(data) : JSON.stringify({ big: this.text().padEnd(64 * 1024, "é") }),
    };
  }
}

function fail(): never {
  throw new TypeError("a choice of nothing");
}
