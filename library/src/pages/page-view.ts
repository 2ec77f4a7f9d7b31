/** One of our pages as data, before it is HTML: what a renderer of the app's own gets. */

/** Which page it is. */
export type PageKind =
  /** The providers to choose from. */
  | "choose"
  /** A login that failed, and one of a user who may not come in. */
  | "failed"
  | "refused"
  /** Why a session is over. */
  | "ended"
  | "signed-out"
  | "signed-in"
  /** Asks before it signs out. */
  | "sign-out"
  | "outage"
  | "forbidden"
  /** The user's sessions and tokens. */
  | "sessions"
  /** A fresh login is needed first. */
  | "sign-in-again"
  /** What a person was sending when they had to sign in again. */
  | "form"
  /** Asks whether a program may act for the user. */
  | "consent"
  | "malformed";

/** A link. */
export interface PageLink {
  readonly label: string;
  readonly href: string;
  /** A word beside it, such as that it was used last time. */
  readonly note?: string;
}

/** A button of a form; with a name it sends a field. */
export interface PageButton {
  readonly label: string;
  readonly name?: string;
  readonly value?: string;
}

/** A form that posts hidden fields by a button. */
export interface PageForm {
  readonly action: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The most usual first. */
  readonly buttons: readonly PageButton[];
}

/** A text and a value that is to be copied as it is, such as a reference. */
export interface PageFact {
  readonly label: string;
  readonly value: string;
}

/** An entry of a list. */
export interface PageEntry {
  readonly title: string;
  /** Marks one among the others. */
  readonly badge?: string;
  readonly lines: readonly string[];
  readonly form?: PageForm;
  readonly links?: readonly PageLink[];
}

/** A list, and what can be done with all of it. */
export interface PageSection {
  readonly title?: string;
  readonly text?: string;
  readonly entries: readonly PageEntry[];
  readonly form?: PageForm;
}

/** What a page says. Every text is text, no markup: whoever makes HTML of it escapes it. */
export interface PageContent {
  readonly kind: PageKind;
  readonly status: number;
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** Where the user can go on to, the best first. */
  readonly links?: readonly PageLink[];
  /** Ways to choose from, equal among each other. */
  readonly choices?: readonly PageLink[];
  readonly form?: PageForm;
  /** The way of the form leads over other hosts, so that no policy may keep it at this one. */
  readonly formLeaves?: boolean;
  readonly sections?: readonly PageSection[];
  readonly facts?: readonly PageFact[];
  /** As the operator finds it in the log. */
  readonly reference?: PageFact;
  /** Where the browser goes on to by itself, at once. */
  readonly onward?: string;
}

/** What the site looks like. */
export interface Brand {
  /** The site's name: above each page, and in the window's title. At most 100 characters. */
  readonly name?: string;
  /** A picture instead of the name above: a path of the own origin, an `https:` URL, or `data:image/…`. */
  readonly logo?: string;
  /** Colours of buttons and links, as `#2f55d4`. What would be hard to read is made darker or lighter. */
  readonly colors?: {
    readonly accent?: string;
    /** The same in the dark. Default: `accent`. */
    readonly accentDark?: string;
  };
  /** CSS behind ours. It loads pictures and fonts of the own origin, and nothing else. */
  readonly css?: string;
}

/**
 * A page as a renderer gets it.
 *
 * @example
 * ```ts
 * import type { PageView } from "coatcheck";
 * const heading = ({ title, language }: PageView) => `${title} (${language})`;
 * ```
 */
export interface PageView extends PageContent {
  /** Of the words, as BCP 47 has it: `en`, `pt-BR`. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  readonly brand: Brand;
  /** Fresh for this answer: `<style nonce>` and `<script nonce>` with it are let in. */
  readonly nonce: string;
}

/** HTML of a renderer's own. */
export interface RenderedPage {
  /** The whole document. */
  readonly html: string;
  /**
   * Default: styles and scripts with the nonce, and styles, pictures, fonts and calls of the own origin. That no other
   * page may frame it is added unless it says who may.
   */
  readonly contentSecurityPolicy?: string;
}

/** Makes HTML of a page; `undefined`: the page is to look as ours do. */
export type PageRenderer = (page: PageView) => string | RenderedPage | undefined;
