/** Tells listeners that another user is signed in, or none: one signal for all tabs, checked at the server. */
import type { ClientSession, SessionListener } from "./types.ts";
import type { Line, World } from "./world.ts";

/** That no user is signed in, on the channel between tabs. */
export const ANONYMOUS = "";
/** How long after a look that came to nothing the next one is, while the page is shown. */
const LOOK_AGAIN = 30_000;

type Known<Claims> = ClientSession<Claims> | null;

/** What the server said. */
export interface Answer<Claims> {
  readonly session: Known<Claims>;
  /**
   * Milliseconds until the session ends by itself, unless the person does something. `null`: it does not, or there is
   * none.
   */
  readonly left: number | null;
}

/** What is known of who is signed in, and who wants to hear of it. */
export interface Watch<Claims> {
  current(): Known<Claims> | undefined;
  read(maxAge?: number): Promise<Known<Claims>>;
  /** Another tab says that this user is signed in. A reason to ask the server, and no more. */
  hear(who: unknown): void;
  /**
   * The server ended the session for this page. What was asked before that is not believed. `quietly`: listeners here
   * need not know.
   */
  ended(quietly: boolean): void;
  subscribe(listener: SessionListener<Claims>): () => void;
  close(): void;
}

const whoOf = (session: Known<unknown>) =>
  session === null ? ANONYMOUS : JSON.stringify([session.identity.issuer, session.identity.subject]);

/**
 * Looks when there is a reason to: the page is shown, another tab says something else, the session should be over by
 * now. What another tab says is never taken for true, so nothing but the server's own word signs a user out.
 */
export function watchSession<Claims>(world: World, name: string, ask: () => Promise<Answer<Claims>>): Watch<Claims> {
  const listeners = new Set<SessionListener<Claims>>();
  let known: Known<Claims> | undefined;
  let knownSince = Number.NEGATIVE_INFINITY;
  let reading: Promise<Known<Claims>> | undefined;
  /** Counts what makes answers that are on their way worthless. */
  let era = 0;
  /** What was heard while an answer is on its way. */
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
    // The answer may be older than what was heard: one more look decides.
    if (heard !== undefined && heard !== whoOf(answer.session)) return attempt(began);
    learn(answer);
    return answer.session;
  }

  function learn({ session, left }: Answer<Claims>, quietly = false): void {
    const before = known;
    known = session;
    knownSince = world.now();
    // The server's clock has whole seconds. One that is past the end, with the session alive, is not to be asked
    // without pause.
    if (left !== null) lookIn(left > 0 ? left + 1000 : LOOK_AGAIN);
    if (before !== undefined && whoOf(before) === whoOf(session)) return;
    line?.post(whoOf(session));
    if (before === undefined || quietly) return;
    // Each on its own: what one throws is the page's to see, and keeps nothing from the others.
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
  // A page with an open channel may not be kept for the back button; what is said meanwhile is caught up with.
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
