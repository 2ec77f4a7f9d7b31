/** Every page of ours, with what a real one has in it, and long names: for tests in a browser, and to be looked at. */
import type { SessionInfo, TokenInfo } from "../../src/contracts.ts";
import { systemEntropy } from "../../src/crypto/entropy.ts";
import type { PagesOptions } from "../../src/pages/options.ts";
import { type PageMaker, pagesOf } from "../../src/pages/pages.ts";
import { choosePage } from "../../src/pages/views/choose.ts";
import { consentAgainPage, consentPage, consentRefusedPage } from "../../src/pages/views/consent.ts";
import { endedPage } from "../../src/pages/views/ended.ts";
import { forbiddenPage } from "../../src/pages/views/forbidden.ts";
import { formGonePage, formLostPage, formSentPage, sendFormPage } from "../../src/pages/views/kept-form.ts";
import { failurePage } from "../../src/pages/views/login-failed.ts";
import { outagePage } from "../../src/pages/views/outage.ts";
import { sessionsPage, signInFirstPage } from "../../src/pages/views/sessions.ts";
import { landingPage, logoutPage, signedOutHerePage, signedOutPage, stillSignedInPage } from "../../src/pages/views/sign-out.ts";
import { listen } from "../talk.ts";

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const LOGIN = "/auth/login?return_to=%2F";

const session = (id: string, more: Partial<SessionInfo>): SessionInfo => ({
  ...{ id, owner: "o", issuer: "https://id.example.com", method: "oidc:work", userAgent: null, address: null },
  ...{ createdAt: NOW - DAY, seenAt: NOW - 300_000, expiresAt: NOW + DAY, idleExpiresAt: NOW + DAY, ...more },
});
const token = (id: string, more: Partial<TokenInfo>): TokenInfo => ({
  ...{ id, kind: "personal", owner: "o", issuer: "i", subject: "s", actor: null, parent: null, name: null },
  ...{ audience: "https://api.example.com", scope: "", client: "a-cli", createdAt: NOW - 9 * DAY },
  ...{ expiresAt: NOW + 30 * DAY, lastUsedAt: null, ...more },
});

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1";
const DEVICES = {
  sessions: [
    session("phone", { userAgent: SAFARI, address: "2001:db8:7::/48", createdAt: NOW - 40 * DAY, seenAt: NOW - DAY }),
    session("here", { userAgent: FIREFOX, address: "192.0.2.0/24" }),
    session("script", { userAgent: `${"long-".repeat(20)}agent/1.0`, method: "oidc:home" }),
    session("unknown", { method: "app" }),
  ],
  tokens: [
    token("backup", { name: "Nightly backup of the shop's database, written by Priya in 2026", scope: "orders:read users:read" }),
    token("agent", { kind: "agent", actor: "assistant@agents.example.com", expiresAt: NOW + 3_600_000 }),
    token("cli", { kind: "family", expiresAt: null, scope: "read" }),
  ],
  ...{ current: "here", userAgent: FIREFOX, named: true, now: NOW, prefix: "/auth" },
};
const CONSENT = {
  action: "/auth/tokens/authorize",
  fields: [["client_id", "a-cli"]] as const,
  ...{ client: "shopctl", audience: "https://api.example.com", user: "priya@example.com", lasting: 30 * DAY },
};
const ENDED = endedPage("elsewhere", LOGIN);
const FAILED = { login: LOGIN, reference: "9f86d081884c" };

/** By name. */
export const GALLERY: ReadonlyMap<string, PageMaker> = new Map([
  [
    "choose",
    choosePage([
      { label: "Example Corporation (employees)", href: `${LOGIN}&provider=work` },
      { label: "GitHub", href: `${LOGIN}&provider=github`, last: true },
      { label: "Google", href: `${LOGIN}&provider=google` },
    ]),
  ],
  ["failed", failurePage({ ...FAILED, code: "ERR_LOGIN_EXPIRED", cause: "ERR_LOGIN_EXPIRED (age)", goOn: "/" })],
  ["failed-malformed", failurePage({ ...FAILED, code: "ERR_BAD_REQUEST", parameter: "return_to" })],
  ["failed-later", failurePage({ ...FAILED, code: "ERR_PROVIDER_UNAVAILABLE" })],
  [
    "refused",
    failurePage({ ...FAILED, code: "ERR_FORBIDDEN", sentence: "Your account is suspended. Write to help@example.com." }),
  ],
  ...(ENDED === undefined ? [] : [["ended", ENDED] as const]),
  ["signed-out", signedOutPage(LOGIN)],
  ["still-signed-in", stillSignedInPage("/auth/logout")],
  ["signed-out-here", signedOutHerePage("/auth/logout/continue?to=x")],
  ["sign-out", logoutPage("/auth/logout", "/cart")],
  ["landing", staying(landingPage("/cart"))],
  ["outage", outagePage({ code: "ERR_TOKEN_UNAVAILABLE", retryAfter: 30, target: "/orders", login: LOGIN })],
  ["upstream", outagePage({ code: "ERR_UPSTREAM_UNAVAILABLE", retryAfter: 5, target: "/orders", login: LOGIN })],
  ["forbidden", forbiddenPage("/auth/logout")],
  ["form", sendFormPage({ action: "/cart", fields: [["item", "umbrella"]], page: "/cart" })],
  ["form-sent", formSentPage()],
  ["form-gone", formGonePage()],
  ["form-lost", formLostPage("/cart")],
  ["sessions", sessionsPage({ ...DEVICES, login: null })],
  ["sessions-old", sessionsPage({ ...DEVICES, login: `${LOGIN}&prompt=login` })],
  ["sign-in-first", signInFirstPage(LOGIN)],
  ["consent", consentPage({ ...CONSENT, scope: "orders:read orders:write" })],
  ["consent-again", consentAgainPage(LOGIN)],
  ["consent-refused", consentRefusedPage("redirect_uri is not http://127.0.0.1:PORT/…")],
]);

/** It leads on at once; to be looked at, it stays. */
function staying(page: PageMaker): PageMaker {
  return (language) => {
    const { onward: _, ...content } = page(language);
    return content;
  };
}

/** Serves each at its name, in the language of the request; at `/logo.svg` a picture. */
export async function galleryServer(options: PagesOptions) {
  const pages = pagesOf(options, { entropy: systemEntropy, report: () => undefined });
  return listen((request, response) => {
    const name = (request.url ?? "/").slice(1);
    const page = GALLERY.get(name);
    if (page === undefined) {
      response.writeHead(200, { "content-type": "image/svg+xml" }).end(LOGO);
      return;
    }
    const { status, headers, body } = pages.show({ header: (one) => request.headers[one]?.toString() }, page);
    response.writeHead(status, headers.flat()).end(body);
  });
}

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"><rect width="160" height="40" rx="8" fill="#0a7d4f"/><text x="80" y="26" fill="#fff" font-family="sans-serif" font-size="18" text-anchor="middle">Corner Shop</text></svg>`;
