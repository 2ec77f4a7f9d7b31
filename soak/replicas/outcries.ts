/** What a process says, or does, that no process should. */
import type { Gateway } from "../refresh/gateway.ts";
import type { Line } from "../refresh/journal.ts";
import type { Outcry } from "./journal.ts";

/** Events that tell of a bug, and not of an outage. */
const BUGS = new Set([
  "process.unhandled-rejection",
  "process.uncaught-exception",
  "request.failed",
  "background.failed",
  "worker.exited",
  "secrets.kept",
  "ending.dropped",
  // Our users never use one twice but to repeat it, within the grace.
  "token.reused",
]);
const WORDS = /\b(?:Unhandled|Uncaught|TypeError|RangeError|ReferenceError|AssertionError|heap out of memory)\b/;

/** In the logs, beside them, and of those that ended by themselves. */
export function outcriesOf(lines: readonly Line[], replicas: readonly Gateway[]): readonly Outcry[] {
  const logged = lines.filter(({ event }) => BUGS.has(event));
  const spoken = replicas.flatMap(({ place, said }) =>
    said.filter((text) => WORDS.test(text)).map((what) => ({ by: place.name, what })),
  );
  const over = replicas.filter(({ isAlive }) => !isAlive);
  return [
    ...logged.map(({ by, event, reason }) => ({ by, what: `${event} ${reason ?? ""}` })),
    ...spoken,
    ...over.map(({ life, lastWords }) => ({ by: life, what: `nothing more; it ended by itself: ${lastWords}` })),
  ];
}
