/**
 * Sealed sessions behind the interface of a store, so that the engine has one way: a session is stored by setting its
 * cookie, and what a store would refuse is refused by markers.
 */
import type {
  Clock,
  EndReason,
  EndTarget,
  MaybePromise,
  PutCondition,
  SealedRow,
  SessionRow,
  SessionStore,
  StoreCapabilities,
} from "../../contracts.ts";
import { andThen } from "../../core/maybe.ts";
import { emptied } from "../../core/record.ts";
import { BLANK_ROW } from "../../core/row-columns.ts";
import { latestEnd } from "../../crypto/ticket.ts";
import { LocalMarkers } from "./local-markers.ts";
import { RecentRows } from "./recent-rows.ts";
import { endedMarker, isSealed, replacedMarker, type Standing, standingOf } from "./standing.ts";

interface SealedSessionsOptions {
  readonly name: string;
  /** Where markers are kept; `null`: nothing ends a session but its time. */
  readonly marks: SessionStore | null;
  readonly clock: Clock;
}

/** Markers outlive their sessions by what clocks of replicas may differ, milliseconds. */
const MARGIN = 600_000;
const NOBODY: readonly string[] = Object.freeze([]);

/** Keeps nothing of a session but markers. Without `marks` those of logins in progress are this process's own. */
export class SealedSessions implements SessionStore {
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  readonly #marks: SessionStore | null;
  readonly #markers: Pick<SessionStore, "mark" | "marked">;
  readonly #clock: Clock;
  readonly #recent = new RecentRows();

  constructor({ name, marks, clock }: SealedSessionsOptions) {
    this.name = name;
    this.capabilities = { shared: true, durable: marks?.capabilities.durable ?? true, watch: false, expires: marks === null };
    this.#marks = marks;
    this.#markers = marks ?? new LocalMarkers();
    this.#clock = clock;
  }

  /** How a session stands that a cookie brought. Throws if the markers cannot be looked up. */
  standing(row: SealedRow, now: number): MaybePromise<Standing> {
    this.#recent.add(row);
    return this.#marks === null ? null : standingOf(row, this.#marks, now, true);
  }

  /**
   * For what watches a session, or ends it, by its id: the session as this process saw it last. One that it never saw
   * may live if markers can end it.
   */
  get(id: string): MaybePromise<SessionRow | undefined> {
    const recent = this.#recent.get(id);
    if (this.#marks === null) return recent;
    const row = recent ?? unseen(id);
    const now = this.#clock.now();
    return andThen(standingOf(row, this.#marks, now, false), (standing) =>
      standing === null || standing === "late" ? row : emptied(row, standing, now),
    );
  }

  /**
   * The row itself goes into the cookie. `false`: another request replaced this state of the session first, or ended
   * it.
   */
  put(row: SessionRow, condition: PutCondition): MaybePromise<boolean> {
    const marks = this.#marks;
    if (marks === null) return true;
    if (row.ended !== null) return this.#end(marks, row, row.reason ?? "logout");
    return condition === "absent" ? true : this.#replace(marks, row, condition);
  }

  /**
   * Once for each state, so that of two requests that change it one is refused. Then it is looked whether the session
   * ended meanwhile: whoever ends it writes first and needs not look.
   */
  #replace(marks: SessionStore, row: SessionRow, version: number): MaybePromise<boolean> {
    const now = this.#clock.now();
    const key = replacedMarker(row.id, version);
    // A later call would replace the value, and with it the time until which late requests are served.
    const first = andThen(marks.marked(key, now), (before) =>
      before === undefined ? marks.mark(key, row.expires + MARGIN, now, String(now)) : false,
    );
    return andThen(first, (isFirst) =>
      isFirst ? andThen(standingOf(asSealed(row), marks, now, false), (standing) => standing === null) : false,
    );
  }

  #end(marks: SessionStore, { id, expires }: Pick<SessionRow, "id" | "expires">, reason: EndReason): MaybePromise<boolean> {
    return marks.mark(endedMarker(id), expires + MARGIN, this.#clock.now(), reason);
  }

  /** The next answer says so to the browser; here it is known for those that watch the session. */
  touch(id: string, seen: number): boolean {
    const row = this.#recent.get(id);
    if (row !== undefined) this.#recent.add({ ...row, seen });
    return true;
  }

  /** Sessions of an owner or of a provider's session end by the marker that whoever ends them sets first. */
  end(target: EndTarget, reason: EndReason): MaybePromise<readonly string[]> {
    if (!("id" in target)) return NOBODY;
    const { id } = target;
    if (this.#marks === null) return [id];
    return andThen(this.#end(this.#marks, this.#recent.get(id) ?? unseen(id), reason), (first) => (first ? [id] : NOBODY));
  }

  list(): readonly SessionRow[] {
    return [];
  }

  mark(key: string, until: number, now: number, value?: string): MaybePromise<boolean> {
    return value === undefined ? this.#markers.mark(key, until, now) : this.#markers.mark(key, until, now, value);
  }

  marked(key: string, now: number): MaybePromise<string | undefined> {
    return this.#markers.marked(key, now);
  }

  sweep(limit: number, now: number): MaybePromise<number> {
    return this.#marks === null ? 0 : this.#marks.sweep(limit, now);
  }

  close(): void {}
}

/** A row that came from a cookie; others have no login that could have been ended. */
const asSealed = (row: SessionRow): SealedRow => (isSealed(row) ? row : { ...row, ownerMarker: null, issuedAt: null });

/** What is known of a session by its id alone: about when it ends. */
function unseen(id: string): SealedRow {
  return { ...BLANK_ROW, id, seen: Number.MAX_SAFE_INTEGER, expires: latestEnd(id), ownerMarker: null, issuedAt: null };
}
