/** The session store as the engine sees it: fault injection between a process and the real store below. */
import type { EndReason, EndTarget, PutCondition, SessionRow, SessionStore } from "coatcheck/contracts";
import { expectAfterGap } from "../clients/streams.ts";
import { Random } from "../world/random.ts";
import type { Life } from "../world/replica.ts";
import type { Order, Work } from "../world/work.ts";
import type { World } from "../world/world.ts";
import { value } from "./effects.ts";
import { changesOf, written } from "./lost-writes.ts";
import { Call, NOTHING, type Writes } from "./store-call.ts";

/** What calls do to the store, and enter into the books of the run. */
export interface Effects {
  get(id: string): SessionRow | undefined;
  put(row: SessionRow, condition: PutCondition, work: Work): boolean;
  touch(id: string, seen: number, work: Work): boolean;
  end(target: EndTarget, reason: EndReason, now: number, work: Work): readonly string[];
  sweep(limit: number, now: number): number;
}

/** The books know this very store. */
function effectsOn(base: SessionStore, { sessions, families }: World, life: Life): Effects {
  return {
    get: (id) => sessions.read(base, id),
    put: (row, condition, work) =>
      row.kind === "token" ? families.put(base, row, condition, work) : sessions.put(base, row, condition, work, life),
    touch: (id, seen, work) => sessions.touch(base, id, seen, work),
    end(target, reason, now, work) {
      const ended = sessions.end(base, target, reason, now, work);
      families.ended(base, ended, reason, work);
      return ended;
    },
    sweep(limit, now) {
      const swept = sessions.sweep(base, limit, now);
      families.swept(base, now);
      return swept;
    },
  };
}

/**
 * The way from a process to the store. A call takes effect at one time and is answered at another; it can fail before
 * it took effect, and after. What it did goes into the books of the run.
 */
export function linkStore(world: World, life: Life, base: SessionStore, effects = effectsOn(base, world, life)): SessionStore {
  const { sessions, families } = world;
  const { scan } = base;
  const call = <T>(about: string, what: () => string, effect: (work: Work) => T, writes: Writes<T> = NOTHING): T | Promise<T> =>
    new Call(world, life, about, what, effect, writes).send();
  const name = (id: string): string => families.get(id)?.alias ?? sessions.aliasOf(id);

  return {
    name: base.name,
    capabilities: { ...base.capabilities, shared: true, watch: world.settings.watch },
    get: (id) =>
      call(
        id,
        () => `get ${name(id)}`,
        () => effects.get(id),
      ),
    put: (row, condition) => {
      let before: SessionRow | undefined;
      return call(
        row.id,
        () => `put ${name(row.id)} ${condition === "absent" ? "if absent" : `if still ${condition}`}${endOf(row)}`,
        (work) => {
          before = (sessions.get(row.id) ?? families.get(row.id))?.row;
          return effects.put(row, condition, work);
        },
        (done) => (done ? changesOf(before, row, world.scheduler.now) : null),
      );
    },
    touch: (id, seen) =>
      call(
        id,
        () => `touch ${name(id)}`,
        (work) => effects.touch(id, seen, work),
      ),
    end: (target, reason, now) =>
      call(
        "id" in target ? target.id : "",
        () => `end ${targetOf(target, name)}: ${reason}`,
        (work) => effects.end(target, reason, now, work),
        // Also what had ended before: the caller may have been told nothing of that, and is now.
        () =>
          [...sessions.endedOf(target), ...families.endedOf(target)].map((id) => written("an ending", id, world.scheduler.now)),
      ),
    list: (query, limit, now) =>
      call(
        "",
        () => "list",
        () => value(base.list(query, limit, now)),
      ),
    mark: (key, until, now, content) => {
      let by: Order | null = null;
      return call(
        "",
        () => `mark ${key.slice(0, 40)}`,
        ({ order }) => {
          by = order;
          if (order !== null) order.markStep ??= world.scheduler.steps;
          return value(base.mark(key, until, now, content));
        },
        () => [written("a marker", "", world.scheduler.now, by)],
      );
    },
    marked: (key, now) =>
      call(
        "",
        () => `marked ${key.slice(0, 40)}`,
        ({ asked }) => {
          if (asked !== null && key.startsWith("owner:")) asked.markReadStep ??= world.scheduler.steps;
          return value(base.marked(key, now));
        },
      ),
    sweep: (limit, now) =>
      call(
        "",
        () => "sweep",
        () => effects.sweep(limit, now),
      ),
    close: () => undefined,
    ...(scan === undefined
      ? {}
      : {
          scan: (position: string | null, limit: number) =>
            call(
              "",
              () => "scan",
              () => value(scan.call(base, position, limit)),
            ),
        }),
    ...(world.settings.watch ? { watch: watchOf(world, life) } : {}),
  };
}

/** Tells of endings late, and now and then not at all: then it may tell of a gap, or not even know of it. */
function watchOf(world: World, life: Life): NonNullable<SessionStore["watch"]> {
  const { random } = life.work;
  const gaps = Random.of(world.script.seed, 10, life.replica.index, life.replica.lives.length);
  return (listener, gap) => {
    const tellGap = (within: number): void => {
      const run = (): void => {
        gap?.();
        expectAfterGap(world, life);
      };
      const happening = { place: life, actor: life.name, tell: () => "is told of a gap", run, wakes: true };
      if (life.state !== "dead") world.scheduler.after(gaps.between(0.2, within), happening);
    };
    const tell = (id: string, reason: EndReason): void => {
      if (life.state === "dead") return;
      if (random.chance(0.1)) {
        if (gaps.chance(0.7)) tellGap(400);
        return;
      }
      const told = (): string => `is told that ${world.sessions.aliasOf(id)} ended`;
      const run = (): void => listener({ id, reason });
      world.scheduler.after(random.between(0.2, 400), { place: life, actor: life.name, tell: told, run, wakes: true });
    };
    world.listeners.add(tell);
    world.gaps.add(tellGap);
    return () => {
      world.listeners.delete(tell);
      world.gaps.delete(tellGap);
    };
  };
}

function endOf({ ended, reason }: SessionRow): string {
  return ended === null ? "" : `, ended: ${reason}`;
}

function targetOf(target: EndTarget, name: (id: string) => string): string {
  if ("id" in target) return name(target.id);
  return "owner" in target ? `all of ${target.owner}` : `all of sid ${target.sid}`;
}
