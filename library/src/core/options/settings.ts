/** How settings are read: lengths of time, and the names that were probably meant by those that do not exist. */
export { omitUndefined } from "./omit-undefined.ts";

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time: milliseconds, or a text such as `15m`, `1h`, `1h30m`, `30d`. */
export type Duration = number | `${number}${string}`;

/**
 * Milliseconds of `1h`, `15m`, `30s`, `1h30m`; `undefined` if it is none.
 *
 * @example
 * ```ts
 * import { parseDuration } from "coatcheck/settings";
 * parseDuration("1h30m"); // 5400000
 * parseDuration("soon"); // undefined
 * ```
 */
export function parseDuration(raw: string): number | undefined {
  if (raw === "0") return 0;
  if (!/^(?:\d{1,11}(?:ms|s|m|h|d))+$/.test(raw)) return undefined;
  let total = 0;
  for (const [, amount, unit] of raw.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  return total;
}

/**
 * Milliseconds as people write them.
 *
 * @example
 * ```ts
 * import { formatDuration } from "coatcheck/settings";
 * formatDuration(5_400_000); // "90m"
 * ```
 */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  const unit = Object.keys(UNITS).findLast((name) => milliseconds % (UNITS[name] ?? 1) === 0) ?? "ms";
  return `${milliseconds / (UNITS[unit] ?? 1)}${unit}`;
}

/**
 * The milliseconds of an option. Throws a `TypeError` that names it, with its unit, for what is no duration or out of
 * range.
 *
 * @example
 * ```ts
 * import { durationOption } from "coatcheck/settings";
 * const timeout = durationOption("timeout", process.env["TIMEOUT"] ?? "5s", 100, 60_000);
 * ```
 */
export function durationOption(name: string, given: unknown, least: number, most: number): number {
  const value = typeof given === "string" ? parseDuration(given.trim()) : given;
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${name} is ${JSON.stringify(given)}, which is no duration; write milliseconds, or "15m", "1h", "30d"`);
  }
  if (value >= least && value <= most) return value;
  const shown = typeof given === "string" ? given : `${value} ms`;
  throw new TypeError(`${name} is ${shown}; it can be from ${formatDuration(least)} to ${formatDuration(most)}`);
}

/** How many single-character edits make `a` into `b`. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

const folded = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/**
 * The known name that was probably meant, if any is close.
 *
 * @example
 * ```ts
 * import { suggest } from "coatcheck/settings";
 * suggest("publicURL", ["publicUrl", "secrets", "store"]); // "publicUrl"
 * ```
 */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(folded(name).length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(folded(name), folded(candidate));
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/**
 * ` Did you mean "x"?`, or nothing.
 *
 * @example
 * ```ts
 * import { didYouMean } from "coatcheck/settings";
 * throw new TypeError(`There is no option stroe. ${didYouMean("stroe", ["secrets", "store"])}`);
 * ```
 */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = suggest(name, known);
  return meant === undefined ? "" : `Did you mean ${meant}?`;
}
