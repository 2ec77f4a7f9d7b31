/** Two stores, and what both of them say of a session at each moment while sessions are moved from one to the other. */
import type { EndReason, EndTarget, PutCondition, SessionRow, SessionStore } from "coatcheck/contracts";
import { memory } from "coatcheck/memory";
import { moving } from "coatcheck/move";
import { spring } from "../world/faults.ts";
import type { Life } from "../world/replica.ts";
import type { Work } from "../world/work.ts";
import type { World } from "../world/world.ts";
import { value } from "./effects.ts";
import { type Effects, linkStore } from "./faulty-store.ts";

/** Which stores a process has. */
export type Serves = "old" | "both" | "new";

/** A row on its way, in the old store: its own version and lease are in the column of the lease. */
const ON_ITS_WAY = /^move:(\d+):(?:=(.*))?$/s;

/**
 * The books know one store. Each call to one of the two counts in them as what it changed of a session that both
 * together say: nothing, if it only moved it.
 */
export class MovedStores {
  readonly #stores = { old: memory(), new: memory() };
  /** Who ended a copy of a session that the old store still decides about. */
  readonly #enders = new Map<string, { readonly work: Work; readonly life: Life }>();
  readonly #opened: SessionStore[] = [];

  /** What a process is given as its store. */
  open(life: Life, serves: Serves): SessionStore {
    if (serves !== "both") return this.link(life, serves);
    const store = moving({ from: this.link(life, "old"), to: this.link(life, "new"), clock: life.clock });
    this.#opened.push(store);
    return store;
  }

  /** A process's way to one of the two. */
  link(life: Life, which: "old" | "new"): SessionStore {
    const base = this.#stores[which];
    return { ...linkStore(life.replica.world, life, base, this.#effects(base, life)), name: which };
  }

  /** The session, wherever it is. */
  read(id: string): SessionRow | undefined {
    const before = value(this.#stores.old.get(id));
    if (before !== undefined && (before.ended === null || before.reason !== null)) return asItWas(before);
    const there = value(this.#stores.new.get(id));
    if (before === undefined || there === undefined || there.ended !== null) return there;
    return { ...there, seen: Math.max(there.seen, before.seen) };
  }

  /** Ends what the processes' stores do by themselves. */
  async close(): Promise<void> {
    for (const store of this.#opened) await store.close();
  }

  #effects(base: SessionStore, life: Life): Effects {
    return {
      get: (id) => value(base.get(id)),
      put: (row, condition, work) => this.#put(base, row, condition, { work, life }),
      touch: (id, seen, work) => {
        const touched = value(base.touch(id, seen));
        this.#tell(id, { work, life });
        return touched;
      },
      end: (target, reason, now, work) => this.#end(base, target, reason, now, { work, life }),
      sweep: (limit, now) => this.#sweep(base, limit, now, life.replica.world),
    };
  }

  #put(base: SessionStore, row: SessionRow, condition: PutCondition, by: By): boolean {
    const written = value(base.put(row, condition));
    if (written && !this.#tell(row.id, by)) spring(by.life.replica.world, "written", by.life);
    return written;
  }

  #end(base: SessionStore, target: EndTarget, reason: EndReason, now: number, by: By): readonly string[] {
    const { sessions, families } = by.life.replica.world;
    const ended = value(base.end(target, reason, now));
    for (const id of ended) {
      const row = this.read(id);
      if (row?.ended === null) this.#enders.set(id, by);
      // Its copy had not ended yet, and the session had.
      if (row?.ended == null || (sessions.get(id) ?? families.get(id))?.ended !== null) continue;
      const store = { end: () => [id], get: () => row };
      sessions.end(store, { id }, reason, now, by.work);
      families.ended(store, [id], reason, by.work);
    }
    return ended;
  }

  #sweep(base: SessionStore, limit: number, now: number, { sessions, families }: World): number {
    const get = (id: string): SessionRow | undefined => this.read(id);
    const swept = sessions.sweep({ sweep: () => base.sweep(limit, now), get }, limit, now);
    families.swept({ get }, now);
    return swept;
  }

  /** Enters into the books what became of a session, if anything did. */
  #tell(id: string, by: By): boolean {
    const { sessions, families } = by.life.replica.world;
    const known = sessions.get(id) ?? families.get(id);
    const before = known === undefined || known.gone ? undefined : known.row;
    const after = this.read(id);
    if (after === undefined) return false;
    if (before === undefined) this.#changes(after, "absent", by);
    else if (after.ended !== null && before.ended === null) this.#changes(after, before.version, this.#enders.get(id) ?? by);
    else if (after.version !== before.version) this.#changes(after, before.version, by);
    else {
      this.#stays(before, after, by);
      return false;
    }
    return true;
  }

  #changes(row: SessionRow, condition: PutCondition, { work, life }: By): void {
    const { sessions, families } = life.replica.world;
    const store = { put: () => true };
    if (row.kind === "token") families.put(store, row, condition, work);
    else sessions.put(store, row, condition, work, life);
  }

  /** Where it is has changed at most, and when its user was last here. */
  #stays(before: SessionRow, after: SessionRow, { work, life }: By): void {
    const { world } = life.replica;
    if (after.seen > before.seen) world.sessions.touch({ touch: () => true }, after.id, after.seen, work);
    const other = COLUMNS.find((name) => after[name] !== before[name]);
    if (other !== undefined) world.violate(14, `${work.actor} changed ${other} of ${after.id.slice(0, 8)}… while it was moved`);
  }
}

/** On whose behalf, and in which process. */
interface By {
  readonly work: Work;
  readonly life: Life;
}

const COLUMNS = ["owner", "issuer", "sid", "secretHash", "expires", "tokenExpires", "renewAt", "lease", "body"] as const;

function asItWas(row: SessionRow): SessionRow {
  const [, version, lease] = row.ended === null ? (ON_ITS_WAY.exec(row.lease ?? "") ?? []) : [];
  return version === undefined ? row : { ...row, version: Number(version), lease: lease ?? null };
}
