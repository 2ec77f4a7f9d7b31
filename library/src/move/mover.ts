/** Moves all sessions from one store to another, while both are in use. */
import type { Clock, Marker, ScanPage, SessionRow, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import type { Way } from "./hand-over.ts";
import { carryEnding, handOver, isMoved } from "./hand-over.ts";
import { OWN_MARKERS, Phase } from "./phase.ts";
import type { MoveProof } from "./proof.ts";
import { Proof } from "./proof.ts";
import { eachOf, patiently } from "./work.ts";

/**
 * Options of {@link moveSessions}.
 *
 * @example
 * ```ts
 * import type { MoveOptions } from "coatcheck/move";
 *
 * const options: MoveOptions = { from: sqlite("old.db"), to: sqlite("new.db"), alone: true };
 * ```
 */
export interface MoveOptions {
  readonly from: SessionStore;
  readonly to: SessionStore;
  /**
   * No process serves these sessions meanwhile. Default `false`: every process that does has a store by `moving`, and
   * at least one has said so within the last ten minutes.
   */
  readonly alone?: boolean;
  /** Stops the move when it is aborted; calling `moveSessions` again goes on from there. Default: nothing does. */
  readonly signal?: AbortSignal;
  /** Told after each page of the old store. Default: nobody is. */
  readonly onProgress?: (progress: MoveProgress) => void;
  /** How many rows are looked at in one go. Default 500. */
  readonly page?: number;
  /** Tells the time. Default: the machine's. */
  readonly clock?: Pick<Clock, "now">;
}

/**
 * How far a move is.
 *
 * @example
 * ```ts
 * import type { MoveProgress } from "coatcheck/move";
 *
 * const onProgress = ({ looked, moved }: MoveProgress) => console.error(`${moved} of ${looked}`);
 * ```
 */
export interface MoveProgress {
  /** Whether all rows have been looked at once, and are now compared. */
  readonly isComparing: boolean;
  /** Rows and markers of the old store that were looked at, in this round. */
  readonly looked: number;
  /** Sessions and markers that were moved since the call. */
  readonly moved: number;
}

/**
 * How a move ended.
 *
 * @example
 * ```ts
 * import type { MoveReport } from "coatcheck/move";
 *
 * const mayGo = ({ outcome }: MoveReport): boolean => outcome === "done" || outcome === "done before";
 * ```
 */
export interface MoveReport {
  /**
   * `done`: everything has arrived; `stopped`: by the signal; `differs`: the proof names sessions that are not what
   * they have to be; `done before`: an earlier call did all of it.
   */
  readonly outcome: "done" | "done before" | "stopped" | "differs";
  /** Sessions and markers that this call moved. */
  readonly moved: number;
  /** What the last comparison found, as far as it got. */
  readonly proof: MoveProof;
}

/**
 * Moves all sessions and markers of one store into another, which is empty at the beginning, and proves that they have
 * arrived: every row of the old store is compared with what the new one answers for it. Sessions that have expired
 * stay. It may be stopped at any moment, killed too, and called again: then it goes on. While it runs, and until every
 * process uses the new store alone, they use {@link moving}.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` if the stores cannot be moved like this: the new one has sessions of its
 * own, the old one is moved elsewhere, nothing serves both and `alone` was not said, or a store has no `scan`;
 * `ERR_STORE_UNAVAILABLE` if one did not answer for a while. Nothing is lost then, and another call goes on.
 * @example
 * ```ts
 * import { moveSessions } from "coatcheck/move";
 *
 * const [from, to] = [sqlite("old.db"), sqlite("new.db")];
 * const { outcome, proof } = await moveSessions({ from, to, alone: true });
 * ```
 */
export async function moveSessions(options: MoveOptions): Promise<MoveReport> {
  const { from, to, clock = Date, alone = false } = options;
  const way: Way = { from, to, clock };
  const phase = new Phase(way);
  const begun = await begin(way, phase, alone);
  if (begun.isDone) return { outcome: "done before", moved: 0, proof: new Proof().result };
  const rounds = new Rounds(way, phase, options);
  const outcome = await rounds.run();
  if (outcome === "done") await patiently(() => phase.finish(begun.name));
  return { outcome, moved: rounds.moved, proof: rounds.proof.result };
}

/** Begins a move, or finds the one that has begun. */
async function begin({ from, to, clock }: Way, phase: Phase, alone: boolean) {
  for (const store of [from, to])
    if (store.scan === undefined) throw invalid(`The store ${store.name} cannot be looked through (scan).`);
  const found = await begunBefore(phase);
  if (found !== undefined) return found;
  if (!(await isEmpty(to, clock.now()))) {
    // Another mover may have begun meanwhile.
    const other = await begunBefore(phase);
    if (other !== undefined) return other;
    throw invalid("The new store has sessions already. Name an empty one: another file, schema or prefix.");
  }
  if (!alone && !(await phase.isServed())) {
    throw invalid(
      "No app has said within ten minutes that it serves both stores. Give every process both first, or say that none runs.",
    );
  }
  const begun = { name: `${clock.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`, isDone: false };
  await phase.begin(begun.name);
  return begun;
}

async function begunBefore(phase: Phase): Promise<{ readonly name: string; readonly isDone: boolean } | undefined> {
  const name = await phase.name();
  if (name === undefined) return undefined;
  if (await phase.leadsHere(name)) return { name, isDone: await phase.saysDone() };
  throw invalid("The sessions of the old store are being moved to another store than this. Go on with that one.");
}

async function isEmpty(store: SessionStore, now: number): Promise<boolean> {
  for (let position: string | null = null; ; ) {
    const page = await scan(store, position, 100);
    if (page.rows.some(({ expires }) => expires > now)) return false;
    if (page.next === null) return true;
    position = page.next;
  }
}

const PAGE = 500;
/** How many rows are under way at once. */
const AT_ONCE = 16;

/** Goes through the old store until a round finds nothing to move, and all that it compared is as it must be. */
class Rounds {
  readonly #way: Way;
  readonly #phase: Phase;
  readonly #options: MoveOptions;
  proof = new Proof();
  moved = 0;

  constructor(way: Way, phase: Phase, options: MoveOptions) {
    this.#way = way;
    this.#phase = phase;
    this.#options = options;
  }

  async run(): Promise<"done" | "stopped" | "differs"> {
    let position = await patiently(() => this.#phase.progress());
    for (let compares = false; ; compares = true) {
      const before = this.moved;
      this.proof = new Proof();
      if (!(await this.#round(position, compares))) return "stopped";
      if (this.proof.differs) return "differs";
      if (compares && this.moved === before) return "done";
      position = null;
      await patiently(() => this.#phase.keepProgress(null));
    }
  }

  /** `false`: it was stopped. */
  async #round(start: string | null, isComparing: boolean): Promise<boolean> {
    const { signal, onProgress, page: size = PAGE } = this.#options;
    let looked = 0;
    for (let position = start; ; ) {
      if (signal?.aborted === true) return false;
      const page = await patiently(() => scan(this.#way.from, position, size));
      await eachOf(page.rows, AT_ONCE, (row) => patiently(() => this.#row(row, isComparing)));
      await eachOf(page.markers, AT_ONCE, (marker) => patiently(() => this.#marker(marker)));
      looked += page.rows.length + page.markers.length;
      onProgress?.({ isComparing, looked, moved: this.moved });
      if (page.next === null) return true;
      position = page.next;
      // What was compared before does not count in the next call, so a comparison begins anew.
      const kept = position;
      if (!isComparing) await patiently(() => this.#phase.keepProgress(kept));
    }
  }

  async #row(scanned: SessionRow, isComparing: boolean): Promise<void> {
    const { to, clock } = this.#way;
    if (scanned.expires <= clock.now()) return;
    const row = scanned.ended === null ? await this.#handOver(scanned) : scanned;
    if (row === undefined || row.ended === null) return;
    // mutant: endings-stay-behind
    if (!isMoved(row) && (await carryEnding(to, row))) this.moved++;
    if (isComparing) await this.#compare(row);
  }

  async #handOver({ id }: SessionRow): Promise<SessionRow | undefined> {
    try {
      const row = await handOver(this.#way, id);
      if (row !== undefined && isMoved(row)) this.moved++;
      return row;
    } catch (error) {
      if (!(error instanceof CoatcheckError && error.code === "ERR_STORE_INVALID")) throw error;
      this.proof.difference(error.message);
      return undefined;
    }
  }

  async #compare(row: SessionRow): Promise<void> {
    const { to, clock } = this.#way;
    const there = await to.get(row.id);
    if (there === undefined && row.expires <= clock.now()) return;
    this.proof.compare(row, there);
    // A process that ended while it handed the row over left its last touch behind.
    if (there !== undefined && there.seen < row.seen) await to.touch(row.id, row.seen);
  }

  async #marker(marker: Marker): Promise<void> {
    if (marker.key.startsWith(OWN_MARKERS) || marker.until <= this.#way.clock.now()) return;
    if (await carryMarker(this.#way, marker)) this.moved++;
    this.proof.marker();
  }
}

const scan = async (store: SessionStore, position: string | null, limit: number): Promise<ScanPage> =>
  (await store.scan?.(position, limit)) ?? { rows: [], markers: [], next: null };

/** Answers whether it was written. It may be set again meanwhile: what the old store has then is written too. */
async function carryMarker({ from, to, clock }: Way, { key, until }: Marker): Promise<boolean> {
  for (let written = false; ; written = true) {
    const value = await from.marked(key, clock.now());
    const there = await to.marked(key, clock.now());
    if (value === there) return written;
    const [end, text] = value === undefined ? [clock.now(), ""] : [until, value];
    await to.mark(key, end, clock.now(), text);
  }
}

const invalid = (message: string): CoatcheckError => new CoatcheckError("ERR_STORE_INVALID", { message });
