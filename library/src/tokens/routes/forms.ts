/** What the endpoints of tokens have in common: how a form is read, and the answer to who signed in long ago. */
import type { RouteRequest, RouteResponse } from "../../contracts.ts";
import { repeated } from "../../endpoints/parameters.ts";
import { refusal, signInAgain } from "../../endpoints/responses.ts";

const MOST_FORM_BYTES = 16_384;

export type Form = Map<string, string> | RouteResponse;

/** The fields of a form, each there once, `required` among them; or the refusal. */
export async function formOf(request: RouteRequest, required?: string): Promise<Form> {
  const type = (request.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return refusal("ERR_UNSUPPORTED_MEDIA_TYPE");
  const form = new URLSearchParams(await request.body(MOST_FORM_BYTES));
  const lacking = required !== undefined && !form.has(required);
  if (lacking || repeated(form, form.keys()) !== undefined) return refusal("ERR_BAD_REQUEST");
  return new Map(form);
}

/** To who asks for a token, and signed in long ago. */
export const signInFirst = (recent: number): RouteResponse =>
  signInAgain(recent, "Sign in again: tokens are given only to who signed in a short time ago.");
