/** The languages of our pages: which one a browser asks for, and how texts and times are said in it. */
import { ARABIC } from "./words/arabic.ts";
import { type AllWords, ENGLISH, type WordKey } from "./words/english.ts";
import { FRENCH } from "./words/french.ts";
import { GERMAN } from "./words/german.ts";
import { JAPANESE } from "./words/japanese.ts";
import { SPANISH } from "./words/spanish.ts";

/** The words that there are, English first, by BCP 47. */
export const WORDS: { readonly [language: string]: AllWords } = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
  ja: JAPANESE,
  ar: ARABIC,
};

/** Says things in one language. */
export interface Language {
  readonly tag: string;
  readonly direction: "ltr" | "rtl";
  /** A text, with what stands in its braces. */
  text(key: WordKey, values?: { readonly [name: string]: string }): string;
  /** A name or a sentence of the app's or a user's, apart from words around it that may run the other way. */
  name(value: string): string;
  /** `2 hours`; rounded up, so that it says no less than it is. */
  span(milliseconds: number): string;
  /** `5 minutes ago`, `in 3 days`. */
  when(time: number, now: number): string;
}

const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"]);
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
/** Marks that turn the direction of what stands behind them, too. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
] as const;

/** Makes it. What `words` lacks is English. */
export function languageOf(tag: string, words: { readonly [key in WordKey]?: string }): Language {
  const direction = RIGHT_TO_LEFT.has(tag.split("-", 1)[0] ?? "") ? "rtl" : "ltr";
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });

  // A name written the other way must not carry the words around it along.
  function apart(value: string): string {
    const plain = value.replace(TURNS, "");
    return direction === "rtl" || FROM_THE_RIGHT.test(plain) ? `\u2068${plain}\u2069` : plain;
  }

  return {
    tag,
    direction,
    name: apart,
    text: (key, values = {}) =>
      (words[key] ?? ENGLISH[key]).replace(/\{(\w+)\}/g, (whole, name: string) =>
        Object.hasOwn(values, name) ? apart(values[name] ?? "") : whole,
      ),
    span(milliseconds) {
      const [size, unit] = UNITS.find(([one]) => milliseconds >= one) ?? [1_000, "second"];
      const count = Math.ceil(milliseconds / size);
      return new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long" }).format(count);
    },
    when(time, now) {
      const away = time - now;
      const [size, unit] = UNITS.find(([one]) => Math.abs(away) >= one) ?? [1_000, "second"];
      return unit === "second" ? relative.format(0, unit) : relative.format(Math.trunc(away / size), unit);
    },
  };
}

const MOST_ASKED = 20;
const LONGEST_HEADER = 1_000;

/** The one of `offered` that `Accept-Language` asks for most (RFC 9110 s12.5.4, RFC 4647 s3.4), or the first. */
export function negotiated(header: string | undefined, offered: readonly string[]): string {
  const [fallback = "en"] = offered;
  if (header === undefined || header.length > LONGEST_HEADER) return fallback;
  const asked = header
    .split(",", MOST_ASKED)
    .map(range)
    .filter(({ quality }) => quality > 0);
  for (const { tag } of asked.toSorted((a, b) => b.quality - a.quality)) {
    if (tag === "*") return fallback;
    const found = lookedUp(tag, offered);
    if (found !== undefined) return found;
  }
  return fallback;
}

function range(text: string): { readonly tag: string; readonly quality: number } {
  const [, tag = "", quality = "1"] = /^\s*([A-Za-z0-9*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$/.exec(text) ?? [];
  return { tag: tag.toLowerCase(), quality: tag === "" ? 0 : Number(quality) };
}

/** `de-CH` is served by `de`, and `pt` by `pt-BR`. */
function lookedUp(tag: string, offered: readonly string[]): string | undefined {
  for (let part = tag; part !== ""; part = part.slice(0, Math.max(0, part.lastIndexOf("-")))) {
    const exact = offered.find((one) => one.toLowerCase() === part);
    if (exact !== undefined) return exact;
  }
  return offered.find((one) => one.toLowerCase().startsWith(`${tag}-`));
}
