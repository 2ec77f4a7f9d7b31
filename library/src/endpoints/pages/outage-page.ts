/** The page of a navigation that cannot be served now: what happened, in plain words, and what to do. */
import type { ErrorCode, RouteResponse } from "../../contracts.ts";
import { retryAfter as retryAfterOf } from "../../core/errors/problem-answer.ts";
import { ERRORS } from "../../core/errors.ts";
import { escapeHtml, link, page, type Way } from "./page.ts";

/** What the page of an outage says. */
interface Outage {
  readonly code: ErrorCode;
  /** Seconds after which trying again may help. */
  readonly retryAfter: number;
  /** Where the browser was going; `null` if that cannot be asked for again. */
  readonly target: string | null;
  /** The login's address. */
  readonly login: string;
}

interface Words {
  readonly title: string;
  readonly reason: string;
  /** A fresh login may help, beside asking again, or instead. */
  readonly login?: "too" | "alone";
}

const SIGNED_OUT = "You are signed out in this browser";
const WORDS: { readonly [code in ErrorCode]?: Words } = {
  ERR_PROVIDER_UNAVAILABLE: {
    title: "Your sign-in cannot be confirmed right now",
    reason: "The service that you sign in with does not answer at the moment. You are still signed in, and nothing is lost.",
  },
  ERR_TOKEN_UNAVAILABLE: {
    title: "This page cannot be opened right now",
    reason:
      "It needs a fresh permission from the service that you sign in with, which gives none at the moment. You are still signed in, and nothing is lost.",
    login: "too",
  },
  ERR_LOGOUT_PENDING: { title: SIGNED_OUT, reason: ERRORS.ERR_LOGOUT_PENDING.message, login: "alone" },
  ERR_LOGOUT_UNFINISHED: { title: SIGNED_OUT, reason: ERRORS.ERR_LOGOUT_UNFINISHED.message, login: "alone" },
  ERR_STORE_UNAVAILABLE: {
    title: "This page cannot be opened right now",
    reason: "It cannot be looked up who you are. You are still signed in, and nothing is lost.",
  },
};

export function outagePage({ code, retryAfter, target, login }: Outage): RouteResponse {
  const { status, message } = ERRORS[code];
  const words = WORDS[code] ?? { title: "This page cannot be opened right now", reason: message };
  const again: Way = { label: "Try again", href: ownTarget(target) };
  const anew: Way = { label: "Sign in again", href: login };
  const ways = words.login === undefined ? [again] : words.login === "alone" ? [anew] : [again, anew];
  const wait = retryAfter > 1 ? ` Try again in ${inWords(retryAfter)}.` : " Try again in a moment.";
  const content = `<p>${escapeHtml(words.reason)}${words.login === "alone" ? "" : wait}</p><div class="row">${ways.map((way, index) => link(way, index > 0)).join("")}</div>`;
  const response = page({ status, title: words.title, content, forms: false });
  const headers = [...retryAfterOf(status, retryAfter), ["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"]] as const;
  return { ...response, headers: [...response.headers, ...headers] };
}

/** A path of this origin. `//host` would be another's address. */
const ownTarget = (target: string | null): string => (target !== null && /^\/(?![/\\])/.test(target) ? target : "/");

function inWords(seconds: number): string {
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
