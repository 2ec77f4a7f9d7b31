/** The time limit of a request, which counts a late response that had arrived before it was noticed. */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../contracts.ts";

/** One turn of the event loop, in which the sockets read what has arrived. */
export type Turn = () => Promise<unknown>;

/** How many turns of the event loop a late response gets: reading, parsing and delivering it take some each. */
const TURNS = 8;

/** How long the rest of a response may take after the limit, and all responses after a standstill, milliseconds. */
export const GRACE = 250;

/** If the limit is noticed this much too late, the process was stopped, and perhaps the provider too. */
const OVERSLEPT = 50;

export interface Look {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the head of the answer is here. */
  readonly arrived: () => boolean;
  /** Whether it is certain that the request has not left yet. Default: it is not. */
  readonly held?: () => boolean;
  /** How long ago the request left, milliseconds; `null` if that is not known, as by default. */
  readonly since?: () => number | null;
  /** Default: one turn of the event loop, through its poll phase. */
  readonly turn?: Turn;
}

/**
 * Waits for a limit, and then until the sockets were read once more: timers run before sockets, so a process that was
 * stopped (SIGSTOP, a frozen container) and goes on sees the limit first and the answer that came meanwhile second.
 * Rejects when `signal` is aborted, resolves when the answer is late. Takes at most `limit` + 2 × {@link GRACE}, not
 * counting standstills.
 *
 * A request that has not left by then is late at once: after a standstill it would leave when its sender's time for
 * sending is long over, and without time for its answer. One that left only just has the whole limit for that.
 */
export async function passed(limit: number, { clock, signal, arrived, held, since, turn = setImmediate }: Look): Promise<void> {
  const due = clock.monotonic() + limit;
  await clock.sleep(limit, signal);
  if (held?.()) return;
  if (clock.monotonic() - due > OVERSLEPT) await clock.sleep(Math.max(GRACE, limit - (since?.() ?? limit)), signal);
  await look(signal, turn);
  if (!arrived()) return;
  await clock.sleep(GRACE, signal);
  await look(signal, turn);
}

/** Lets the sockets be read. Rejects when `signal` is aborted. */
export async function look(signal: AbortSignal, turn: Turn = setImmediate): Promise<void> {
  for (let turns = 0; turns < TURNS; turns += 1) {
    await turn();
    signal.throwIfAborted();
  }
}
