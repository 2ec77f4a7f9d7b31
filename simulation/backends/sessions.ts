/** The store's own state: every effect in order, and the invariants that hold of each single one. */
import type { EndReason, EndTarget, PutCondition, SessionRow, SessionStore } from "coatcheck/contracts";
import type { Asked } from "../clients/asked.ts";
import { isLogout, isWriting, mayCreate, signsIn } from "../clients/asked.ts";
import { PORTAL } from "../clients/portal.ts";
import { spring } from "../world/faults.ts";
import type { Life } from "../world/replica.ts";
import type { Work } from "../world/work.ts";
import { EPOCH, type World } from "../world/world.ts";
import { holds, value } from "./effects.ts";
import type { Family } from "./grants.ts";

/** A session as the store's effects tell of it. */
export interface Known {
  readonly id: string;
  /** As traces name it. */
  readonly alias: string;
  row: SessionRow;
  readonly owner: string | null;
  /** It began with a user whom a proxy asserts. */
  readonly fromProxy: boolean;
  readonly createdStep: number;
  /** On whose behalf it was created. */
  readonly creator: Work;
  ended: { readonly step: number; readonly at: number; readonly reason: EndReason; readonly by: Work } | null;
  /** Every secret that it ever had, by hash, and when it was exchanged. */
  readonly secrets: Map<string, { replacedAt: number | null; replacedStep: number; successor: string | null }>;
  dataKeys: ReadonlySet<string>;
  /** What its login brought. */
  readonly family: Family | null;
  gone: boolean;
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** Which ends are whose: a reason without such a cause is one that the engine made up. */
const ENDS_OF_REQUESTS: { readonly [reason in EndReason]?: (work: Work, known: Known, world: World) => boolean } = {
  logout: ({ asked }) => asked !== null && isLogout(asked.purpose),
  elsewhere: ({ order, asked }, { id }) =>
    order?.kind === "end-all" || order?.kind === "end-others" || asked?.created.includes(id) === true,
  admin: ({ order, asked }, known, { accounts }) =>
    order?.kind === "end-one" || (asked !== null && accounts.endsAsBlocked(asked, known)),
  replaced: ({ asked }) => asked !== null && mayCreate(asked),
  "identity-changed": ({ asked }, known, { accounts }) =>
    asked !== null && (signsIn(asked.purpose) || accounts.endsAsChanged(asked, known)),
};

/**
 * What the store did, in order, and what must hold of every single effect. Knows nothing of what the engine believes.
 */
export class Sessions {
  readonly #world: World;
  readonly #known = new Map<string, Known>();
  /** Who made each edit: an owner, or an anonymous user. */
  readonly #editors = new Map<string, string | null>();
  /** Edits of requests that failed: no user may ever see them. */
  readonly #forbidden = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  get(id: string): Known | undefined {
    return this.#known.get(id);
  }

  all(): Iterable<Known> {
    return this.#known.values();
  }

  aliasOf(id: string): string {
    return this.#known.get(id)?.alias ?? `${id.slice(0, 8)}…`;
  }

  /** An edit is about to be recorded by a handler. */
  edits(key: string, owner: string | null, kept: boolean): void {
    this.#editors.set(key, owner);
    if (!kept) this.#forbidden.add(key);
  }

  /** Whether an owner may see this edit: their own, or one from before the login. */
  mayShow(key: string, owner: string | null): boolean {
    const editor = this.#editors.get(key);
    return editor === null || editor === owner;
  }

  read(base: SessionStore, id: string): SessionRow | undefined {
    const row = value(base.get(id));
    const known = this.#known.get(id);
    if (known !== undefined && !known.gone && (row?.version !== known.row.version || row.ended !== known.row.ended)) {
      this.#world.violate(3, `the store answers ${known.alias} as version ${row?.version}, which is at ${known.row.version}`);
    }
    return row;
  }

