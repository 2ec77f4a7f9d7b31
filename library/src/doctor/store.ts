/** Tries the store: whether it can be written, and whether it keeps what it was given. */
import type { MaybePromise, SessionStore } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { systemClock } from "../engine/system.ts";
import { within } from "../time/within.ts";
import { reasonOf } from "./ask.ts";
import type { ExaminedStore, Finding } from "./finding.ts";

const KEY = "doctor";
const STANDS = 60_000;
/** How long a store may take to be opened and written, milliseconds. */
const LIMIT = 15_000;

/** Sets a marker of a minute, and reads it back. */
export async function examineStore(
  { name: subject, open, closes }: ExaminedStore,
  now: () => number,
): Promise<readonly Finding[]> {
  const tell = (outcome: Finding["outcome"], said: string, remedy?: string): Finding => ({
    ...({ check: "store", subject, outcome, said } as const),
    ...omitUndefined({ remedy }),
  });
  let store: SessionStore | null = null;
  try {
    store = await inTime(open());
    if (store === null) return [tell("ok", "is none: sessions are in their cookies")];
    if (!(await inTime(remembers(store, now)))) {
      const remedy = "Do reads go to a replica that lags behind? They have to go where writes go.";
      return [tell("fail", "does not answer with what was just written", remedy)];
    }
    const kept = tell("ok", "can be written");
    if (store.capabilities.durable) return [kept];
    const remedy =
      'Keep sessions where they outlast the process, for example in a file:  sqlite("sessions.db"), sqlite:sessions.db';
    return [kept, tell("warn", "is in memory: a restart signs everybody out", remedy)];
  } catch (error) {
    const remedy = "Is its address right, does it run, and may this user write there?";
    return [tell("fail", `cannot be used: ${whyOf(error)}`, remedy)];
  } finally {
    if (closes) await store?.close();
  }
}

function inTime<T>(work: MaybePromise<T>): Promise<T> {
  return within(systemClock, LIMIT, Promise.resolve(work), () => {
    throw new Error(`it did not answer within ${LIMIT / 1_000} s`);
  });
}

async function remembers(store: SessionStore, now: () => number): Promise<boolean> {
  const value = String(now());
  await store.mark(KEY, now() + STANDS, now(), value);
  return (await store.marked(KEY, now())) === value;
}

/** What the store says itself: of an outage its cause. */
function whyOf(error: unknown): string {
  if (!(error instanceof CoatcheckError)) return reasonOf(error);
  const { cause } = error.code === "ERR_STORE_UNAVAILABLE" ? error : {};
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
