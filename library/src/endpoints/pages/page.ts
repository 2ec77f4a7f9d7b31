/** The frame of all our pages, and those of login and logout. */
import { createHash } from "node:crypto";
import type { RouteResponse } from "../../contracts.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2433;--dim:#5b6478;--paper:#f4f5f8;--card:#fff;--line:#dfe3ea;--accent:#2f55d4;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf2;--dim:#9aa3b5;--paper:#12151c;--card:#1a1f29;--line:#2c3340;--accent:#7f9cff;--on:#10131a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
main{width:100%;max-width:29rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2.25rem 2rem}
h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.3}
p{margin:0 0 1rem}
.dim{color:var(--dim);font-size:.875rem;margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
code{font:inherit;font-family:ui-monospace,monospace;user-select:all}
.row{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
a.go,button{display:inline-block;border:1px solid var(--accent);border-radius:9px;padding:.6rem 1.1rem;background:var(--accent);color:var(--on);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
a.go.quiet{background:transparent;color:var(--accent)}
a.go:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * No script, no third-party byte, no frame. `form-action` stays open where a form stands: browsers apply it to every
 * redirect that follows, and the way of a logout leads over the provider's hosts.
 */
const policy = (forms: boolean): string =>
  `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'${forms ? "" : "; form-action 'none'"}`;

const ESCAPES: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in HTML, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** Where a page leads on to. */
export interface Way {
  readonly label: string;
  readonly href: string;
}

interface Page {
  readonly status: number;
  readonly title: string;
  /** Markup, escaped already. */
  readonly content: string;
  readonly forms: boolean;
  /** Where the browser goes on to by itself, at once. */
  readonly onward?: string;
}

/** Every header that a page of ours has; it shows nothing to caches, frames or other sites (CB-11, HD-01, HD-02). */
export function page({ status, title, content, forms, onward }: Page): RouteResponse {
  const refresh = onward === undefined ? "" : `\n<meta http-equiv="refresh" content="0;url=${escapeHtml(onward)}">`;
  return {
    status,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["cache-control", "no-store"],
      ["content-security-policy", policy(forms)],
      ["referrer-policy", "no-referrer"],
      ["x-content-type-options", "nosniff"],
      ["x-frame-options", "DENY"],
      ["cross-origin-opener-policy", "same-origin"],
    ],
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${content}</main></body></html>
`,
  };
}

export const link = ({ label, href }: Way, quiet: boolean): string =>
  `<a class="go${quiet ? " quiet" : ""}" href="${escapeHtml(href)}">${escapeHtml(label)}</a>`;

interface FailureContent {
  readonly status: number;
  readonly title: string;
  /** What happened, in plain words. */
  readonly reason: string;
  /** What the user can do, the best first. */
  readonly ways: readonly Way[];
  /** As the operator finds it in the log. */
  readonly reference: string;
  /** What went wrong, for a developer at their own machine. */
  readonly cause?: string;
}

/** The page of a login that failed. */
export function failurePage({ status, title, reason, ways, reference, cause }: FailureContent): RouteResponse {
  const links = ways.map((way, index) => link(way, index > 0)).join("");
  const shown = cause === undefined ? "" : `<p>On this machine: <code>${escapeHtml(cause)}</code></p>`;
  const content = `<p>${escapeHtml(reason)}</p>${shown}<div class="row">${links}</div>
<p class="dim">If it goes on like this, tell the operator of this site the reference <code>${escapeHtml(reference)}</code>.</p>`;
  return page({ status, title, content, forms: false });
}

/** The page that asks before it signs a user out: a link alone must not (S-46). */
export function logoutPage(action: string, returnTo: string | null): RouteResponse {
  const field = returnTo === null ? "" : `<input type="hidden" name="return_to" value="${escapeHtml(returnTo)}">`;
  const content = `<p>You will be signed out in this browser.</p>
<form method="post" action="${escapeHtml(action)}">${field}<div class="row"><button type="submit">Sign out</button>
${link({ label: "Stay signed in", href: returnTo ?? "/" }, true)}</div></form>`;
  return page({ status: 200, title: "Sign out?", content, forms: true });
}

/**
 * Where a login lands when the session's cookie is `SameSite=Strict`: browsers send such a cookie to a page that is
 * reached from our own page, and not to one that is reached by redirects from the provider's.
 */
export function landingPage(returnTo: string): RouteResponse {
  const content = `<p>You are signed in.</p><div class="row">${link({ label: "Go on", href: returnTo }, false)}</div>`;
  return page({ status: 200, title: "Signed in", content, forms: false, onward: returnTo });
}
