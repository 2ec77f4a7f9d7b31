/** Judges what comes of each write that a failover took back although it was acknowledged. */

import type { LostKind, Written } from "../backends/lost-writes.ts";
import type { Known } from "../backends/sessions.ts";
import type { Answer, Asked } from "../clients/asked.ts";
import type { World } from "../world/world.ts";
import { overtakes } from "./orders.ts";
import { counts } from "./portal.ts";
import { GRACE, isNobody } from "./valid.ts";

/** What a kind of lost write leads to, seen in one answer: the rule is broken, in these words. */
type Judge = (world: World, asked: Asked, answer: Answer, lost: Written, known: Known) => string | null;

/** An answer to a request that began after the failover is held against what was acknowledged before it. */
export function judgeLost(world: World, asked: Asked, answer: Answer): void {
  for (const lost of world.lost) if (lost.kind === "a marker") judgeMarker(world, asked, lost);
  if (asked.begunStep <= world.failedOverStep) return;
  for (const lost of world.lost) {
    const known = world.sessions.get(lost.id);
    if (known === undefined) continue;
    for (const [kind, rule, judge] of JUDGES) {
      const what = kind === lost.kind ? judge(world, asked, answer, lost, known) : null;
      if (what !== null) world.follows([kind], rule, what);
    }
  }
}

const JUDGES: readonly (readonly [LostKind, 2 | 3 | 5, Judge])[] = [
  ["a new session", 2, newSession],
  ["an ending", 3, ending],
  ["a rotation", 2, newSecret],
  ["a rotation", 5, oldSecret],
  ["an edit", 3, edit],
];

function newSession(world: World, asked: Asked, answer: Answer, _: Written, known: Known): string | null {
  if (asked.ticket?.id !== known.id || known.owner === null || !known.gone || !counts(asked, known)) return null;
  const ended = world.lost.some(({ kind, id }) => kind === "an ending" && id === known.id);
  if (ended || isOver(world, known) || !isNobody(asked, answer)) return null;
  return `${asked.actor} shows ${known.alias}, whose beginning was acknowledged, and counts as anonymous`;
}

function ending(_world: World, asked: Asked, _answer: Answer, _: Written, known: Known): string | null {
  if (asked.shown?.id !== known.id || known.ended !== null || known.gone) return null;
  return `${asked.actor} is served with ${known.alias}, whose end was acknowledged`;
}

function newSecret(world: World, asked: Asked, answer: Answer, { secrets }: Written, known: Known): string | null {
  const after = secrets?.[1] ?? "";
  if (asked.ticket?.hash !== after || known.secrets.has(after) || known.owner === null || !counts(asked, known)) return null;
  if (known.ended !== null || known.gone || isOver(world, known) || !isNobody(asked, answer)) return null;
  return `${asked.actor} shows ${known.alias} with its newest secret, and counts as anonymous`;
}

function oldSecret(world: World, asked: Asked, _: Answer, { secrets, at }: Written, known: Known): string | null {
  const before = secrets?.[0] ?? "";
  const again = known.secrets.get(before)?.replacedAt !== null;
  if (asked.ticket?.hash !== before || again || asked.shown?.id !== known.id) return null;
  const ago = asked.begunAt - at;
  if (ago <= GRACE + world.apart) return null;
  return `${asked.actor} is served with a secret of ${known.alias} that was exchanged ${Math.round(ago)} ms ago`;
}

function edit(_world: World, { actor, shown }: Asked, _answer: Answer, { edits }: Written, known: Known): string | null {
  const missing = shown?.id === known.id ? edits.find((key) => !shown.dataKeys.includes(key)) : undefined;
  return missing === undefined ? null : `${actor} is shown ${known.alias} without ${missing}, which was acknowledged`;
}

/** A login that a logout overtook lives, since it did not find the logout's marker any more. */
function judgeMarker(world: World, login: Asked, { order }: Written): void {
  if (order === null || order.doneStep === null) return;
  for (const id of login.created) {
    const known = world.sessions.get(id);
    if (known === undefined || known.ended !== null || known.gone || isOver(world, known)) continue;
    if (overtakes(order, login, known))
      world.follows(["a marker"], 6, `${known.alias} lives, though ${order.kind} overtook its login`);
  }
}

/** Its time is over by some clock. */
function isOver({ latestWall, settings }: World, { row }: Known): boolean {
  return latestWall >= row.expires || latestWall - row.seen >= settings.idle;
}
