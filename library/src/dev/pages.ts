/** The pages of the development provider: what they say. They look as ours do without a brand, in English. */
import type { Entropy, JsonObject, RouteResponse } from "../contracts.ts";
import type { PageContent } from "../pages/page-view.ts";
import { pagesOf } from "../pages/pages.ts";

/** Makes an answer of a page. */
export type ShowPage = (content: PageContent) => RouteResponse;

/** The same for every browser. */
export function showPages(entropy: Entropy): ShowPage {
  const pages = pagesOf({ language: "en" }, { entropy, report: () => undefined });
  return (content) => pages.show({ header: () => undefined }, () => content);
}

/** Pick a user. The one that the app hints at comes first. */
export function choicePage(users: ReadonlyMap<string, JsonObject>, query: URLSearchParams): PageContent {
  const hint = query.get("login_hint");
  const isHinted = ([name, claims]: readonly [string, JsonObject]): boolean => name === hint || claims["email"] === hint;
  const all = [...users];
  const ordered = [...all.filter(isHinted), ...all.filter((one) => !isHinted(one))];
  const buttons = ordered.map(([name]) => ({ label: name, name: "user", value: name }));
  const refuse = { label: "Refuse to sign in", name: "refuse", value: "1" };
  return {
    kind: "choose",
    status: 200,
    title: "Who are you today?",
    paragraphs: ["For development alone: nobody has a password here. Your own provider takes this page's place."],
    form: { action: `?${query.toString()}`, fields: [], buttons: [...buttons, refuse] },
    // The app may be at another of its addresses.
    formLeaves: true,
  };
}

/** For what cannot be sent back to the app. */
export function misaskedPage(wrong: string): PageContent {
  const said = `The development provider was asked in a way that it does not answer: ${wrong}.`;
  return { kind: "malformed", status: 400, title: "This does not work", paragraphs: [said] };
}

/** It signs anybody in, so that it is for the people at this machine. */
export const ELSEWHERE: PageContent = {
  kind: "forbidden",
  status: 403,
  title: "Not from here",
  paragraphs: [
    "The development provider signs anybody in. So it answers this machine alone, and you come from another one.",
    "To let others in, name your own provider: issuer, clientId and clientSecret.",
  ],
};

/** Where a logout ends that came from no app. */
export const SIGNED_OUT: PageContent = {
  kind: "signed-out",
  status: 200,
  title: "You are signed out",
  paragraphs: ["You can close this page."],
};
