/** A moment as it is configured: with its zone, so that it is the same one on every machine. */

/** A day is its beginning in UTC. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the epoch, or `undefined` for what is no moment: a text without a zone would be local time. */
export function momentOf(given: Date | string): number | undefined {
  if (typeof given === "string" && !MOMENT.test(given)) return undefined;
  const moment = new Date(given).getTime();
  return Number.isNaN(moment) ? undefined : moment;
}
