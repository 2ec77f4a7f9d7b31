/** Sealed sessions that this process served lately: an LRU cache, for those that watch one by its id. */
import type { SealedRow } from "../../contracts.ts";

/** Watched sessions are asked for twice a second, so that they are the last to be dropped. */
const MOST = 10_000;

export class RecentRows {
  readonly #rows = new Map<string, SealedRow>();

  /** Without its body, which nobody asks for by id. A later state of the session, and a later visit, win. */
  add(row: SealedRow): void {
    const known = this.#rows.get(row.id);
    this.#rows.delete(row.id);
    const older = known !== undefined && known.version > row.version ? known : row;
    this.#rows.set(row.id, { ...older, seen: Math.max(row.seen, known?.seen ?? 0), body: "" });
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined && this.#rows.size > MOST) this.#rows.delete(oldest);
  }

  get(id: string): SealedRow | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    this.#rows.delete(id);
    this.#rows.set(id, row);
    return row;
  }
}
