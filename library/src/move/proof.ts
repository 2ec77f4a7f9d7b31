/** What proves that everything arrived: each row of the old store is compared with what the new one answers for it. */
import type { RecordKind, SessionRow } from "../contracts.ts";
import { isMoved, noted } from "./hand-over.ts";
import { DigestSum, digestOf } from "./row-digest.ts";

/**
 * What was found when both stores were compared, row by row.
 *
 * @example
 * ```ts
 * import type { MoveProof } from "coatcheck/move";
 *
 * const said = ({ sessions, unchanged }: MoveProof) => `${sessions.browser} sessions, ${unchanged} as they were`;
 * ```
 */
export interface MoveProof {
  /** Live sessions that were moved, by their kind. */
  readonly sessions: { readonly [kind in RecordKind]: number };
  /** Sessions that had ended, or have since, and have not expired. */
  readonly ended: number;
  /** Of all these, the ones that no user has changed since: they are the same, column by column. */
  readonly unchanged: number;
  readonly changed: number;
  readonly markers: number;
  /** Digests over all that are unchanged: as they left, and as they are now. */
  readonly digests: { readonly from: string; readonly to: string };
  /** What is not as it must be, one sentence each. Empty: all has arrived. */
  readonly differences: readonly string[];
}

/** What a session keeps from its beginning to its end. */
const LASTING = ["kind", "created", "expires"] as const;

/** Tallies one comparison of the two stores. */
export class Proof {
  readonly #sessions: { [kind in RecordKind]: number } = { browser: 0, token: 0 };
  readonly #from = new DigestSum();
  readonly #to = new DigestSum();
  readonly #differences: string[] = [];
  #ended = 0;
  #unchanged = 0;
  #changed = 0;
  #markers = 0;

  /** @param row what the old store has left of it @param there what the new store has */
  compare(row: SessionRow, there: SessionRow | undefined): void {
    const difference = differenceOf(row, there);
    if (difference !== undefined || there === undefined) {
      this.difference(`The session ${row.id} ${difference}.`);
      return;
    }
    if (there.ended === null) this.#sessions[there.kind]++;
    else this.#ended++;
    const { version, digest } = isMoved(row) ? noted(row) : { version: there.version, digest: digestOf(there) };
    if (there.version !== version) {
      this.#changed++;
      return;
    }
    this.#unchanged++;
    const now = digestOf(there);
    this.#from.add(digest);
    this.#to.add(now);
    if (now !== digest) this.difference(`The session ${row.id} is not what it was, and no user has changed it.`);
  }

  get differs(): boolean {
    return this.#differences.length > 0;
  }

  difference(sentence: string): void {
    this.#differences.push(sentence);
  }

  marker(): void {
    this.#markers++;
  }

  get result(): MoveProof {
    return {
      sessions: this.#sessions,
      ended: this.#ended,
      unchanged: this.#unchanged,
      changed: this.#changed,
      markers: this.#markers,
      digests: { from: String(this.#from), to: String(this.#to) },
      differences: this.#differences,
    };
  }
}

function differenceOf(row: SessionRow, there: SessionRow | undefined): string | undefined {
  if (there === undefined) return "is not in the new store";
  const other = LASTING.find((name) => row[name] !== there[name]);
  if (other !== undefined) return `has another ${other} in the new store`;
  if (row.ended === null) return "is still in the old store";
  return !isMoved(row) && there.ended === null ? "has ended, and lives in the new store" : undefined;
}
