/** The pages of a person who is asked whether a program may act for them. */
import type { PageForm } from "../page-view.ts";
import type { PageMaker } from "../pages.ts";

interface Asked {
  readonly action: string;
  readonly fields: PageForm["fields"];
  readonly client: string;
  readonly audience: string;
  readonly scope: string;
  /** Who is signed in, as the person knows it. */
  readonly user: string;
  /** How long the program stays signed in, milliseconds. */
  readonly lasting: number;
}

/** Asks. A link alone gives nothing away: the form does, and other sites cannot send it. */
export function consentPage({ action, fields, client, audience, scope, user, lasting }: Asked): PageMaker {
  return ({ text, span }) => ({
    kind: "consent",
    status: 200,
    title: text("consent.title"),
    paragraphs: [text("consent.who", { client, user }), text("consent.care")],
    facts: [
      { label: text("consent.access"), value: audience },
      ...(scope === "" ? [] : [{ label: text("consent.scope"), value: scope }]),
      { label: text("consent.time"), value: span(lasting) },
    ],
    form: {
      action,
      fields,
      buttons: [
        { label: text("consent.allow"), name: "decision", value: "allow" },
        { label: text("consent.deny"), name: "decision", value: "deny" },
      ],
    },
    formLeaves: true,
  });
}

/** Who signed in long ago signs in again first (RFC 9470). */
export function consentAgainPage(login: string): PageMaker {
  return ({ text }) => ({
    kind: "sign-in-again",
    status: 401,
    title: text("consent.again"),
    paragraphs: [text("consent.againText")],
    links: [{ label: text("signInAgain"), href: login }],
  });
}

/** For what cannot be sent back to the program. */
export function consentRefusedPage(what: string): PageMaker {
  return ({ text }) => ({
    kind: "malformed",
    status: 400,
    title: text("consent.wrong"),
    paragraphs: [text("consent.wrongText", { what })],
  });
}
