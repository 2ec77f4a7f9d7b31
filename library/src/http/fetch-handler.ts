/** Fetch requests and responses: handlers that take a `Request` and answer a `Response`. */
import type {
  Engine,
  Exchange,
  MaybePromise,
  Policy,
  RouteRequest,
  RouteResponse,
  Session,
  SignedInSession,
} from "../contracts.ts";
import { challenge } from "../core/decide.ts";
import { CoatcheckError } from "../core/errors.ts";
import { flow } from "../engine/flow.ts";
import { uncached } from "../engine/request/no-store.ts";
import { pickOrigin } from "./pick-origin.ts";
import { isSignedIn } from "./signed-in.ts";
import { askedPolicy, type RequireUser } from "./user-policy.ts";

const ANYONE: Policy = { require: "none" };
const USER: Policy = { require: "user" };

/** What a Fetch handler may know beside the request. */
export interface FetchInfo extends RequireUser {
  /** The address of the peer that opened the connection. */
  readonly peer?: string | undefined;
}

/** A request of the Fetch standard as the engine sees it. */
export class FetchRequest implements RouteRequest {
  readonly #request: Request;
  readonly #origins: readonly string[];
  readonly method: string;
  readonly target: string;
  readonly peer: string | undefined;

  constructor(request: Request, origins: readonly string[], info: FetchInfo = {}) {
    this.#request = request;
    this.#origins = origins;
    this.method = request.method;
    // Everything behind the authority, without parsing the whole of it.
    const { url } = request;
    const path = url.indexOf("/", url.indexOf("//") + 2);
    const fragment = url.indexOf("#");
    this.target = path === -1 ? "/" : url.slice(path, fragment === -1 ? undefined : fragment);
    this.peer = info.peer;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  get origin(): string {
    return pickOrigin(this.header("host") ?? new URL(this.#request.url).host, this.#origins);
  }

  async sent(limit: number): Promise<string | null> {
    if (this.#request.bodyUsed) return null;
    try {
      return await this.body(limit);
    } catch (error) {
      if (error instanceof CoatcheckError) return null;
      throw error;
    }
  }

  async body(limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#request.body ?? []) {
      size += chunk.length;
      if (size > limit) throw new CoatcheckError("ERR_BODY_TOO_LARGE");
      chunks.push(chunk);
    }
    return new TextDecoder().decode(joined(chunks, size));
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export type FetchHandler<Data> = (session: Session<Data>, request: Request) => MaybePromise<Response>;

/**
 * Throws a `TypeError` if a proxy's word is taken here: it is believed by the address of the peer, which this adapter
 * was not told (docs/design.md §3).
 *
 * @param how to give the address, for the message
 */
export function needsPeer<Data>({ proxy }: Pick<Engine<Data>, "proxy">, how: string): void {
  if (proxy === null) return;
  throw new TypeError(`the option proxy needs the address of the peer: ${how}`);
}

function policyOf<Data>(engine: Engine<Data>, policy: Policy, info: FetchInfo): Policy {
  const asks = (info.via ?? info.sensitive ?? info.maxAge ?? info.acr) !== undefined;
  return asks ? askedPolicy(policy, info, engine) : policy;
}

/** Drives a Fetch handler: our own endpoints are answered, all else goes to `handler` with its session. */
export async function handleFetch<Data>(
  engine: Engine<Data>,
  request: Request,
  handler: FetchHandler<Data>,
  info?: FetchInfo,
): Promise<Response> {
  const view = viewOf(engine, request, info);
  if (engine.owns(view.target)) return toResponse(await serveOwn(engine, view));
  return flow(engine, view, info === undefined ? ANYONE : policyOf(engine, ANYONE, info), {
    ...FETCH_ANSWERS,
    handler: (exchange) => answered(exchange, handler, request),
  });
}

/** Drives a Fetch handler that is for an authenticated user: 401 for others, or the login for a navigation. */
export async function handleFetchUser<Data>(
  engine: Engine<Data>,
  request: Request,
  handler: (session: SignedInSession<Data>, request: Request) => MaybePromise<Response>,
  info?: FetchInfo,
): Promise<Response> {
  const view = viewOf(engine, request, info);
  if (engine.owns(view.target)) return toResponse(await serveOwn(engine, view));
  return flow(engine, view, info === undefined ? USER : policyOf(engine, USER, info), {
    ...FETCH_ANSWERS,
    handler: (exchange) => answeredUser(exchange, handler, request),
  });
}

function viewOf<Data>(engine: Engine<Data>, request: Request, info: FetchInfo | undefined): FetchRequest {
  if (info?.peer === undefined && engine.proxy !== null) needsPeer(engine, "handle(request, handler, { peer })");
  return new FetchRequest(request, engine.origins, info);
}

/** Answers one of our own endpoints, also if it fails with a code of ours. */
export async function serveOwn<Data>(engine: Engine<Data>, view: RouteRequest): Promise<RouteResponse> {
  try {
    return await engine.serve(view);
  } catch (error) {
    if (error instanceof CoatcheckError) return engine.answerFailure(error, view);
    throw error;
  }
}

/** A Fetch `Response` as the answer of a handler, for `flow` and `conclude`. */
export const FETCH_ANSWERS = {
  statusOf: (response: Response): number => response.status,
  wrote: (response: Response, cookie: string) => response.headers.getSetCookie().some((line) => line.startsWith(`${cookie}=`)),
  withCookies(response: Response, cookies: readonly string[], shown: boolean): Response {
    if (cookies.length === 0) return shown ? uncached(response) : response;
    // The handler's headers may be immutable, as those of `Response.redirect` are.
    const copy = new Response(response.body, response);
    for (const cookie of cookies) copy.headers.append("set-cookie", cookie);
    copy.headers.set("cache-control", "no-store");
    return copy;
  },
  discard: async (response: Response): Promise<void> => response.body?.cancel().catch(() => undefined),
  ours: toResponse,
};

// A throw keeps only `logout`, and settling comes before passing it on (docs/design.md §1.5).
async function answered<Data>(exchange: Exchange<Data>, handler: FetchHandler<Data>, request: Request): Promise<Response> {
  try {
    return await handler(exchange.session, request);
  } catch (error) {
    exchange.fail();
    if (error instanceof CoatcheckError) return toResponse(exchange.answerThrown(error));
    await exchange.settle(500);
    throw error;
  }
}

/** A request may pass a policy without an identity: a record can lack it. */
async function answeredUser<Data>(
  exchange: Exchange<Data>,
  handler: (session: SignedInSession<Data>, request: Request) => MaybePromise<Response>,
  request: Request,
): Promise<Response> {
  const { session } = exchange;
  if (!isSignedIn(session)) return toResponse(exchange.refuse(challenge(exchange.request, exchange.ended)));
  return uncached(await answered(exchange, () => handler(session, request), request));
}

/** One of our own answers as a Fetch response. */
export function toResponse({ status, headers, body }: RouteResponse): Response {
  const list = headers.map(([name, value]): [string, string] => [name, value]);
  return new Response(status === 204 || status === 304 ? null : body, { status, headers: list });
}
