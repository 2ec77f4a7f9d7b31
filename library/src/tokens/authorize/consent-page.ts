/** The pages of a person who is asked whether a program may act for them. */
import type { RouteResponse } from "../../contracts.ts";
import { escapeHtml, link, page } from "../../endpoints/pages/page.ts";
import { type AuthorizationRequest, fieldsOf } from "./authorization-request.ts";

interface Asked {
  readonly action: string;
  readonly request: AuthorizationRequest;
  /** Who is signed in, as the person knows it. */
  readonly user: string;
  /** How long the program stays signed in, milliseconds. */
  readonly lasting: number;
}

/** Asks. A link alone gives nothing away: the form does, and other sites cannot send it. */
export function consentPage({ action, request, user, lasting }: Asked): RouteResponse {
  const { client, audience, scope } = request;
  const fields = fieldsOf(request)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join("");
  const allowed = scope === "" ? "" : `, with <code>${escapeHtml(scope)}</code>`;
  const content = `<p>A program on this computer that calls itself <code>${escapeHtml(client)}</code> asks to act for you, ${escapeHtml(user)}.</p>
<p>It gets access to <code>${escapeHtml(audience)}</code>${allowed}, for ${spanOf(lasting)}.</p>
<p>Go on only if you have just started it yourself.</p>
<form method="post" action="${escapeHtml(action)}">${fields}<div class="row"><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Refuse</button></div></form>`;
  return page({ status: 200, title: "Let a program in?", content, forms: true });
}

/** Who signed in long ago signs in again first (RFC 9470). */
export function signInAgainPage(login: string): RouteResponse {
  const content = `<p>A program asks to act for you. To be sure that it is you, sign in again first.</p>
<div class="row">${link({ label: "Sign in again", href: login }, false)}</div>`;
  return page({ status: 401, title: "Sign in again", content, forms: false });
}

/** For what cannot be sent back to the program. */
export function refusedPage(wrong: string): RouteResponse {
  const content = `<p>The program that opened this page asked in a way that is not understood: ${escapeHtml(wrong)}.</p>`;
  return page({ status: 400, title: "This does not work", content, forms: false });
}

const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
] as const;

/** `30 days`; rounded up, so that it says no less than it is. */
function spanOf(milliseconds: number): string {
  const [size, unit] = UNITS.find(([one]) => milliseconds >= one) ?? [1_000, "second"];
  const count = Math.ceil(milliseconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
