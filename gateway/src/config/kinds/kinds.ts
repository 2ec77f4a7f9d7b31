/** Kinds of plain values: text, numbers, durations, sizes, secrets. */
import { CoatcheckError } from "coatcheck/errors";
import { readSecret } from "coatcheck/secrets";
import { parseDuration, suggest } from "coatcheck/settings";
import type { Kind } from "./kind.ts";

/** A value as it may be shown in a message. Kinds of secrets never use this. */
export function shown(raw: unknown): string {
  const text = typeof raw === "string" ? raw : (JSON.stringify(raw) ?? String(raw));
  const printable = text.replaceAll(/[^\x20-\x7e]/g, "?");
  return printable.length > 80 ? `${printable.slice(0, 77)}...` : printable;
}

/** `${CLIENT_SECRET}`, as it stands in a template that was not filled in. */
const isPlaceholder = (raw: string): boolean => /^\$(?:\{[A-Za-z_]\w*(?::?[-?].*)?\}|\(.*\)|[A-Z_][A-Z0-9_]*)$/.test(raw.trim());
const PLACEHOLDER = [
  "is a name instead of a value",
  "Variables are not filled in here. Set the setting's own variable, or name a file for a secret.",
] as const;

/** Any text that is not empty. */
export const text: Kind<string> = {
  label: "text",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    if (typeof raw !== "string" || raw.trim() === "") return place.fail("is no text", "Give it as text.");
    return isPlaceholder(raw) ? place.fail(...PLACEHOLDER) : raw.trim();
  },
};

/** Texts by name. */
export const textMap: Kind<{ readonly [name: string]: string }> = {
  label: "texts by name",
  schema: { type: "object", additionalProperties: { type: "string" } },
  read(raw, place) {
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return place.fail("is no object", "Give texts by name.");
    const texts: { [name: string]: string } = {};
    for (const [name, value] of Object.entries(raw)) {
      if (typeof value !== "string") return place.child(name).fail(`is ${shown(value)}`, "Give it as text, in quotes.");
      texts[name] = value;
    }
    return texts;
  },
};

/** Text that no message ever shows. */
export const secretText: Kind<string> = {
  label: "a secret",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    if (typeof raw !== "string" || raw.trim() === "") return place.fail("is empty or no text", "Give the secret as text.");
    return isPlaceholder(raw) ? place.fail(...PLACEHOLDER) : raw.trim();
  },
};

/** `true` or `false`. */
export const flag: Kind<boolean> = {
  label: "true or false",
  schema: { type: "boolean" },
  read(raw, place) {
    if (raw === true || raw === "true" || raw === "1") return true;
    if (raw === false || raw === "false" || raw === "0") return false;
    return place.fail(`is ${shown(raw)}`, "It is true or false.");
  },
};

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number): Kind<number> {
  return {
    label: `a whole number from ${minimum} to ${maximum}`,
    schema: { type: "integer", minimum, maximum },
    read(raw, place) {
      const value = typeof raw === "string" && /^\d{1,15}$/.test(raw.trim()) ? Number(raw) : raw;
      if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
      return place.fail(`is ${shown(raw)}`, `It is a whole number from ${minimum} to ${maximum}.`);
    },
  };
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W): Kind<W[number]> {
  return {
    label: words.join(", "),
    schema: { enum: words },
    read(raw, place) {
      const found = words.find((word) => word === raw);
      if (found !== undefined) return found;
      const meant = typeof raw === "string" ? suggest(raw, words) : undefined;
      return place.fail(
        `is ${shown(raw)}`,
        `It is one of ${words.join(", ")}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
      );
    },
  };
}

/** A length of time, in milliseconds. */
export function duration(minimum: string, maximum = "400d"): Kind<number> {
  const [low, high] = [parseDuration(minimum) ?? 0, parseDuration(maximum) ?? Number.POSITIVE_INFINITY];
  return {
    label: "a duration such as 1h, 15m, 30s",
    schema: { type: "string", pattern: "^(0|([0-9]+(ms|s|m|h|d))+)$" },
    read(raw, place) {
      const value = typeof raw === "string" ? parseDuration(raw.trim()) : raw === 0 ? 0 : undefined;
      if (value === undefined) return place.fail(`is ${shown(raw)}, which is no duration`, "Write it as 1h, 15m or 30s.");
      if (value >= low && value <= high) return value;
      return place.fail(`is ${shown(raw)}`, `It is between ${minimum} and ${maximum}.`);
    },
  };
}

const BYTES: { readonly [unit: string]: number } = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** A number of bytes. */
export function size(minimum: number, maximum: number): Kind<number> {
  return {
    label: "a size such as 16KiB, 10MiB",
    schema: {
      anyOf: [
        { type: "integer", minimum: 0 },
        { type: "string", pattern: "^[0-9]+ ?([KMG]i?)?B?$" },
      ],
    },
    read(raw, place) {
      const match = /^(\d{1,12}) ?((?:[kmg]i?)?b?)$/i.exec(String(raw).trim());
      const unit = BYTES[(match?.[2] ?? "").toLowerCase()];
      if (match === null || unit === undefined)
        return place.fail(`is ${shown(raw)}, which is no size`, "Write it as 16KiB or 10MiB.");
      const value = Number(match[1]) * unit;
      if (value >= minimum && value <= maximum) return value;
      return place.fail(`is ${shown(raw)}`, `It is between ${minimum} and ${maximum} bytes.`);
    },
  };
}

/**
 * A secret of 32 random bytes or more. The library judges it, here as when the keys are made; messages tell its
 * length, never itself.
 */
export const sealingSecret: Kind<string> = {
  label: "32 random bytes or more, base64url",
  schema: { type: "string", minLength: 43 },
  read(raw, place) {
    try {
      readSecret(raw, place.name);
      return typeof raw === "string" ? raw.trim() : undefined;
    } catch (error) {
      if (!(error instanceof CoatcheckError)) throw error;
      const [headline = "", ...lines] = error.message.split("\n").map((line) => line.trim());
      return place.failAs(headline, ...lines);
    }
  },
};
