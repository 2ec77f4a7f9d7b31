/** `continue`: where a person comes back to who was sending a form when they had to sign in again. */
import type { RouteExchange, RouteRequest, RouteResponse } from "../contracts.ts";
import { isNavigation } from "../core/navigation.ts";
import { formGonePage, formLostPage, formSentPage, sendFormPage } from "../pages/views/kept-form.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { queryOf } from "./parameters.ts";
import { redirect, refusal } from "./responses.ts";
import { safeReturnTo } from "./return-to.ts";

/**
 * `GET continue`: shows the form that was kept, with a button that sends it; or says that it was sent, is gone, or
 * could not be kept.
 */
export async function continueForm(
  request: RouteRequest,
  { session }: Pick<RouteExchange, "session">,
  deps: OidcDependencies,
): Promise<RouteResponse> {
  if (request.method !== "GET" || !isNavigation(request)) return refusal("ERR_UNAUTHENTICATED");
  const { owner } = session;
  const { pages, prefix } = deps;
  if (owner === null) return redirect(302, `${prefix}/login?return_to=${encodeURIComponent(request.target)}`);
  const query = queryOf(request);
  const id = query.get("form");
  if (id === null) return pages.show(request, formLostPage(safeReturnTo(query.get("back"), request.origin)));
  const form = await deps.keptForm(id, owner);
  if (form === null) return pages.show(request, formGonePage());
  if (form === "sent") return pages.show(request, formSentPage());
  return pages.show(request, sendFormPage({ ...form, page: new URL(form.action, request.origin).pathname }));
}
