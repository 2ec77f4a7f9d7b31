/**
 * For tests of what takes real time. A machine may let a process stand still at any moment, for seconds: what fails
 * over that says nothing of the code. Such a test is tried again where its process stood still, and only there.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** How often this process is asked whether it gets its turn, and how late it is when it stood still, milliseconds. */
const TICK = 10;
const STOOD_STILL = 100;
/** A machine on which this process never gets its turn in time for a whole attempt is no place to test. */
const ATTEMPTS = 30;

/** Watches how late this process gets its turns. */
class Turns {
  #last = performance.now();
  #latest = 0;
  readonly #timer = setInterval(() => this.#look(), TICK);

  #look(): void {
    const now = performance.now();
    this.#latest = Math.max(this.#latest, now - this.#last - TICK);
    this.#last = now;
  }

  /** Ends the watch; whether a turn came late. */
  stoodStill(): boolean {
    clearInterval(this.#timer);
    this.#look();
    return this.#latest > STOOD_STILL;
  }
}

/**
 * Answers what an attempt does. One that fails is repeated where this process stood still meanwhile; it sets up all
 * that it needs itself.
 */
export async function steadily<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left--) {
    const turns = new Turns();
    try {
      return await attempt();
    } catch (error) {
      if (!turns.stoodStill() || left === 1) throw error;
    } finally {
      turns.stoodStill();
    }
  }
}

/**
 * Waits for so many milliseconds in which this process got its turn: however long it stands still, that is one tick.
 */
export async function runningTime(milliseconds: number, signal: AbortSignal): Promise<void> {
  for (let ticks = 0; ticks < milliseconds / TICK; ticks++) await sleep(TICK, undefined, { signal });
}

/**
 * Answers what the work gives; rejects with `complaint` where this process had so many milliseconds for it and they
 * were not enough.
 */
export async function within<T>(milliseconds: number, work: Promise<T>, complaint: string): Promise<T> {
  const over = new AbortController();
  const late = runningTime(milliseconds, over.signal).then(() =>
    Promise.reject(new Error(`${complaint} after ${milliseconds} ms`)),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    await late.catch(() => {});
  }
}
