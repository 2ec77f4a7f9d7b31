/** The page that says why a session ended. */
import type { EndReason, RouteResponse } from "../../contracts.ts";
import { escapeHtml, link, page } from "./page.ts";

/** What a user is told whose session has ended. `replaced` is not told: they signed in again. */
const TOLD: { readonly [reason in Exclude<EndReason, "replaced">]: string } = {
  logout: "You have signed out.",
  elsewhere: "You were signed out from another window or device, or because your password was changed.",
  idle: "You were signed out because you were away for a while.",
  expired: "You were signed in for as long as this site allows at a stretch.",
  provider: "The service that you sign in with has ended your session.",
  admin: "An administrator has ended your session.",
  "identity-changed": "Another user has signed in since, in this browser.",
  "refresh-lost": "The connection to the service that you sign in with broke down, so your session could not go on.",
};

const isTold = (reason: string): reason is keyof typeof TOLD => Object.hasOwn(TOLD, reason);

/** Says why the session is over, and leads to a new one; `undefined` for a reason that is none. */
export function endedPage(reason: string, again: string): RouteResponse | undefined {
  if (!isTold(reason)) return undefined;
  const content = `<p>${escapeHtml(TOLD[reason])}</p><div class="row">${link({ label: "Sign in again", href: again }, false)}</div>`;
  return page({ status: 200, title: "You are signed out", content, forms: false });
}
