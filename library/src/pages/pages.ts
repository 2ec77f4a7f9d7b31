/** Our pages: makes answers of what they say, in the language and with the looks that are wanted. */
import { createHash } from "node:crypto";
import type { RequestView, RouteResponse } from "../contracts.ts";
import { htmlOf } from "./html.ts";
import { type Language, languageOf, negotiated } from "./languages.ts";
import { type PagesOptions, type PagesWorld, settledPages } from "./options.ts";
import type { Brand, PageContent, PageView, RenderedPage } from "./page-view.ts";
import { styleOf } from "./style.ts";

/** What a page says, in the language that is asked for. */
export type PageMaker = (language: Language) => PageContent;

export interface Pages {
  /** The page as an answer to this request. */
  show(request: Pick<RequestView, "header">, page: PageMaker): RouteResponse;
}

/** Makes them. Throws a `TypeError` for options that cannot be right. */
export function pagesOf(options: PagesOptions | undefined, { entropy, report }: PagesWorld): Pages {
  const { brand, languages, render } = settledPages(options ?? {});
  const tags = [...languages.keys()];
  const made = new Map([...languages].map(([tag, words]) => [tag, languageOf(tag, words)]));
  const first = languageOf("en", {});
  const style = styleOf(brand);
  const sources = sourcesOf(brand, style);

  function languageFor(request: Pick<RequestView, "header">): Language {
    return made.get(negotiated(request.header("accept-language"), tags)) ?? first;
  }

  /** What the app's renderer makes of a page; `null`: nothing, so that it is ours. */
  function ownOf(view: PageView): RenderedPage | null {
    try {
      const own = render?.(view);
      if (own === undefined || own === null) return null;
      const page = typeof own === "string" ? { html: own } : own;
      if (typeof page.html !== "string") throw new TypeError("pages.render answers with HTML as text, or { html }");
      return page;
    } catch (error) {
      report({ name: "page.failed", level: "error", error });
      return null;
    }
  }

  return {
    show(request, page) {
      const spoken = languageFor(request);
      const { tag: language, direction } = spoken;
      const content = page(spoken);
      const nonce = render === null ? "" : Buffer.from(entropy.bytes(16)).toString("base64url");
      const view: PageView = { ...content, language, direction, brand, nonce };
      const own = render === null ? null : ownOf(view);
      const policy = own === null ? `default-src 'none'; ${sources}` : (own.contentSecurityPolicy ?? ownSources(nonce));
      const framed = /\bframe-ancestors\b/.test(policy) ? "" : "; frame-ancestors 'none'";
      const directives = `${policy}; base-uri 'none'${framed}${formAction(content)}`;
      return answerOf(content, own?.html ?? htmlOf(view, style), directives);
    },
  };
}

/**
 * Every header that a page of ours has: it shows nothing to caches, frames or other sites (CB-11, HD-01, HD-02). A form
 * sends its origin, which browsers hide where a page has no referrer at all.
 */
function answerOf(content: PageContent, body: string, policy: string): RouteResponse {
  return {
    status: content.status,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["cache-control", "no-store"],
      ["content-security-policy", policy],
      ["referrer-policy", hasForm(content) ? "same-origin" : "no-referrer"],
      ["x-content-type-options", "nosniff"],
      ["x-frame-options", "DENY"],
      ["cross-origin-opener-policy", "same-origin"],
    ],
    body,
  };
}

const hasForm = ({ form, sections = [] }: PageContent): boolean =>
  form !== undefined || sections.some((one) => one.form !== undefined || one.entries.some((entry) => entry.form !== undefined));

/** Browsers apply `form-action` to every redirect that follows, so it is left open for a way that leads elsewhere. */
function formAction(content: PageContent): string {
  if (!hasForm(content)) return "; form-action 'none'";
  return content.formLeaves === true ? "" : "; form-action 'self'";
}

/** No script, no frame, and nothing of other hosts but the brand's picture. */
function sourcesOf({ logo, css }: Brand, style: string): string {
  const hash = createHash("sha256").update(style).digest("base64");
  const pictures = [
    ...(css !== undefined || logo?.startsWith("/") === true ? ["'self'"] : []),
    ...(logo?.startsWith("data:") === true ? ["data:"] : []),
    ...(logo?.startsWith("https:") === true ? [new URL(logo).origin] : []),
  ];
  return [
    `style-src 'sha256-${hash}'`,
    ...(pictures.length === 0 ? [] : [`img-src ${pictures.join(" ")}`]),
    ...(css === undefined ? [] : ["font-src 'self'"]),
  ].join("; ");
}

const ownSources = (nonce: string): string =>
  `default-src 'none'; style-src 'self' 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'`;
