/** The page that says why a session ended. */
import type { EndReason } from "../../contracts.ts";
import type { PageMaker } from "../pages.ts";
import { ENGLISH, type WordKey } from "../words/english.ts";

const isText = (key: string): key is WordKey => Object.hasOwn(ENGLISH, key);

/**
 * Says why the session is over, and leads to a new one; `undefined` for a reason that is none, and for `replaced`, of
 * whom nothing needs to be told: they signed in again.
 */
export function endedPage(reason: EndReason | string, again: string): PageMaker | undefined {
  const key = `ended.${reason}`;
  if (key === "ended.title" || !isText(key)) return undefined;
  return ({ text }) => ({
    kind: "ended",
    status: 200,
    title: text("ended.title"),
    paragraphs: [text(key)],
    links: [{ label: text("signInAgain"), href: again }],
  });
}
