/**
 * The longest `Retry-After` that is honoured, milliseconds: a provider's wrong clock must not stop requests for days.
 */
export const LONGEST_WISH = 3_600_000;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * `Retry-After` in milliseconds, at most {@link LONGEST_WISH}; `null` if there is none that can be read. A date is
 * taken against the answer's own `Date`, so that clocks need not agree; without one against `now`.
 */
export function retryAfterOf(headers: Pick<Headers, "get">, now: number): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value) * 1_000, LONGEST_WISH);
  const until = dateOf(value);
  if (until === null) return null;
  return Math.min(Math.max(until - (dateOf(headers.get("date") ?? "") ?? now), 0), LONGEST_WISH);
}

function dateOf(value: string): number | null {
  const time = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
