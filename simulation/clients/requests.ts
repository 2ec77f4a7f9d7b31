/** The app: carries a request through the published engine as an adapter would, with a handler for each errand. */
import type { Auth } from "coatcheck";
import { CoatcheckError, ERRORS } from "coatcheck";
import type { Policy, RouteRequest, Session } from "coatcheck/contracts";
import { judgeOrder } from "../judges/orders.ts";
import { judgeShown } from "../judges/portal.ts";
import { Random } from "../world/random.ts";
import { currentWork, newWork, working } from "../world/work.ts";
import { COOKIE, ISSUER, ORIGIN, type World } from "../world/world.ts";
import type { Answer, Asked, Purpose } from "./asked.ts";
import { isEdit, isKept } from "./asked.ts";
import { openStream } from "./streams.ts";

type Data = Readonly<Record<string, number>>;
type Engine = Auth<Data>["engine"];
type Exchange = Awaited<ReturnType<Engine["open"]>>;

const ANONYMOUS: Policy = { require: "none" };
const AUTHENTICATED: Policy = { require: "user" };

/** Errands that anonymous users may do. */
const OPEN: ReadonlySet<Purpose> = new Set<Purpose>([
  "read",
  "edit",
  "edit-fails",
  "edit-throws",
  "app-login",
  "app-logout",
  "app-logout-fails",
]);

/** What the handler answers where that is not 200. */
const STATUS: { readonly [purpose in Purpose]?: number } = {
  "edit-fails": 500,
  "app-logout-fails": 500,
  "page-fails": 500,
  "page-missing": 404,
};

/** What the app's handler throws. */
class AppError extends Error {}

/** One request as an adapter shows it to the engine. */
export class Shown implements RouteRequest {
  readonly method: string;
  readonly target: string;
  readonly origin = ORIGIN;
  readonly peer: string;
  /** Aborted when the client hangs up. No contract names it: the engine must not know. */
  readonly signal: AbortSignal;
  readonly #headers: ReadonlyMap<string, string>;
  readonly #cookie: string;
  readonly #body: string;

  constructor(
    method: string,
    target: string,
    headers: ReadonlyMap<string, string>,
    cookie: string,
    peer: string,
    signal: AbortSignal,
    body = "",
  ) {
    this.method = method;
    this.target = target;
    this.peer = peer;
    this.signal = signal;
    this.#headers = headers;
    this.#cookie = cookie;
    this.#body = body;
  }

  header(name: string): string | undefined {
    if (name === "cookie") return this.#cookie === "" ? undefined : this.#cookie;
    return this.#headers.get(name);
  }

  async body(): Promise<string> {
    return this.#body;
  }
}

/**
 * Answers a request as an adapter does: opens an exchange, lets the app's handler run, settles, and touches. Never
 * rejects.
 */
export async function answer(world: World, asked: Asked, shown: Shown, pause: number): Promise<Answer> {
  const { engine } = asked.life.auth;
  try {
    if (engine.owns(shown.target)) return await ownEndpoint(engine, shown);
    const exchange = await engine.open(shown);
    const decision = await exchange.admit(OPEN.has(asked.purpose) ? ANONYMOUS : AUTHENTICATED);
    if (decision.kind !== "proceed") {
      const refusal = engine.answer(decision, shown);
      return conclude(exchange, { ...NOTHING, status: refusal.status, location: headerOf(refusal.headers, "location") });
    }
    return await handled(world, exchange, asked, pause);
  } catch (error) {
    return { ...NOTHING, status: 500, code: error instanceof Error ? error.message : "thrown" };
  }
}

const NOTHING: Answer = { status: 200, cookies: [], location: null, token: null, body: "", handled: false, code: null };

async function ownEndpoint(engine: Engine, shown: Shown): Promise<Answer> {
  try {
    const { status, headers, body } = await engine.serve(shown);
    const cookies = headers.filter(([name]) => name === "set-cookie").map(([, value]) => value);
    return { ...NOTHING, status, cookies, location: headerOf(headers, "location"), body, handled: status < 400 };
  } catch (error) {
    if (!(error instanceof CoatcheckError)) throw error;
    return problem(error);
  }
}

function headerOf(headers: readonly (readonly [string, string])[], wanted: string): string | null {
  return headers.find(([name]) => name === wanted)?.[1] ?? null;
}

