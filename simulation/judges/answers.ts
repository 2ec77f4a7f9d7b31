/** Judges each answer when it is ready: status, cookie and content against what the store and the script say. */
import type { Known } from "../backends/sessions.ts";
import type { Answer, Asked } from "../clients/asked.ts";
import { isEdit, isKept, isLogout, isPage, maySetCookie, signsIn } from "../clients/asked.ts";
import { COOKIE, type World } from "../world/world.ts";
import { judgeLost } from "./lost.ts";
import { judgeLogin } from "./orders.ts";
import { counts, judgeAsserted, judgeUnusable } from "./portal.ts";
import { GRACE, isNobody, isPastHelp, isValid } from "./valid.ts";

const FAILING: ReadonlySet<string> = new Set(["edit-fails", "edit-throws", "app-logout-fails", "page-fails"]);

/** An answer is ready: what was asked, what was shown, what is answered, and what the store did must fit. */
export function judgeAnswer(world: World, asked: Asked, answer: Answer): void {
  const { ticket } = asked;
  const known = ticket === null ? undefined : world.sessions.get(ticket.id);
  const valid = ticket !== null && asked.before.valid && isValid(world, known, ticket.hash, asked.before.seen);
  judgeRefusedLogout(world, asked, answer, known, valid);
  judgeLost(world, asked, answer);
  // What it read may be gone, and was acknowledged to nobody.
  if (asked.begunStep <= world.failedOverStep) return;
  judgeIdentity(world, asked, answer, known, valid);
  judgeUnusable(world, asked, answer);
  if (asked.asserts !== null) judgeAsserted(world, asked, answer, known, valid);
  judgeStatus(world, asked, answer, known);
  judgeCookies(world, asked, answer, valid);
  judgeKept(world, asked, answer, known, valid);
}

/**
 * The store did not take a logout: the browser forgets the session all the same, and the process ends it as soon as it
 * can.
 */
function judgeRefusedLogout(world: World, asked: Asked, answer: Answer, known: Known | undefined, valid: boolean): void {
  if (!isLogout(asked.purpose) || answer.status !== 503 || !valid || known === undefined) return;
  // Only our own endpoint is reached where not even the look-up is answered.
  if (asked.shown === undefined && asked.purpose !== "logout") return;
  // Nor if the user whom a proxy names could not be looked up: then no user is served, and nothing ends.
  if (asked.unusable !== null || asked.asserts !== null || known.fromProxy) return;
  if (!answer.cookies.some((cookie) => cookie.startsWith(`${COOKIE}=;`)))
    world.violate(6, `${asked.actor} could not log out, and keeps the cookie of ${known.alias}`);
  world.promises.push({ known, life: asked.life, at: world.scheduler.now });
}

function judgeIdentity(world: World, asked: Asked, answer: Answer, known: Known | undefined, valid: boolean): void {
  const { shown, ticket } = asked;
  const helpless = known !== undefined && (isPastHelp(world, known) || isSpent(world, asked, answer, known));
  if (valid && known?.owner != null && counts(asked, known) && isNobody(asked, answer) && !helpless) {
    world.violate(2, `${asked.actor} shows ${known.alias}, which lives, and counts as anonymous (${answer.status})`);
  }
  if (shown === undefined) return;
  for (const key of shown.dataKeys) {
    if (!world.sessions.mayShow(key, shown.owner)) world.violate(4, `${asked.actor} is shown ${key} of another user`);
  }
  if (shown.id === null && (shown.owner === null || asked.asserts !== null)) return;
  const theirs = shown.owner === known?.owner || (asked.asserts !== null && known?.owner === null);
  if (known === undefined || ticket === null || shown.id !== known.id || !theirs) {
    world.violate(2, `${asked.actor} shows ${known?.alias ?? "no session"} and is served as ${shown.owner}`);
    return;
  }
  if (known.ended !== null && known.ended.step < asked.begunStep) {
    world.violate(3, `${asked.actor} is served with ${known.alias}, which has ended (${known.ended.reason})`);
  }
  if (asked.begunWall >= known.row.expires || asked.begunWall - known.row.seen > world.settings.idle) {
    world.violate(3, `${asked.actor} is served with ${known.alias}, which has run out`);
  }
  for (const key of asked.before.keys) {
    if (!shown.dataKeys.includes(key))
      world.violate(3, `${asked.actor} is shown ${known.alias} without ${key}, which was in it before`);
  }
  judgeSecret(world, asked, known, ticket.hash);
}

