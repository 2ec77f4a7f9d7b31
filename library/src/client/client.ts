/** The browser's client: session, sign-in, sign-out and a fetch that retries, of one page. */
import { isReplayable, retryUnavailable, serverTime } from "./retry.ts";
import type { ClientSession, SessionClient, SessionClientOptions, SignOutOptions } from "./types.ts";
import { SessionClientError } from "./types.ts";
import type { Answer } from "./watch.ts";
import { ANONYMOUS, watchSession } from "./watch.ts";
import type { World } from "./world.ts";

const MINUTE = 60_000;
/** The time limit for an answer of our own endpoints. */
const LONGEST_ANSWER = 15_000;

/** The client in the given browser environment. */
export function createClient<Claims>(options: SessionClientOptions, real: World): SessionClient<Claims> {
  const { prefix = "/auth", maxAge = 0, retryTimeout = 30_000 } = options;
  const world = options.fetch === undefined ? real : { ...real, fetch: options.fetch };
  const watch = watchSession(world, `coatcheck:${prefix}`, ask);
  let kept = Number.NEGATIVE_INFINITY;

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { accept: "application/json" };
    const once = () =>
      world.fetch(prefix + path, { ...init, headers, cache: "no-store", signal: AbortSignal.timeout(LONGEST_ANSWER) });
    return retryUnavailable(world, once, retryTimeout).catch((cause: unknown) => {
      throw new SessionClientError("ERR_UNREACHABLE", 0, cause);
    });
  }

  async function ask(): Promise<Answer<Claims>> {
    const response = await send("/session");
    if (response.status === 401) return { session: null, left: null };
    const session = await bodyOf<ClientSession<Claims>>(response, "identity");
    const stored = session.session;
    return { session, left: stored && Math.min(stored.expiresAt, stored.idleExpiresAt) - serverTime(response) };
  }

  async function signOut({ returnTo, navigate = true }: SignOutOptions = {}): Promise<string> {
    const body = new URLSearchParams();
    if (returnTo !== undefined) body.set("return_to", returnTo);
    const response = await send("/logout", { method: "POST", body });
    const { location } = await bodyOf<{ location: string }>(response, "location").catch((error: unknown) => {
      // Signed out in this browser, although not yet in the store (S-45).
      if (error instanceof SessionClientError && error.code.startsWith("ERR_LOGOUT_")) watch.ended(false);
      throw error;
    });
    // A page that navigates does not call its own listeners: one that navigates too would cancel this navigation.
    watch.ended(navigate);
    if (navigate) world.go(location);
    return location;
  }

  return {
    get current() {
      return watch.current();
    },
    session: () => watch.read(maxAge),
    subscribe: watch.subscribe,
    signIn({ returnTo = world.here(), provider } = {}) {
      const query = new URLSearchParams({ return_to: returnTo });
      if (provider !== undefined) query.set("provider", provider);
      world.go(`${prefix}/login?${query.toString()}`);
    },
    signOut,
    async keepAlive() {
      if (world.now() - kept < MINUTE) return;
      kept = world.now();
      try {
        if ((await send("/session", { method: "POST" })).status === 401) watch.hear(ANONYMOUS);
      } catch {
        // The person's next sign of life says it again.
      }
    },
    async fetch(input, init) {
      const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
      const once = () => world.fetch(input, init);
      const response = await (isReplayable(input, init) ? retryUnavailable(world, once, retryTimeout, signal) : once());
      // A 401 is a reason to check: this request may have been refused for a reason of its own, or been sent before a
      // login.
      if (response.status === 401) watch.hear(ANONYMOUS);
      return response;
    },
    close: watch.close,
  };
}

/**
 * The body that an endpoint answered. It must have the member that ours has: a page of a proxy in between is no answer.
 *
 * @throws SessionClientError for everything else
 */
async function bodyOf<Body>(response: Response, member: keyof Body): Promise<Body> {
  const body: (Body & { code?: string }) | null = await response.json().catch(() => null);
  if (response.ok && body?.[member]) return body;
  throw new SessionClientError(body?.code ?? "ERR_RESPONSE", response.status);
}