  put(base: Pick<SessionStore, "put">, row: SessionRow, condition: PutCondition, work: Work, life: Life): boolean {
    const written = value(base.put(row, condition));
    const known = this.#known.get(row.id);
    const should = holds(known, condition);
    if (written !== should) this.#world.violate(3, `the store ${written ? "took" : "refused"} a write that it should not`);
    if (!written) return false;
    if (condition === "absent" || known === undefined) this.#created(row, work, life);
    else this.#changed(known, row, work, life);
    spring(this.#world, "written", life);
    return true;
  }

  touch(base: Pick<SessionStore, "touch">, id: string, seen: number, work: Work): boolean {
    const { asked } = work;
    const known = this.#known.get(id);
    const touched = value(base.touch(id, seen));
    if (asked === null || seen > asked.begunWall || asked.ticket?.id !== id) {
      this.#world.violate(8, `${work.actor} touched ${this.aliasOf(id)}, which its user did not`);
    }
    if (known?.fromProxy && asked?.asserts == null)
      this.#world.violate(11, `${work.actor} touched ${known.alias}, though no proxy asserts its user`);
    if (known === undefined || !touched) return touched;
    if (known.ended !== null) this.#world.violate(3, `an ended session was touched: ${known.alias}`);
    known.row = { ...known.row, seen: Math.max(known.row.seen, seen) };
    return touched;
  }

  end(base: Pick<SessionStore, "end" | "get">, target: EndTarget, reason: EndReason, now: number, work: Work): readonly string[] {
    const ended = value(base.end(target, reason, now));
    for (const id of ended) {
      const known = this.#known.get(id);
      if (known === undefined) continue;
      const emptied = value(base.get(id));
      if (emptied !== undefined) this.#ended(known, emptied, reason, work);
    }
    return ended;
  }

  /** Of the sessions that a call was to end, all that have ended. */
  endedOf(target: EndTarget): readonly string[] {
    const isIts = ({ id, owner, family, ended }: Known): boolean =>
      ended !== null &&
      ("id" in target ? id === target.id : "owner" in target ? owner === target.owner : family?.sid === target.sid);
    return [...this.#known.values()].filter(isIts).map(({ id }) => id);
  }

  sweep(base: Pick<SessionStore, "sweep" | "get">, limit: number, now: number): number {
    const swept = value(base.sweep(limit, now));
    for (const known of this.#known.values()) {
      if (known.gone || value(base.get(known.id)) !== undefined) continue;
      known.gone = true;
      if (known.row.expires >= now) this.#world.violate(3, `${known.alias} was swept before its end`);
    }
    return swept;
  }

  #created(row: SessionRow, work: Work, life: Life): void {
    const alias = `s${this.#known.size + 1}`;
    const { asked } = work;
    if (asked === null || !mayCreate(asked) || this.#hasOwn(asked)) {
      this.#world.violate(1, `${work.actor} (${asked?.purpose ?? "by itself"}) created a row: ${alias}`);
    }
    const fromProxy = row.issuer === PORTAL;
    const family = asked?.purpose === "login-returns" && !fromProxy ? work.family : null;
    const known: Known = {
      id: row.id,
      alias,
      row,
      owner: row.owner,
      fromProxy,
      createdStep: this.#world.scheduler.steps,
      creator: work,
      ended: null,
      secrets: new Map([[row.secretHash, { replacedAt: null, replacedStep: 0, successor: null }]]),
      dataKeys: NO_KEYS,
      family,
      gone: false,
    };
    if (row.version !== 1 || row.ended !== null) this.#world.violate(3, `${alias} began with version ${row.version}`);
    this.#known.set(row.id, known);
    asked?.created.push(row.id);
    if (family !== null) {
      family.twice ||= family.session !== null && life.wasAway(family.issuedAt - EPOCH, this.#world.scheduler.now);
      family.session = known;
    }
    known.dataKeys = this.#keysIn(known, row);
    if (family !== null) spring(this.#world, "signed-in", life);
    this.#world.note(() => `${alias} begins for ${row.owner ?? "an anonymous user"}`);
  }

  /** Whether the portal's user was shown a session that is theirs already. */
  #hasOwn({ asserts, shown, purpose }: Asked): boolean {
    if (asserts === null || shown?.id == null || signsIn(purpose)) return false;
    return this.get(shown.id)?.owner === shown.owner;
  }

  #changed(known: Known, row: SessionRow, work: Work, life: Life): void {
    const before = known.row;
    const world = this.#world;
    if (row.version <= before.version)
      world.violate(3, `the version of ${known.alias} went from ${before.version} to ${row.version}`);
    if (row.ended !== null) {
      this.#taken(known, row, work);
      this.#ended(known, row, row.reason ?? "logout", work);
      return;
    }
    if (row.expires !== before.expires) world.violate(8, `the absolute end of ${known.alias} moved`);
    if (row.owner !== before.owner) world.violate(4, `${known.alias} went from ${before.owner} to ${row.owner}`);
    if (row.secretHash !== before.secretHash) this.#exchanged(known, before.secretHash, row.secretHash);
    const keysBefore = known.dataKeys;
    if (row.body !== before.body) this.#edited(known, row);
    const wrote = row.secretHash !== before.secretHash || known.dataKeys !== keysBefore;
    if (wrote && (work.asked === null || !isWriting(work.asked.purpose)))
      world.violate(1, `${work.actor} changed ${known.alias}, which it only reads`);
    // A secret that is exchanged twice at once becomes the same one, and its user is there all the same.
    if (row.seen > before.seen && (work.asked === null || !isWriting(work.asked.purpose)))
      world.violate(8, `${work.actor} moved the last activity of ${known.alias}`);
    if (row.lease !== before.lease || row.tokenExpires !== before.tokenExpires) {
      world.note(() => `${known.alias} ${row.lease === null ? "has no lease" : `is leased to ${life.name}`}`);
    }
    if (row.lease !== null && row.lease !== before.lease) {
      world.grants.leased(known, life);
      spring(world, "leased", life);
    }
    if (row.tokenExpires !== before.tokenExpires) {
      world.grants.committed(known, life);
      spring(world, "stored", life);
    }
    known.row = { ...row, seen: Math.max(before.seen, row.seen) };
  }

  #edited(known: Known, row: SessionRow): void {
    const keys = this.#keysIn(known, row);
    for (const key of known.dataKeys) {
      if (!keys.has(key)) this.#world.violate(3, `the edit ${key} in ${known.alias} was lost`);
    }
    if (keys.size !== known.dataKeys.size) known.dataKeys = keys;
  }

