/** The page of a login with several providers to choose from. */
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { PageMaker } from "../pages.ts";

/** A way to sign in. */
interface LoginChoice {
  /** The provider as people know it. */
  readonly label: string;
  /** Begins the login there. */
  readonly href: string;
  /** It was chosen in this browser the last time. */
  readonly last?: boolean;
}

/** Offers them in this order, the one of last time first. */
export function choosePage(choices: readonly LoginChoice[]): PageMaker {
  const ordered = choices.toSorted((a, b) => Number(b.last ?? false) - Number(a.last ?? false));
  return ({ text }) => ({
    kind: "choose",
    status: 200,
    title: text("choose.title"),
    paragraphs: [text("choose.text")],
    choices: ordered.map(({ label, href, last }) => {
      const note = last === true ? text("choose.last") : undefined;
      return { label: text("choose.with", { provider: label }), href, ...omitUndefined({ note }) };
    }),
  });
}
