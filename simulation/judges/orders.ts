/** Judges each acknowledged order to end sessions: nothing that it was meant for may live on. */
import type { Known } from "../backends/sessions.ts";
import type { Asked } from "../clients/asked.ts";
import type { Order } from "../world/work.ts";
import type { World } from "../world/world.ts";
import { judgeOrderOfTokens } from "./tokens.ts";

/** The caller that ordered sessions to end has just been told that it is done. */
export function judgeOrder(world: World, order: Order): void {
  order.doneStep = world.scheduler.steps;
  // What it read may be gone since the replica took over.
  if (order.begunStep <= world.failedOverStep) return;
  for (const known of world.sessions.all()) {
    if (!targets(order, known) || isOver(world, known)) continue;
    if (known.createdStep < order.begunStep) world.violate(3, `${known.alias} lives after ${order.kind} was answered`);
  }
  for (const login of world.logins) judgeOvertaken(world, order, login);
  judgeOrderOfTokens(world, order);
}

/** A login was answered with a session. */
export function judgeLogin(world: World, login: Asked): void {
  world.logins.push(login);
  judgeEndedOnItsWay(world, login);
  for (const order of world.orders) if (order.doneStep !== null) judgeOvertaken(world, order, login);
}

/**
 * The record of a login was ended before the login was done, and its tokens were revoked with it: it must not be
 * written once more. If the store failed the login, it cannot be known.
 */
function judgeEndedOnItsWay(world: World, login: Asked): void {
  const made = login.created.map((id) => world.sessions.get(id)).filter((known) => known !== undefined);
  const taken = made.find(({ ended, creator }) => ended?.by.order != null && creator.troubles === 0);
  const lives = made.find((known) => !isOver(world, known));
  if (taken !== undefined && lives !== undefined)
    world.violate(6, `${lives.alias} lives, though ${taken.alias} of the same login was ended by ${taken.ended?.by.actor}`);
}

function judgeOvertaken(world: World, order: Order, login: Asked): void {
  for (const id of login.created) {
    const known = world.sessions.get(id);
    if (known === undefined || isOver(world, known) || !overtakes(order, login, known)) continue;
    world.violate(6, `${known.alias} lives, though ${order.kind} overtook its login`);
  }
}

/** It has ended, or has run out, and need not be ended any more. */
function isOver(world: World, { ended, gone, row }: Known): boolean {
  return ended !== null || gone || world.latestWall >= row.expires;
}

function targets({ owner, sid, except }: Order, known: Known): boolean {
  if (known.id === except) return false;
  return sid === null ? owner !== null && known.owner === owner : known.family?.sid === sid;
}

/**
 * Whether the login was on its way when the order came: by what each of them wrote and read, in the order in which it
 * took effect.
 */
export function overtakes(order: Order, login: Asked, known: Known): boolean {
  if (!targets(order, known)) return false;
  if (order.issuedAt !== null) return known.family !== null && known.family.issuedAt <= order.issuedAt;
  return login.markReadStep !== null && login.markReadStep < (order.markStep ?? order.begunStep);
}
