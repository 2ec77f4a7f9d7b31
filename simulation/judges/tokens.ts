/** Judges answers to programs: one successor for each refresh token, and nothing from a family that is over. */
import type { Given, KnownFamily } from "../backends/token-families.ts";
import { SLOWEST, TOKEN_GRACE } from "../backends/token-families.ts";
import type { Answer, Asked } from "../clients/asked.ts";
import type { Order, Work } from "../world/work.ts";
import type { World } from "../world/world.ts";

/** Access tokens are accepted so much longer, for clocks that differ. */
const TOLERANCE = 30_000;

/** An answer is ready. Answers the tokens that are in it. */
export function judgeProgram(world: World, work: Work, asked: Asked, answer: Answer): Given | null {
  const { status, code } = answer;
  if (status === 500) world.violate(2, `${asked.actor} gets 500: ${code}`);
  if (status === 503 && world.undisturbed) world.violate(2, `${asked.actor} gets 503 (${code}), and nothing went wrong`);
  if (answer.cookies.length > 0) world.violate(1, `${asked.actor} (${asked.purpose}) is given a cookie`);
  const given = status === 200 ? givenIn(answer) : null;
  if (asked.purpose === "token-issue" && given !== null) judgeIssued(world, asked, given);
  if (asked.purpose === "token-refresh") judgeRefresh(world, work, asked, status, given);
  if (asked.purpose === "token-use") judgeUse(world, asked, answer);
  if (asked.purpose === "token-revoke" && status === 200) judgeRevoked(world, asked);
  return given;
}

function givenIn({ body }: Answer): Given | null {
  if (body === "") return null;
  const { refresh_token: refreshToken, access_token: accessToken } = JSON.parse(body);
  return typeof refreshToken === "string" && typeof accessToken === "string" ? { refreshToken, accessToken } : null;
}

/** What it read may be gone since the replica took over. */
const isUndone = (world: World, { begunStep }: Asked): boolean => begunStep <= world.failedOverStep;

function judgeIssued(world: World, asked: Asked, { refreshToken }: Given): void {
  world.families.hears(refreshToken);
  const known = world.families.get(idOf(refreshToken));
  if (isUndone(world, asked)) return;
  if (known === undefined || known.gone) world.violate(13, `${asked.actor} is given a token that is not stored`);
  if (known === undefined) return;
  world.families.issued.push(asked);
  for (const order of world.orders) if (order.doneStep !== null) judgeOvertakenIssue(world, order, asked, known);
}

/** An order was done: no token lives that was there before it, or that it overtook. */
export function judgeOrderOfTokens(world: World, order: Order): void {
  if (order.kind !== "end-all" && order.kind !== "end-others") return;
  for (const known of world.families.all()) {
    if (known.owner !== order.owner || isOver(world, known)) continue;
    if (known.createdStep < order.begunStep) world.violate(3, `${known.alias} lives after ${order.kind} was answered`, known);
  }
  for (const asked of world.families.issued) {
    for (const known of world.families.all()) {
      if (known.creator.asked === asked) judgeOvertakenIssue(world, order, asked, known);
    }
  }
}

function judgeOvertakenIssue(world: World, order: Order, { markReadStep }: Asked, known: KnownFamily): void {
  if (order.kind !== "end-all" && order.kind !== "end-others") return;
  if (known.owner !== order.owner || isOver(world, known) || markReadStep === null) return;
  if (markReadStep < (order.markStep ?? order.begunStep))
    world.violate(6, `${known.alias} lives, though ${order.kind} overtook its issuing`, known);
}

