/** The page of a user who is authenticated, and not authorised. */
import type { RouteResponse } from "../../contracts.ts";
import { link, page } from "./page.ts";

export function forbiddenPage(logout: string): RouteResponse {
  const content = `<p>You are signed in, but this is not for you. If you think that it should be, ask the operator of this site.</p>
<div class="row">${link({ label: "Sign out", href: logout }, false)}</div>`;
  const response = page({ status: 403, title: "You may not come in here", content, forms: false });
  return { ...response, headers: [...response.headers, ["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"]] };
}
