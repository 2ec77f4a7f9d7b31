/** The page of a navigation that cannot be served now: what happened, in plain words, and what to do. */
import type { ErrorCode } from "../../contracts.ts";
import { ERRORS } from "../../core/errors.ts";
import type { PageMaker } from "../pages.ts";
import type { WordKey } from "../words/english.ts";
import { errorText } from "./error-text.ts";

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
  readonly title: WordKey;
  /** Default: what the code means. */
  readonly reason?: WordKey;
  /** A fresh login may help, beside asking again, or instead. */
  readonly login?: "too" | "alone";
}

const USUAL: Words = { title: "outage.title" };
const WORDS: { readonly [code in ErrorCode]?: Words } = {
  ERR_PROVIDER_UNAVAILABLE: { title: "outage.provider", reason: "outage.providerText" },
  ERR_TOKEN_UNAVAILABLE: { title: "outage.title", reason: "outage.token", login: "too" },
  ERR_LOGOUT_PENDING: { title: "outage.signedOut", login: "alone" },
  ERR_LOGOUT_UNFINISHED: { title: "outage.signedOut", login: "alone" },
  ERR_STORE_UNAVAILABLE: { title: "outage.title", reason: "outage.store" },
};

export function outagePage({ code, retryAfter, target, login }: Outage): PageMaker {
  const { title, reason, login: helps } = WORDS[code] ?? USUAL;
  return (language) => {
    const { text } = language;
    const time = language.span(retryAfter < 90 ? retryAfter * 1_000 : Math.max(2, retryAfter / 60) * 60_000);
    const wait = retryAfter > 1 ? text("outage.wait", { time }) : text("outage.soon");
    const again = { label: text("tryAgain"), href: ownTarget(target) };
    const anew = { label: text("signInAgain"), href: login };
    const said = reason === undefined ? errorText(language, code) : text(reason);
    return {
      kind: "outage",
      status: ERRORS[code].status,
      title: text(title),
      paragraphs: [helps === "alone" ? said : `${said} ${wait}`],
      links: helps === undefined ? [again] : helps === "alone" ? [anew] : [again, anew],
    };
  };
}

/** A path of this origin. `//host` would be another's address. */
const ownTarget = (target: string | null): string => (target !== null && /^\/(?![/\\])/.test(target) ? target : "/");
