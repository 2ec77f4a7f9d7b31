/** Tells listeners that another user is signed in, or none: one signal for all tabs, checked at the server. */
import type { ClientSession, SessionListener } from "./types.ts";
import type { Line, World } from "./world.ts";

/** That no user is signed in, on the channel between tabs. */
export const ANONYMOUS = "";
/** How long after a failed check the next one is, while the page is shown. */
const LOOK_AGAIN = 30_000;

type Known<Claims> = ClientSession<Claims> | null;

/** What the server said. */
export interface Answer<Claims> {
  readonly session: Known<Claims>;
  /**
   * Milliseconds until the session ends by itself, unless the user is active. `null`: it does not, or there is none.
   */
  readonly left: number | null;
}

/** The signed-in user as last read, and the listeners to changes. */
interface Watch<Claims> {
  current(): Known<Claims> | undefined;
  read(maxAge?: number): Promise<Known<Claims>>;
  /** Another tab says that this user is signed in, which is a reason to ask the server, and nothing more. */
  hear(who: unknown): void;
  /**
   * The server ended the session for this page. Answers to requests that were sent before are ignored. `quietly`:
   * listeners of this page are not told.
   */
  ended(quietly: boolean): void;
  subscribe(listener: SessionListener<Claims>): () => void;
  close(): void;
}

const whoOf = (session: Known<unknown>) =>
  session === null ? ANONYMOUS : JSON.stringify([session.identity.issuer, session.identity.subject]);

/**
 * Checks the session when there is a reason to: the page is shown, another tab says something else, the session should
 * be over by now. A message of another tab is never proof: only an answer of the server signs a user out.
 */
export function watchSession<Claims>(world: World, name: string, ask: () => Promise<Answer<Claims>>): Watch<Claims> {
  const listeners = new Set<SessionListener<Claims>>();
  let known: Known<Claims> | undefined;
  let knownSince = Number.NEGATIVE_INFINITY;
  let reading: Promise<Known<Claims>> | undefined;
  /** Raised by every event that makes answers that are on their way obsolete. */
  let era = 0;
  /** The last message of another tab while a request is on its way. */
  let heard: unknown;
  let stopTimer = () => {};
  let isClosed = false;

  function read(maxAge = 0): Promise<Known<Claims>> {
    if (known !== undefined && world.now() - knownSince < maxAge) return Promise.resolve(known);
    if (reading !== undefined) return reading;
    const mine = attempt(era).finally(() => {
      if (reading === mine) reading = undefined;
    });
    reading = mine;
    return mine;
  }

  async function attempt(began: number): Promise<Known<Claims>> {
    heard = undefined;
    const answer = await ask().catch((error: unknown) => {
      if (began === era) throw error;
    });
    if (answer === undefined || began !== era) return read();
    // The answer may be older than the message: one more check decides.
    if (heard !== undefined && heard !== whoOf(answer.session)) return attempt(began);
    learn(answer);
    return answer.session;
  }

  function learn({ session, left }: Answer<Claims>, quietly = false): void {
    const before = known;
    known = session;
    knownSince = world.now();
    // The server's clock has whole seconds. If it is past the end while the session lives, it is not asked without
    // pause.
    if (left !== null) lookIn(left > 0 ? left + 1000 : LOOK_AGAIN);
    if (before !== undefined && whoOf(before) === whoOf(session)) return;
    line?.post(whoOf(session));
    if (before === undefined || quietly) return;
    // Each in a microtask of its own: an error of one reaches the page, and the others are still called.
    for (const listener of listeners) queueMicrotask(() => listener(session, before));
  }

  function lookIn(delay: number): void {
    stopTimer();
    // A hidden page does not ask: it will when it is shown.
    if (!isClosed) stopTimer = world.timer(delay, () => world.isVisible() && look());
  }

  function look(): void {
    read().catch(() => lookIn(LOOK_AGAIN));
  }

  function forget(): void {
    era += 1;
    reading = undefined;
    knownSince = Number.NEGATIVE_INFINITY;
    stopTimer();
  }

  function hear(who: unknown): void {
    if (reading !== undefined) heard = who;
    else if (known !== undefined && who !== whoOf(known)) look();
  }

  const open = () => world.line(name, hear);
  let line: Line | undefined = open();

  const shown = () => {
    if (known !== undefined || listeners.size > 0) look();
  };
  // A page with an open channel is not kept in the back-forward cache; when it is back it checks again.
  const left = () => {
    line?.close();
    line = undefined;
  };
  const back = () => {
    line = open();
    shown();
  };
  const unwatch = world.watch({ shown, hidden: forget, left, back });

  return {
    current: () => known,
    read,
    hear,
    ended(quietly) {
      forget();
      learn({ session: null, left: null }, quietly);
    },
    subscribe(listener) {
      listeners.add(listener);
      if (known === undefined) look();
      return () => void listeners.delete(listener);
    },
    close() {
      isClosed = true;
      unwatch();
      stopTimer();
      left();
      listeners.clear();
    },
  };
}
