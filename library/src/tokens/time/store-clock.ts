/** The time that all replicas of a store agree on: the store's, if it has a clock. */
import type { Clock, MaybePromise, Report, SessionStore } from "../../contracts.ts";

/** A clock that is set by the store's. */
interface StoreClock extends Clock {
  /** What is to be done once the clock is set: now, unless that is the first time. */
  whenSet<T>(act: () => MaybePromise<T>): MaybePromise<T>;
}

/** After this long it is set again. */
const SET_FOR = 60_000;
/** A process that is further off is told of. */
const TOLD_FROM = 30_000;
/** Further off, the store's clock may be the wrong one: it is told, and not followed. */
const FOLLOWED_TO = 3_600_000;

/**
 * Makes it. Replicas whose own clocks are minutes apart so come to one answer where moments are compared: the grace of
 * a refresh token, a code, the end of a token. If the store does not answer, it goes on as it was set before.
 */
export function storeClock(clock: Clock, store: Pick<SessionStore, "now">, report: Report): StoreClock {
  let ahead = 0;
  let setAt: number | undefined;
  let told = false;
  let setting: Promise<void> | undefined;

  async function set(ask: () => MaybePromise<number>): Promise<void> {
    const [began, asked] = [clock.monotonic(), clock.now()];
    const theirs = await ask();
    // It was read at some moment of the call: the middle is at most half of it off.
    const off = Math.round(theirs - asked - (clock.monotonic() - began) / 2);
    setAt = clock.monotonic();
    ahead = Math.abs(off) > FOLLOWED_TO ? 0 : off;
    if (Math.abs(off) < TOLD_FROM || told) return;
    told = true;
    const seconds = Math.round(Math.abs(off) / 1_000);
    report({ name: "clock.off", level: "warn", reason: off > 0 ? "behind" : "ahead", count: seconds, hint: HINT });
  }

  function due(): Promise<void> | undefined {
    const ask = store.now;
    if (ask === undefined || (setAt !== undefined && clock.monotonic() - setAt < SET_FOR)) return undefined;
    const first = setAt === undefined;
    setting ??= set(() => ask.call(store))
      .catch(() => undefined)
      .finally(() => {
        setting = undefined;
      });
    // As it was set before it is good enough until it is set again.
    return first ? setting : undefined;
  }

  return {
    now: () => clock.now() + ahead,
    monotonic: () => clock.monotonic(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
    whenSet(act) {
      const wait = due();
      return wait === undefined ? act() : wait.then(act);
    },
  };
}

const HINT = "The clocks of this process and of its store are apart: set them by NTP.";
