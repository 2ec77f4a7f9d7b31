/** Settings of our pages: the site's brand, and their languages. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Kind } from "../kinds/kind.ts";
import { oneOf, shown } from "../kinds/kinds.ts";
import { fallback, list, object, optional } from "../kinds/shape.ts";
import type { Place } from "../sources/place.ts";

const LONGEST_NAME = 100;
const LARGEST_CSS = 262_144;

const name: Kind<string> = {
  label: "text",
  schema: { type: "string", minLength: 1, maxLength: LONGEST_NAME },
  read(raw, place) {
    if (typeof raw === "string" && raw.trim() !== "" && raw.length <= LONGEST_NAME) return raw.trim();
    return place.fail(`is ${shown(raw)}`, `It is a text of at most ${LONGEST_NAME} characters.`);
  },
};

const logo: Kind<string> = {
  label: "a picture's address",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    const text = typeof raw === "string" ? raw.trim() : "";
    if (/^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/.test(text) && text.length <= 65_536) return text;
    const plain = !/[\s;,\\]/.test(text) && text.length <= 2_048;
    if (plain && (/^\/(?!\/)/.test(text) || (/^https:\/\//.test(text) && URL.canParse(text)))) return text;
    return place.fail(
      `is ${shown(raw)}, which is no picture's address`,
      "A path as /logo.svg that is open to everybody, a URL that begins with https:, or data:image/… of at most 64 KiB.",
    );
  },
};

const color: Kind<string> = {
  label: "a colour such as #2f55d4",
  schema: { type: "string", pattern: "^#[0-9A-Fa-f]{6}$" },
  read(raw, place) {
    if (typeof raw === "string" && /^#[0-9a-f]{6}$/i.test(raw.trim())) return raw.trim();
    return place.fail(`is ${shown(raw)}, which is no colour`, "Write it as #2f55d4, in quotes.");
  },
};

/** What a file of CSS holds. It stands in the pages themselves, so it must not end their style sheet. */
const css: Kind<string> = {
  label: "a file's name",
  schema: { type: "string", minLength: 1 },
  read(raw, place) {
    if (typeof raw !== "string" || raw.trim() === "")
      return place.fail(`is ${shown(raw)}, which is no file's name`, "Name a file of CSS, for example brand.css.");
    const text = readText(resolve(place.directory, raw.trim()), place);
    if (text === undefined) return undefined;
    if (text.trim() === "" || /<\/style/i.test(text))
      return place.fail(`is ${shown(raw)}, which has no CSS in it`, "It must not be empty, nor have </style in it.");
    return text;
  },
};

function readText(path: string, place: Place): string | undefined {
  try {
    if (statSync(path).size > LARGEST_CSS) return place.fail(`is ${shown(path)}, which is too large`, "256 KiB are the most.");
    return readFileSync(path, "utf8");
  } catch {
    return place.fail(`is ${shown(path)}, which cannot be read`, "Name a file that is there, and that this user may read.");
  }
}

/** What the pages look like. */
export const brand = object({
  name: optional(name, "The site's name: above each page, and in the window's title.", { env: "COATCHECK_BRAND_NAME" }),
  logo: optional(logo, "A picture that stands above instead of the name.", { env: "COATCHECK_BRAND_LOGO" }),
  accent: optional(color, "The colour of buttons and links. One that would be hard to read is made lighter or darker.", {
    env: "COATCHECK_BRAND_ACCENT",
  }),
  accentDark: optional(color, "The same in the dark. Not set: `accent`.", { env: "COATCHECK_BRAND_ACCENT_DARK" }),
  css: optional(css, "A file of CSS that comes behind ours, read at the start. It loads from the own origin alone.", {
    env: "COATCHECK_BRAND_CSS",
  }),
});

/** The languages that pages are offered in. */
export const language = fallback(
  list(oneOf(["en", "de", "fr", "es", "ja", "ar"]), 1),
  "The languages of our pages, from which browsers choose. The first is for browsers that ask for none of them.",
  ["en", "de", "fr", "es", "ja", "ar"],
  { env: "COATCHECK_LANGUAGE" },
);
