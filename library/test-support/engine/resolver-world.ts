/** A resolver with a clock that the test turns, over a look-up that counts. */
import type { AuditEvent, Identity } from "../../src/contracts.ts";
import type { Known, ResolverOptions } from "../../src/engine/request/authenticate/resolver.ts";
import { Resolver } from "../../src/engine/request/authenticate/resolver.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

export function resolverWith(options: ResolverOptions) {
  const clock = manualClock();
  const events: AuditEvent[] = [];
  return { clock, events, resolver: new Resolver(options, { clock, report: (event) => void events.push(event) }) };
}

/** A look-up that counts, and answers what it is told to. */
export function lookup(answer: (one: Identity) => Known | Promise<Known>) {
  const asked: string[] = [];
  return {
    asked,
    resolve: (one: Identity) => {
      asked.push(one.subject);
      return answer(one);
    },
  };
}
