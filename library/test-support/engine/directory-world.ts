/**
 * A session directory over a store in memory that fails where a test says, with what it announces and leaves to be
 * tried again.
 */
import type { AuditEvent, ProviderLogout, RecordBody, SessionRow, SessionStore } from "../../src/contracts.ts";
import { sessionPolicy } from "../../src/core/policy.ts";
import { serializeBody } from "../../src/core/record.ts";
import type { Ended } from "../../src/engine/lifecycle/announce.ts";
import { sessionDirectory } from "../../src/engine/lifecycle/directory.ts";
import { MarkerBudget } from "../../src/engine/lifecycle/marker-budget.ts";
import type { Unfinished } from "../../src/engine/lifecycle/unfinished-endings.ts";
import { memory } from "../../src/stores/memory.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { overStore } from "../../src/testing/over-store.ts";
import { sampleRow } from "../../src/testing/store-suite/rows.ts";

export const HOUR = 3_600_000;
export const ISSUER = "https://provider.test";
export const AWAY = new Error("the store is away");

export function directoryWorld(changes: (real: SessionStore) => Partial<SessionStore> = () => ({}), most = 10) {
  const clock = manualClock();
  const store = memory();
  const events: AuditEvent[] = [];
  const announced: Ended[] = [];
  const unfinished: Unfinished[] = [];
  const again: (readonly [key: string, attempt: () => Promise<unknown>])[] = [];
  let drawn = 0;
  const directory = sessionDirectory({
    store: overStore(store, changes(store)),
    clock,
    entropy: {
      bytes(count) {
        drawn += 1;
        return new Uint8Array(count).fill(drawn);
      },
    },
    policy: sessionPolicy({ idle: HOUR, lifetime: 4 * HOUR }, false),
    report: (event) => events.push(event),
    announce: (ended) => void announced.push(ended),
    unfinished: {
      end: (ending) => unfinished.push(ending) > 0,
      again: (key, attempt) => again.push([key, attempt]) > 0,
    },
    budget: new MarkerBudget(most, clock),
  });
  const stored = (row: Partial<SessionRow> = {}, body: Partial<RecordBody> = {}): SessionRow => {
    const now = clock.now();
    const times = { created: now, seen: now, expires: now + 4 * HOUR };
    const text = serializeBody({ format: 1, identity: null, data: {}, tokens: null, provider: null, ...body });
    const whole = sampleRow({ owner: `${ISSUER} alice`, issuer: ISSUER, ...times, body: text, ...row });
    store.put(whole, "absent");
    return whole;
  };
  return { clock, store, events, announced, unfinished, again, directory, stored };
}

export const notice = (more: Partial<ProviderLogout> = {}): ProviderLogout => ({
  issuer: ISSUER,
  subject: "alice",
  sid: null,
  issuedAt: manualClock().now(),
  ...more,
});
