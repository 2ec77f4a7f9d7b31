/** The pages on the way out, and that of a login's end. */
import type { PageMaker } from "../pages.ts";

/** The page that asks before it signs a user out: a link alone must not (S-46). */
export function logoutPage(action: string, returnTo: string | null): PageMaker {
  return ({ text }) => ({
    kind: "sign-out",
    status: 200,
    title: text("ask.title"),
    paragraphs: [text("ask.text")],
    form: { action, fields: returnTo === null ? [] : [["return_to", returnTo]], buttons: [{ label: text("signOut") }] },
    formLeaves: true,
    links: [{ label: text("ask.stay"), href: returnTo ?? "/" }],
  });
}

/** Where a logout ends. It does not lead on by itself: with single sign-on the way back in may be one redirect. */
export function signedOutPage(login: string | null): PageMaker {
  return ({ text }) => ({
    kind: "signed-out",
    status: 200,
    title: text("signedOut.title"),
    paragraphs: [text("signedOut.text"), text("signedOut.shared")],
    links: [login === null ? { label: text("goOn"), href: "/" } : { label: text("signInAgain"), href: login }],
  });
}

/** The same for a browser in which a user has signed in again. */
export function stillSignedInPage(logout: string): PageMaker {
  return ({ text }) => ({
    kind: "signed-in",
    status: 200,
    title: text("signedOut.notTitle"),
    paragraphs: [text("signedOut.notText")],
    links: [
      { label: text("goOn"), href: "/" },
      { label: text("signOut"), href: logout },
    ],
  });
}

/** The user is signed out here; the way to the provider's logout can be asked for again. */
export function signedOutHerePage(there: string): PageMaker {
  return ({ text }) => ({
    kind: "signed-out",
    status: 503,
    title: text("signedOut.hereTitle"),
    paragraphs: [text("signedOut.hereText")],
    links: [{ label: text("signedOut.there"), href: there }],
  });
}

/**
 * Where a login lands when the session's cookie is `SameSite=Strict`: browsers send such a cookie to a page that is
 * reached from our own page, and not to one that is reached by redirects from the provider's.
 */
export function landingPage(returnTo: string): PageMaker {
  return ({ text }) => ({
    kind: "signed-in",
    status: 200,
    title: text("landing.title"),
    paragraphs: [text("landing.text")],
    links: [{ label: text("goOn"), href: returnTo }],
    onward: returnTo,
  });
}
