/** An app of a test: the engine over a store in memory, on a clock that stands still until the test moves it. */
import type { AuditEvent, JsonObject, SessionStore } from "../src/contracts.ts";
import type { Auth } from "../src/http/auth.ts";
import type { CoatcheckOptions } from "../src/index.ts";
import { coatcheck } from "../src/index.ts";
import { memory } from "../src/stores/memory.ts";
import { type ManualClock, manualClock } from "../src/testing/manual-clock.ts";
import { ORIGIN, SECRET } from "./origin.ts";

export interface TestAuth<Data> {
  readonly auth: Auth<Data>;
  readonly clock: ManualClock;
  readonly store: SessionStore;
  /** All that it told, in order. */
  readonly events: AuditEvent[];
  /** What it told by this name. */
  told(name: AuditEvent["name"]): readonly AuditEvent[];
}

/** The options of `coatcheck` with a store that keeps sessions. */
export type StoredOptions<Data> = Omit<CoatcheckOptions<Data>, "store"> & { readonly store: SessionStore };

/** The options of `coatcheck`; what it tells goes to the test. */
export type AuthOptions<Data> = Omit<Partial<StoredOptions<Data>>, "clock" | "on"> & { readonly clock?: ManualClock };

/** At {@link ORIGIN}, with {@link SECRET}; every option of `coatcheck` may be another. */
export function authWith<Data = JsonObject>(options: AuthOptions<Data> = {}): TestAuth<Data> {
  const { clock = manualClock(), store = memory() } = options;
  const events: AuditEvent[] = [];
  const on = (event: AuditEvent): void => void events.push(event);
  const auth = coatcheck<Data>({ publicUrl: ORIGIN, secrets: SECRET, ...options, clock, store, on });
  return { auth, clock, store, events, told: (name) => events.filter((event) => event.name === name) };
}
