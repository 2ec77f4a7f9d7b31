/** The page of a user who is authenticated, and not authorised. */
import type { PageMaker } from "../pages.ts";

export function forbiddenPage(logout: string): PageMaker {
  return ({ text }) => ({
    kind: "forbidden",
    status: 403,
    title: text("forbidden.title"),
    paragraphs: [text("forbidden.text")],
    links: [{ label: text("signOut"), href: logout }],
  });
}