function judgeSecret(world: World, asked: Asked, known: Known, hash: string): void {
  const secret = known.secrets.get(hash);
  if (secret === undefined) world.violate(5, `${asked.actor} is served with a secret that ${known.alias} never had`);
  if (secret === undefined || secret.replacedAt === null) return;
  const ago = asked.begunAt - secret.replacedAt;
  const next = known.secrets.get(secret.successor ?? "");
  const twice = next !== undefined && next.replacedAt !== null && next.replacedStep < asked.begunStep;
  if (ago > GRACE + world.apart || twice) {
    world.violate(5, `${asked.actor} is served with a secret of ${known.alias} that was exchanged ${Math.round(ago)} ms ago`);
  }
}

function judgeStatus(world: World, asked: Asked, answer: Answer, known: Known | undefined): void {
  const { status, code } = answer;
  if (status === 500 && !FAILING.has(asked.purpose)) world.violate(2, `${asked.actor} gets 500: ${code}`);
  if (status !== 503 || !world.undisturbed || asked.unusable === 503) return;
  if (code === "ERR_TOKEN_UNAVAILABLE" && hasNoToken(world, asked, known)) return;
  world.violate(2, `${asked.actor} gets 503 (${code}), and nothing went wrong`);
}

/** No tokens are refreshed here, and this request needs one that ran out: only a fresh login gives another. */
function isSpent({ settings, latestWall }: World, { purpose }: Asked, { code }: Answer, { row }: Known): boolean {
  const over = row.tokenExpires !== null && latestWall >= row.tokenExpires;
  const needs = purpose === "token" || purpose === "rejected";
  return settings.refresh === "never" && needs && code === "ERR_SESSION_ENDED" && over;
}

/**
 * A user whom the app signed in, or whom a proxy asserts, has no token of a provider; and if no tokens are refreshed,
 * none but what a resource refused.
 */
function hasNoToken({ settings }: World, { asserts, purpose }: Asked, known: Known | undefined): boolean {
  const refused = settings.refresh === "never" && purpose === "rejected";
  return known?.family === null || asserts !== null || refused;
}

function judgeCookies(world: World, asked: Asked, answer: Answer, valid: boolean): void {
  const line = answer.cookies.findLast((cookie) => cookie.startsWith(`${COOKIE}=`));
  if (line === undefined) return;
  const id = line.slice(COOKIE.length + 1, line.indexOf(";")).split(".")[0] ?? "";
  if (id === "") {
    if (asked.purpose === "own-cookie") return;
    // A slow answer to a script must not take away what another tab's login has just set.
    if (!isLogout(asked.purpose) && !isPage(asked.purpose))
      world.violate(2, `${asked.actor} (${asked.purpose}) has its cookie cleared`);
    if (valid && !isLogout(asked.purpose)) world.violate(2, `${asked.actor} has its cookie cleared, and the session lives`);
    return;
  }
  if (answer.status >= 400) world.violate(1, `${asked.actor} (${asked.purpose}) is given a cookie with ${answer.status}`);
  if (!maySetCookie(asked)) world.violate(1, `${asked.actor} (${asked.purpose}) is given a cookie`);
  const rotates = asked.purpose === "rotate" || asked.purpose === "edit-rotates";
  if (!asked.created.includes(id) && !(rotates && id === asked.ticket?.id)) {
    world.violate(4, `${asked.actor} is given the cookie of ${world.sessions.aliasOf(id)}, which it did not make`);
  }
  const known = world.sessions.get(id);
  if (known === undefined) world.violate(1, `${asked.actor} is given a cookie of a session that is not stored`);
  if (known?.owner != null && asked.created.includes(id)) judgeLogin(world, asked);
}

function judgeKept(world: World, asked: Asked, answer: Answer, known: Known | undefined, valid: boolean): void {
  const { status, handled, code } = answer;
  const well = status < 400 && handled;
  const held = valid && known !== undefined && counts(asked, known);
  if (isLogout(asked.purpose) && (well || (status === 500 && code === null)) && held) {
    world.violate(3, `${asked.actor} logged out, and ${known.alias} lives`);
  }
  const given = answer.cookies.some((cookie) => cookie.startsWith(`${COOKIE}=`));
  if (signsIn(asked.purpose) && well && given && held) {
    world.violate(4, `${asked.actor} signed in, and ${known.alias} of before lives`);
  }
  if (!isEdit(asked.purpose) || !isKept(asked.purpose) || !well) return;
  const into = world.sessions.get(asked.created.at(-1) ?? asked.shown?.id ?? "");
  if (into === undefined) world.violate(3, `the edit ${asked.edit} was acknowledged, and is nowhere`);
  if (into !== undefined && into.ended === null && !into.gone && !into.dataKeys.has(asked.edit)) {
    world.violate(3, `the edit ${asked.edit} was acknowledged, and is not in ${into.alias}`);
  }
}
