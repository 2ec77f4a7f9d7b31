/** Judges the end of a run, when faults have stopped: nothing hangs, leaks or was promised in vain. */
import type { Family, Send } from "../backends/grants.ts";
import { judgeStreams } from "../clients/streams.ts";
import type { World } from "../world/world.ts";

/** What must hold when everything is quiet. */
export function judgeRest(world: World): void {
  for (const promise of world.promises) {
    const { known } = promise;
    if (isBroken(world, promise)) world.violate(6, `${known.alias} was to end as soon as the store takes it, and lives`, known);
  }
  for (const family of world.grants.families) {
    judgeRevoked(world, family);
    judgeCount(world, family);
  }
  judgeStreams(world);
  judgeCap(world);
}

/** If nothing went wrong, no user has more sessions than the limit. */
function judgeCap(world: World): void {
  const { cap, proxy } = world.settings;
  if (cap === null || proxy !== null || !world.undisturbed) return;
  const wall = world.latestWall;
  const counts = new Map<string, number>();
  for (const { owner, ended, gone, row } of world.sessions.all()) {
    if (owner === null || ended !== null || gone || wall >= row.expires || wall - row.seen > world.settings.idle) continue;
    const count = (counts.get(owner) ?? 0) + 1;
    counts.set(owner, count);
    if (count > cap) world.violate(6, `${owner} has ${count} sessions, and may have ${cap}`);
  }
}

/** A process that was there all the time has promised to end a session, and it lives. */
export function isBroken(world: World, { known, life, at }: World["promises"][number]): boolean {
  const { now } = world.scheduler;
  return known.ended === null && !known.gone && world.latestWall < known.row.expires && !life.wasAway(at, now);
}

/**
 * A session that was logged out, or that ended during a refresh, leaves no refresh token that is good.
 */
function judgeRevoked(world: World, family: Family): void {
  const { session, sends, revoked, revocationsLost } = family;
  const ended = session?.ended;
  if (session === null || ended == null || revoked !== null || revocationsLost > 0) return;
  const { now } = world.scheduler;
  if (sends.some((send) => isLost(send, now))) return;
  const late = sends.findLast((send) => send.outcome === "refreshed" && send.heardAt !== null && send.heardAt >= ended.at);
  if (late !== undefined && !late.life.wasAway(late.at, now)) {
    const what = `${late.life.name} refreshed ${session.alias} after its end, and ${family.current.text} is still good`;
    world.violate(6, what, session);
  }
  const { asked, troubles } = ended.by;
  const well = asked?.answer != null && asked.answer.status < 400;
  if (asked?.purpose === "logout" && ended.reason === "logout" && well && troubles === 0 && !asked.life.wasAway(ended.at, now)) {
    world.violate(6, `${session.alias} was logged out, and ${family.current.text} is still good`, session);
  }
}

/**
 * No process can revoke what none ever heard of, what died with its process, or what was heard after others had taken
 * over.
 */
function isLost(send: Send, now: number): boolean {
  if (send.overtaken) return true;
  if (send.token.spent !== send) return false;
  return send.outcome !== "refreshed" || (send.committedAt === null && send.life.wasAway(send.at, now));
}

/** Refreshing stays bounded: as often as tokens run out, and after failures less and less often. */
function judgeCount(world: World, { alias, sends }: Family): void {
  const most = 20 + (4 * world.scheduler.now) / world.settings.tokenLifetime;
  if (sends.length > most)
    world.violate(10, `${alias} was refreshed ${sends.length} times in ${Math.round(world.scheduler.now / 1_000)} s`);
}