function problem(error: Pick<CoatcheckError, "code">): Answer {
  return { ...NOTHING, status: ERRORS[error.code].status, code: error.code };
}

// What adapters do around a handler, in their order: a throw keeps only `logout`, and settling comes before it is
// passed on.
async function handled(world: World, exchange: Exchange, asked: Asked, pause: number): Promise<Answer> {
  try {
    return await conclude(exchange, await handler(world, exchange.session, asked, pause));
  } catch (error) {
    exchange.fail();
    if (error instanceof CoatcheckError) return conclude(exchange, problem(error));
    if (!(error instanceof AppError)) throw error;
    return conclude(exchange, { ...NOTHING, status: 500, code: "the handler threw" });
  }
}

async function conclude(exchange: Exchange, given: Answer): Promise<Answer> {
  const { cookies, refusal } = await exchange.settle(given.status, given.cookies.length > 0);
  if (refusal !== null) return { ...problem(refusal), token: given.token, cookies };
  exchange.touch(given.status);
  return { ...given, cookies: [...given.cookies, ...cookies] };
}

async function handler(world: World, session: Session<Data>, asked: Asked, pause: number): Promise<Answer> {
  const { clock } = asked.life;
  await clock.sleep(pause / 2);
  const { id, owner, identity, data } = session;
  asked.shown = { id, owner, subject: identity?.subject ?? null, since: identity?.claims["since"], dataKeys: Object.keys(data) };
  if (asked.accessToken === null) judgeShown(world, asked, asked.shown);
  if (isEdit(asked.purpose)) {
    world.sessions.edits(asked.edit, session.owner, isKept(asked.purpose));
    session.update((data) => ({ ...data, [asked.edit]: 1 }));
  }
  const token = await act(world, session, asked);
  await clock.sleep(pause / 2);
  return {
    ...NOTHING,
    handled: true,
    token,
    status: STATUS[asked.purpose] ?? 200,
    cookies: asked.purpose === "own-cookie" ? [`${COOKIE}=; Max-Age=0; Path=/; Secure`] : [],
  };
}

async function act(world: World, session: Session<Data>, asked: Asked): Promise<string | null> {
  switch (asked.purpose) {
    case "token":
      return used(world, asked, await session.accessToken());
    case "rejected": {
      const rejected = used(world, asked, await session.accessToken());
      return used(world, asked, await session.accessToken({ rejected }));
    }
    case "rotate":
    case "edit-rotates":
      session.rotate();
      return null;
    case "edit-throws":
      throw new AppError();
    case "app-logout":
    case "app-logout-fails":
      session.logout();
      return null;
    case "app-login":
      if (asked.owner !== null) session.login({ issuer: ISSUER, subject: asked.owner.slice(ISSUER.length + 1) });
      return null;
    case "end-others":
      await endOthers(world, session, asked);
      return null;
    case "stream":
      openStream(world, session.signal, asked);
      return null;
    default:
      return null;
  }
}

/** The handler takes the token to a resource, at once. */
function used(world: World, asked: Asked, token: string): string {
  const access = world.grants.access(token);
  const { session } = access?.family ?? {};
  if (access === undefined || session?.id !== asked.ticket?.id)
    world.violate(9, `${asked.actor} got a token of another session: ${token}`);
  // Its end is known by clocks that are not one's own, and from when the answer came.
  if (asked.asserts !== null && access?.family.owner !== asked.shown?.owner)
    world.violate(11, `${asked.actor} is served as ${asked.shown?.owner} and got ${token}`);
  const slack = world.apart + world.settings.refreshTimeout;
  if (access !== undefined && world.scheduler.now > access.expires + slack) {
    world.violate(9, `${asked.actor} got ${token}, which ran out ${Math.round(world.scheduler.now - access.expires)} ms ago`);
  }
  return token;
}

async function endOthers(world: World, session: Session<Data>, asked: Asked): Promise<void> {
  const { owner, id } = session;
  if (owner === null || id === null) return;
  const { scheduler, orders } = world;
  const order = { kind: "end-others", begunStep: scheduler.steps, owner, sid: null, issuedAt: null, except: id } as const;
  const made = { ...order, markStep: null, doneStep: null };
  const work = newWork(`${asked.actor} (ends others)`, currentWork()?.random ?? Random.of(asked.item), null, made);
  orders.push(made);
  await working(work, () => asked.life.auth.sessions.endAll(owner, "elsewhere", id));
  judgeOrder(world, made);
}