  #exchanged(known: Known, before: string, after: string): void {
    const { now, steps } = this.#world.scheduler;
    known.secrets.set(before, { replacedAt: now, replacedStep: steps, successor: after });
    known.secrets.set(after, { replacedAt: null, replacedStep: 0, successor: null });
    this.#world.note(() => `${known.alias} has a new secret`);
  }

  // A login takes over the data of the session that it ends; what was edited meanwhile must be among them.
  #taken(known: Known, row: SessionRow, { asked }: Work): void {
    if (row.reason !== "replaced" || asked === null) return;
    // A record that its own request wrote and gave no browser: what was in it is where it came from.
    if (asked.created.includes(known.id)) return;
    const next = asked.created.map((id) => this.#known.get(id)).findLast((one) => one !== undefined && one.ended === null);
    if (next === undefined || (known.owner !== null && next.owner !== known.owner)) return;
    for (const key of known.dataKeys) {
      if (!next.dataKeys.has(key))
        this.#world.violate(3, `the edit ${key} in ${known.alias} was not taken over by ${next.alias}`);
    }
  }

  #ended(known: Known, row: SessionRow, reason: EndReason, by: Work): void {
    const world = this.#world;
    const { steps, now } = world.scheduler;
    if (known.ended !== null) world.violate(3, `${known.alias} ended twice`);
    known.row = { ...row, seen: Math.max(known.row.seen, row.seen) };
    known.ended = { step: steps, at: now, reason, by };
    world.note(() => `${known.alias} is ended: ${reason}`);
    for (const tell of world.listeners) tell(known.id, reason);
    if (by.asked?.unusable != null)
      world.violate(11, `${by.actor} ended ${known.alias}, though the proxy's assertion cannot be used`);
    const { order } = by;
    if (
      order?.kind === "sign-out" &&
      order.sid === null &&
      known.family !== null &&
      known.family.issuedAt > (order.issuedAt ?? 0)
    )
      world.violate(6, `${known.alias} was ended by a notification of before its login`);
    if (reason === "provider" || reason === "refresh-lost") {
      if (
        by.order?.kind !== "sign-out" &&
        by.asked?.created.includes(known.id) !== true &&
        !world.grants.explains(known, reason)
      ) {
        world.violate(7, `${known.alias} ended (${reason}) though its provider did not refuse it`, known);
      }
    } else if (ENDS_OF_REQUESTS[reason]?.(by, known, world) !== true) {
      world.violate(3, `${by.actor} ended ${known.alias} (${reason})`);
    }
  }

  #keysIn(known: Known, row: SessionRow): ReadonlySet<string> {
    const body: { readonly data: { readonly [key: string]: unknown } } = JSON.parse(row.body);
    const keys = Object.keys(body.data);
    for (const key of keys) {
      if (this.#forbidden.has(key)) this.#world.violate(3, `${key} of a request that failed is kept in ${known.alias}`);
      const editor = this.#editors.get(key);
      if (editor !== null && editor !== known.owner)
        this.#world.violate(4, `${key} of ${editor} is in ${known.alias} of ${known.owner}`);
    }
    return new Set(keys);
  }
}
