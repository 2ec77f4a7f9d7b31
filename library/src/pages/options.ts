/** How our pages look and which languages they speak: the options, checked. */
import type { Report } from "../contracts.ts";
import { didYouMean } from "../core/options/settings.ts";
import { isColor } from "./colors.ts";
import { WORDS } from "./languages.ts";
import type { Brand, PageRenderer } from "./page-view.ts";
import { ENGLISH, type WordKey } from "./words/english.ts";

/** Texts by their names; those that are missing are English. */
export type PageWords = { readonly [key in WordKey]?: string };

/**
 * How our pages look, and which languages they speak.
 *
 * @example
 * ```ts
 * const brand = { name: "Corner Shop", logo: "/logo.svg", colors: { accent: "#0a7d4f" } };
 * const auth = coatcheck({ pages: { brand, language: ["de", "en"] }, … });
 * ```
 */
export interface PagesOptions {
  readonly brand?: Brand;
  /**
   * The languages that pages are offered in; the browser's `Accept-Language` chooses. The first is for browsers that
   * ask for none of them. Default: `en`, `de`, `fr`, `es`, `ja`, `ar`, and those of `words`.
   */
  readonly language?: string | readonly string[];
  /**
   * Other words for a language, or a language more, by its BCP 47 name. Texts have the names that `PageWords` lists;
   * `{…}` in them is filled in.
   */
  readonly words?: { readonly [language: string]: PageWords };
  /**
   * Makes the HTML of pages instead of ours. It answers at once; if it throws, the page is one of ours, and the event
   * is `page.failed`.
   */
  readonly render?: PageRenderer;
}

/** The options with all that they leave open. */
interface SettledPages {
  readonly brand: Brand;
  /** Texts by language, the fallback first. */
  readonly languages: ReadonlyMap<string, PageWords>;
  readonly render: PageRenderer | null;
}

/** What pages are made with beside their options. */
export interface PagesWorld {
  readonly entropy: { bytes(length: number): Uint8Array };
  readonly report: Report;
}

const LONGEST_NAME = 100;
const LONGEST_LOGO = 65_536;
const LONGEST_CSS = 262_144;

/** Completes and checks them. Throws a `TypeError` that names the option. */
export function settledPages({ brand = {}, language, words = {}, render }: PagesOptions): SettledPages {
  for (const [name, given] of Object.entries({ brand, words }))
    if (typeof given !== "object" || given === null) throw new TypeError(`pages.${name} is no object`);
  if (render !== undefined && typeof render !== "function") throw new TypeError("pages.render is no function");
  return { brand: checkedBrand(brand), languages: offered(language, allWords(words)), render: render ?? null };
}

function checkedBrand(brand: Brand): Brand {
  const { name, logo, colors = {}, css } = brand;
  checkText("pages.brand.name", name, LONGEST_NAME);
  checkText("pages.brand.logo", logo, LONGEST_LOGO);
  checkText("pages.brand.css", css, LONGEST_CSS);
  if (logo !== undefined && !isLogo(logo)) {
    const right = "It is a path as /logo.svg, a URL that begins with https:, or data:image/….";
    throw new TypeError(`pages.brand.logo is no picture's address. ${right}`);
  }
  // Nothing else ends a style sheet before its time.
  if (css !== undefined && /<\/style/i.test(css)) throw new TypeError("pages.brand.css has </style in it, which no CSS needs");
  for (const [which, value] of Object.entries(colors)) {
    if (value !== undefined && !isColor(value))
      throw new TypeError(`pages.brand.colors.${which} is ${JSON.stringify(value)}; write a colour as "#2f55d4"`);
  }
  return brand;
}

function checkText(name: string, value: unknown, longest: number): void {
  if (value === undefined) return;
  if (typeof value !== "string" || value === "" || value.length > longest || !value.isWellFormed())
    throw new TypeError(`${name} is no text of 1 to ${longest} characters`);
}

/** What stands in a policy beside other words, and so has neither spaces nor what ends a directive. */
function isLogo(logo: string): boolean {
  if (/[\s;,\\]/.test(logo.startsWith("data:") ? "" : logo)) return false;
  if (/^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/.test(logo)) return true;
  return /^\/(?!\/)/.test(logo) || (/^https:\/\//.test(logo) && URL.canParse(logo));
}

function allWords(given: NonNullable<PagesOptions["words"]>): Map<string, PageWords> {
  const all = new Map<string, PageWords>(Object.entries(WORDS));
  for (const [name, texts] of Object.entries(given)) {
    const tag = tagOf(name, `pages.words has ${JSON.stringify(name)}`);
    for (const [key, text] of Object.entries(texts)) {
      if (!Object.hasOwn(ENGLISH, key))
        throw new TypeError(`pages.words.${tag}.${key} is no text of ours. ${didYouMean(key, Object.keys(ENGLISH))}`.trimEnd());
      if (typeof text !== "string") throw new TypeError(`pages.words.${tag}.${key} is no text`);
    }
    all.set(tag, { ...all.get(tag), ...texts });
  }
  return all;
}

function offered(given: PagesOptions["language"], all: Map<string, PageWords>): ReadonlyMap<string, PageWords> {
  if (given === undefined) return all;
  const tags = [given].flat().map((one) => tagOf(one, `pages.language has ${JSON.stringify(one)}`));
  if (tags.length === 0) throw new TypeError("pages.language is empty");
  return new Map(
    tags.map((tag) => {
      const words = all.get(tag);
      if (words !== undefined) return [tag, words];
      throw new TypeError(`pages.language has ${tag}. There are: ${[...all.keys()].join(", ")}; pages.words adds others.`);
    }),
  );
}

function tagOf(given: unknown, what: string): string {
  try {
    const [tag] = Intl.getCanonicalLocales(typeof given === "string" ? given : "");
    if (tag !== undefined) return tag;
  } catch {
    // A `RangeError` that does not name the option.
  }
  throw new TypeError(`${what}, which is no language; write "en", "de" or "pt-BR"`);
}
