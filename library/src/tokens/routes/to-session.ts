/** From a token to a session: only by this call, for audiences that allow it, and once for each token (S-69). */
import { hash } from "node:crypto";
import type {
  Clock,
  LoginIdentity,
  Report,
  Route,
  RouteRequest,
  RouteResponse,
  Session,
  SessionStore,
  TokenVerifier,
} from "../../contracts.ts";
import { ownerOf } from "../../core/record.ts";
import { json, redirect, refusal, wantsJson } from "../../endpoints/responses.ts";
import { safeReturnTo } from "../../endpoints/return-to.ts";
import { storeCall } from "../../engine/lifecycle/store-call.ts";
import { formOf } from "./forms.ts";

interface ToSessionOptions {
  /** Takes tokens of audiences with `sessions` alone; `null`: there are none. */
  readonly verifier: TokenVerifier | null;
  readonly store: Pick<SessionStore, "mark">;
  readonly clock: Pick<Clock, "now">;
  readonly report: Report;
}

/** Records a login in this session: `false` for whatever is no such token, or was used so before. */
type SignIn = (session: Pick<Session, "login">, accessToken: string) => Promise<boolean>;

/** Nobody takes the token for longer past its end, whatever their clock says. */
const MARKED_LONGER = 900_000;

export function tokenSignIn({ verifier, store, clock, report }: ToSessionOptions): SignIn {
  return async (session, accessToken) => {
    if (verifier === null || !verifier.reads(accessToken)) return false;
    const verdict = await verifier.verify(accessToken);
    if (verdict.kind !== "valid") return false;
    const { identity, owner, expires } = verdict;
    const { aud: _, client_id: __, scope: ___, act, ...claims } = identity.claims;
    // An agent is not its person; and a session is its identity's: one for another owner would escape what ends all.
    if (act !== undefined || (owner !== undefined && owner !== ownerOf(identity))) return false;
    const key = `token-session:${hash("sha256", accessToken, "base64url")}`;
    const first = storeCall(report, Promise.resolve(store.mark(key, expires + MARKED_LONGER, clock.now())));
    if (!(await first)) return false;
    const person: LoginIdentity = { ...identity, claims };
    session.login(person);
    return true;
  };
}

/** `POST tokens/session`: the cookie of a new session for the person of a token, and the way to a page. */
export function tokenSessionRoute(signIn: SignIn): Route {
  return {
    method: "POST",
    path: "tokens/session",
    lookup: true,
    touches: false,
    endpoint: async (request, { session }) => {
      const form = await formOf(request, "access_token");
      if (!(form instanceof Map)) return form;
      return (await signIn(session, form.get("access_token") ?? "")) ? begun(request, form.get("return_to")) : INVALID;
    },
  };
}

const INVALID = refusal("ERR_INVALID_CREDENTIAL", undefined, [["www-authenticate", 'Bearer error="invalid_token"']]);

function begun(request: RouteRequest, returnTo: string | undefined): RouteResponse {
  return wantsJson(request) ? json(200, {}) : redirect(303, safeReturnTo(returnTo, request.origin));
}
