/** Whether a ticket is valid at a moment, in the judges' own words: they do not ask the engine. */
import type { RecordBody } from "coatcheck/contracts";
import type { Known } from "../backends/sessions.ts";
import type { Answer, Asked } from "../clients/asked.ts";
import type { World } from "../world/world.ts";

/** How long a secret that was exchanged is accepted. */
export const GRACE = 10_000;
/** The grace begins when the exchange is planned; the store takes it up to so much later. */
const SLOWEST = 4_000;

/** Whether a ticket is good now, beyond what clocks that differ could make of it. */
export function isValid(world: World, known: Known | undefined, hash: string, seen: number): boolean {
  if (known === undefined || known.ended !== null || known.gone) return false;
  const { now } = world.scheduler;
  if (world.latestWall >= known.row.expires || world.latestWall - seen >= world.settings.idle) return false;
  const secret = known.secrets.get(hash);
  if (secret === undefined) return false;
  if (secret.replacedAt === null) return true;
  return (
    now - secret.replacedAt < GRACE - SLOWEST - world.apart && known.secrets.get(secret.successor ?? "")?.replacedAt === null
  );
}

/**
 * The refresh token was shown twice, its outcome is unknown, and the time for which the session counts all the
 * same is over: only a fresh login helps, and that is where such a request is led.
 */
export function isPastHelp(world: World, { row, family }: Known): boolean {
  const body: RecordBody | null = row.body === "" ? null : JSON.parse(row.body);
  const over = (row.tokenExpires ?? Number.POSITIVE_INFINITY) + world.settings.unconfirmed;
  // A process that cannot reach the store knows it before the row says so.
  const unheard = (family?.sends ?? [])
    .filter(({ outcome }) => outcome === null || outcome === "unknown")
    .map(({ token }) => token);
  const lost = body?.renewal?.lost === true || new Set(unheard).size < unheard.length;
  return lost && !world.undisturbed && world.latestWall >= over;
}

/** Whether the caller counts as anonymous. */
export function isNobody(asked: Asked, { status, location, handled, code }: Answer): boolean {
  if (asked.purpose === "login-begins" || asked.purpose === "login-returns" || asked.purpose === "logout") return false;
  if (status === 401) return !(asked.purpose === "app-login" && code === "ERR_SESSION_ENDED");
  if (status === 302) return location?.startsWith("/auth/login") === true;
  return handled && asked.shown?.owner === null;
}
