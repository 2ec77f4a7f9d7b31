/** Event streams: each lasts as long as the session's signal lets it, and that tells the truth. */

import type { Known } from "../backends/sessions.ts";
import type { Life } from "../world/replica.ts";
import type { World } from "../world/world.ts";
import type { Asked } from "./asked.ts";

export interface Stream {
  readonly asked: Asked;
  readonly known: Known;
  readonly openedAt: number;
  /** When it was told that the session is over. */
  cutAt: number | null;
}

/** The handler keeps the answer open until the signal is aborted. */
export function openStream(world: World, signal: AbortSignal, asked: Asked): void {
  const known = world.sessions.get(asked.shown?.id ?? "");
  if (known === undefined) return;
  const stream: Stream = { asked, known, openedAt: world.scheduler.now, cutAt: signal.aborted ? world.scheduler.now : null };
  world.streams.push(stream);
  signal.addEventListener("abort", () => {
    stream.cutAt ??= world.scheduler.now;
    world.note(() => `${asked.actor}: the stream of ${known.alias} is cut`);
    judgeCut(world, stream);
  });
}

/** A stream is cut for no other reason than that its session is over. */
function judgeCut(world: World, { asked, known }: Stream): void {
  const wall = asked.life.wall();
  const over = known.ended !== null || known.gone || wall >= known.row.expires || wall - known.row.seen > world.settings.idle;
  if (!over && !world.undone.has(known)) world.violate(3, `the stream of ${asked.actor} is cut, and ${known.alias} lives`);
}

/** How long a process may take after a gap to look at all that it watches. */
const AFTER_GAP = 1_500;

/** A process was told that it may have missed endings: soon no stream is open of a session that ended before. */
export function expectAfterGap(world: World, life: Life): void {
  const told = world.scheduler.now;
  const run = (): void => {
    if (life !== life.replica.life || life.wasAway(told, world.scheduler.now) || life.hadStoreTrouble(told)) return;
    for (const { asked, known, openedAt, cutAt } of world.streams) {
      if (asked.life !== life || cutAt !== null || openedAt > told || known.ended === null || known.ended.at > told) continue;
      world.violate(3, `${life.name} was told of a gap, and the stream of ${asked.actor} is open; ${known.alias} has ended`);
    }
  };
  world.scheduler.after(AFTER_GAP, { place: null, actor: life.name, tell: () => "has had time to look", run, wakes: false });
}

/** When everything is quiet, no stream of a session that is over is open in a process that is there. */
export function judgeStreams(world: World): void {
  for (const { asked, known, openedAt, cutAt } of world.streams) {
    const { life } = asked;
    if (cutAt !== null || life !== life.replica.life || life.wasAway(openedAt, world.scheduler.now)) continue;
    const ended = known.ended !== null && known.ended.at < world.scheduler.now - SOON;
    if (ended) world.violate(3, `the stream of ${asked.actor} is open, and ${known.alias} has ended`);
  }
}

/** A process asks for the sessions of its streams now and then, where the store does not tell. */
const SOON = 15_000;