function judgeRefresh(world: World, work: Work, asked: Asked, status: number, given: Given | null): void {
  const { id = "", hash = "" } = asked.refreshToken ?? {};
  const known = world.families.get(id);
  if (known === undefined) return;
  if (given !== null) judgeSuccessor(world, asked, known, given);
  if (isUndone(world, asked)) return;
  const secret = known.secrets.get(hash);
  if (given !== null) {
    if (known.ended !== null && known.ended.step < asked.begunStep)
      world.violate(13, `${asked.actor} is answered by ${known.alias}, which has ended (${known.ended.reason})`, known);
    if (asked.begunWall >= known.row.expires) world.violate(13, `${asked.actor} is answered by ${known.alias}, which is over`);
    if (secret === undefined) world.violate(13, `${asked.actor} is answered for a secret that ${known.alias} never had`);
    if (secret?.exchangedAt != null && asked.begunAt - secret.exchangedAt > TOKEN_GRACE + world.apart)
      world.violate(13, `${asked.actor} is answered for a token of ${known.alias} past its grace`);
    return;
  }
  if (status !== 401) return;
  if (isGood(world, asked, known, hash)) world.violate(13, `${asked.actor} is refused, and its token of ${known.alias} is good`);
  const reused = secret?.exchangedAt != null && asked.begunAt - secret.exchangedAt > TOKEN_GRACE + world.apart;
  if (reused && work.troubles === 0 && !isOver(world, known))
    world.violate(13, `${asked.actor} used a token of ${known.alias} again, and the family lives`, known);
}

/** The same answer to the same token, whoever gives it. */
function judgeSuccessor(world: World, asked: Asked, known: KnownFamily, given: Given): void {
  const { answers } = world.families;
  const { hash = "" } = asked.refreshToken ?? {};
  const before = answers.get(hash);
  answers.set(hash, given);
  world.families.hears(given.refreshToken);
  if (before === undefined || world.rotates) return;
  if (before.refreshToken !== given.refreshToken)
    world.violate(13, `a refresh token of ${known.alias} was answered with two successors`, known);
  else if (before.accessToken !== given.accessToken)
    world.violate(13, `a refresh token of ${known.alias} was answered in two ways`, known);
}

/** Whether a refresh token was good when it was shown, and is, beyond what clocks that differ could make of it. */
function isGood(world: World, asked: Asked, known: KnownFamily, hash: string): boolean {
  // A process that is on its way out may have secrets of before.
  if (isOver(world, known) || asked.life !== asked.life.replica.life) return false;
  const secret = known.secrets.get(hash);
  if (secret === undefined) return world.families.heard.has(hash);
  if (secret.exchangedAt === null) return true;
  const isPrevious = known.secrets.size - 1 - secret.generation === 1;
  return isPrevious && world.scheduler.now - secret.exchangedAt < TOKEN_GRACE - SLOWEST - world.apart;
}

function judgeUse(world: World, asked: Asked, { status }: Answer): void {
  const { sid, exp } = claimsOf(asked.accessToken ?? "");
  const known = world.families.get(sid);
  if (known === undefined || isUndone(world, asked)) return;
  if (status === 200) {
    if (known.ended !== null && known.ended.step < asked.begunStep)
      world.violate(
        13,
        `${asked.actor} is served with a token of ${known.alias}, which has ended (${known.ended.reason})`,
        known,
      );
    if (asked.begunWall > exp + TOLERANCE)
      world.violate(13, `${asked.actor} is served with a token of ${known.alias} that ran out`);
    if (asked.shown?.owner !== known.owner)
      world.violate(13, `${asked.actor} is served as ${asked.shown?.owner} by a token of ${known.owner}`);
  }
  const isInTime = world.latestWall < exp && asked.life === asked.life.replica.life;
  if (status === 401 && isInTime && !isOver(world, known))
    world.violate(13, `${asked.actor} is refused, and its access token of ${known.alias} is good`);
}

function judgeRevoked(world: World, asked: Asked): void {
  const known = world.families.get(asked.refreshToken?.id ?? "");
  if (known !== undefined && !isUndone(world, asked) && !isOver(world, known))
    world.violate(13, `${asked.actor} revoked its tokens, and ${known.alias} lives`, known);
}

function isOver(world: World, { ended, gone, row }: KnownFamily): boolean {
  return ended !== null || gone || world.latestWall >= row.expires;
}

const idOf = (refreshToken: string): string => refreshToken.split(".")[0] ?? "";

function claimsOf(token: string): { readonly sid: string; readonly exp: number } {
  const { sid, exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return { sid: String(sid), exp: Number(exp) * 1_000 };
}
