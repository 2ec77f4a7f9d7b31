/** Judges what the portal's assertions have to do with an answer: who is shown, and which session counts. */
import type { Known } from "../backends/sessions.ts";
import type { Answer, Asked, Shown } from "../clients/asked.ts";
import { COOKIE, type World } from "../world/world.ts";
import { isPastHelp, isValid } from "./valid.ts";

/** Our own endpoints: they serve no user, and answer with pages of their own. */
const OWN: ReadonlySet<string> = new Set(["login-begins", "login-returns", "logout"]);

/** Whether the session authenticates the request: no proxy does, and it did not begin from what one asserted. */
export function counts({ asserts, unusable }: Asked, known: Known): boolean {
  return asserts === null && unusable === null && !known.fromProxy;
}

/** A handler is about to run: whom it is shown, and what is left of the session that came along. */
export function judgeShown(world: World, asked: Asked, shown: Shown): void {
  const known = world.sessions.get(asked.ticket?.id ?? "");
  if (asked.asserts === null) {
    const another = shown.owner !== (known?.owner ?? null) || known?.fromProxy;
    if (shown.owner !== null && another) world.violate(11, `${asked.actor} is served as ${shown.owner}, who is not named`);
    return;
  }
  judgeNamed(world, asked, asked.asserts, shown);
  // What it read of the session may be gone since the replica took over.
  if (asked.begunStep <= world.failedOverStep) return;
  const valid = asked.before.valid && isValid(world, known, asked.ticket?.hash ?? "", asked.before.seen);
  if (!valid || known === undefined) return;
  const theirs = shown.owner !== null && (known.owner === null || known.owner === shown.owner);
  if (!theirs) world.violate(11, `${asked.actor} is served as ${shown.owner}, and ${known.alias} of ${known.owner} lives`);
  else if (shown.id !== known.id) world.violate(11, `${asked.actor} is served without ${known.alias}, which is theirs`);
}

function judgeNamed(world: World, asked: Asked, { subject, since }: NonNullable<Asked["asserts"]>, shown: Shown): void {
  const { owners, unknown } = world.accounts.answersTo(asked);
  const { owner } = shown;
  if (owner === null) {
    if (!unknown || world.settings.proxy?.unknown !== "anonymous")
      world.violate(11, `${asked.actor} is of ${subject}, who is known, and counts as anonymous`);
    return;
  }
  if (!owners.has(owner)) world.violate(11, `${asked.actor} is served as ${owner}, whom ${subject} is not`);
  if (shown.subject !== subject) world.violate(11, `${asked.actor} is of ${subject}, and is shown ${shown.subject}`);
  if (shown.since !== since) world.violate(11, `${asked.actor} is shown a claim of ${subject} that its request does not make`);
}

/** What the portal said is of no use: no user is served, and the session is left alone. */
export function judgeUnusable(world: World, asked: Asked, { status, cookies }: Answer): void {
  if (asked.unusable === null || asked.purpose === "login-begins") return;
  const served = asked.shown !== undefined || (status !== asked.unusable && !OWN.has(asked.purpose));
  if (served) world.violate(11, `${asked.actor} gets ${status}, though what the proxy says is ${asked.unusable}`);
  if (cookies.some((cookie) => cookie.startsWith(`${COOKIE}=`))) world.violate(11, `${asked.actor} gets a cookie with ${status}`);
}

/** A request that a portal has passed is answered in the handler's place: its user's account must say why. */
export function judgeAsserted(world: World, asked: Asked, { status }: Answer, known: Known | undefined, valid: boolean): void {
  const { failed, unknown, blocked } = world.accounts.answersTo(asked);
  const unknownUsers = world.settings.proxy?.unknown;
  if (asked.shown !== undefined || OWN.has(asked.purpose)) return;
  const refused = blocked || (unknown && unknownUsers === "refuse");
  switch (status) {
    case 403:
      if (!refused) world.violate(11, `${asked.actor} gets 403, and is not blocked`);
      if (valid) world.violate(11, `${asked.actor} gets 403, and its session lives`);
      return;
    case 401:
    case 302:
      if ((!unknown || unknownUsers !== "anonymous") && !(known !== undefined && isPastHelp(world, known)))
        world.violate(11, `${asked.actor} is asserted, and gets ${status}`);
      return;
    case 503:
      // A request without a session does not need the store.
      if (!failed && asked.ticket === null) world.violate(11, `${asked.actor} gets 503, and its look-up did not fail`);
      return;
    default:
      world.violate(11, `${asked.actor} is of a portal's user, and gets ${status}`);
  }
}
