/**
 * The way of a script's logout to the provider: an address of ours, so that no script is ever handed an ID token
 * (TK-11).
 */
import type { RouteRequest, RouteResponse } from "../../contracts.ts";
import { retryAfter } from "../../core/errors/problem-answer.ts";
import { storeFailed } from "../../core/errors/store-failed.ts";
import { isNavigation } from "../../core/navigation.ts";
import { hashSecret } from "../../crypto/ticket.ts";
import { signedOutHerePage } from "../../pages/views/sign-out.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { queryOf, repeated } from "../parameters.ts";
import { redirect, refusal } from "../responses.ts";
import { signedOutAddress } from "./signed-out.ts";

/** How long such an address is good, milliseconds; clocks of replicas may differ by as much again. */
const LIFETIME = 60_000;
const PATH = "logout/continue";

interface Onward {
  readonly url: string;
  readonly madeAt: number;
}

/** An address below our prefix that leads to the provider's page once: sealed, so that only a replica can read it. */
export function linkToProvider(url: string, request: RouteRequest, { prefix, keyring, clock }: OidcDependencies): string {
  const onward: Onward = { url, madeAt: clock.now() };
  const sealed = keyring.seal("logout", JSON.stringify(onward), request.origin);
  return `${prefix}/${PATH}?to=${encodeURIComponent(sealed)}`;
}

/**
 * `GET logout/continue`: goes on to the provider's logout, for a top-level navigation alone and only once. An address
 * that is too old or used leads to the page after it: the user is signed out here in any case.
 */
export async function continueLogout(request: RouteRequest, deps: OidcDependencies): Promise<RouteResponse> {
  if (request.method !== "GET") return refusal("ERR_METHOD_NOT_ALLOWED", undefined, [["allow", "GET"]]);
  if (!isNavigation(request)) return refusal("ERR_FORBIDDEN", undefined, [["vary", "Sec-Fetch-Mode, Sec-Fetch-Dest, Accept"]]);
  const query = queryOf(request);
  const sealed = query.get("to");
  if (sealed === null || repeated(query, ["to"]) !== undefined) return refusal("ERR_BAD_REQUEST", "to");
  const now = deps.clock.now();
  const opened = deps.keyring.open("logout", sealed, request.origin);
  if (opened.kind !== "opened") return redirect(303, signedOutAddress(deps));
  const { url, madeAt }: Onward = JSON.parse(opened.plaintext);
  if (Math.abs(now - madeAt) > LIFETIME) return redirect(303, signedOutAddress(deps));
  try {
    const first = await deps.store.mark(`out:${hashSecret(sealed)}`, madeAt + 3 * LIFETIME, now);
    return redirect(303, first ? url : signedOutAddress(deps));
  } catch (error) {
    storeFailed(deps.report, "mark", error);
    // The store cannot say whether the address was used, so it can be asked for again.
    const response = deps.pages.show(request, signedOutHerePage(request.target));
    return { ...response, headers: [...response.headers, ...retryAfter(503)] };
  }
}
