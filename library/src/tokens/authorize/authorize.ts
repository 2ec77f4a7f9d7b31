/** `tokens/authorize`: a signed-in person lets a program on their computer have tokens (RFC 8252). */
import type {
  Clock,
  IssuedToken,
  Report,
  Route,
  RouteExchange,
  RouteRequest,
  RouteResponse,
  SessionStore,
} from "../../contracts.ts";
import { isNavigation } from "../../core/navigation.ts";
import type { Keyring } from "../../crypto/keyring.ts";
import { queryOf } from "../../endpoints/parameters.ts";
import { redirect, refusal } from "../../endpoints/responses.ts";
import { storeCall } from "../../engine/lifecycle/store-call.ts";
import type { Pages } from "../../pages/pages.ts";
import { consentAgainPage, consentPage, consentRefusedPage } from "../../pages/views/consent.ts";
import type { TokenIssuer } from "../issue.ts";
import { type SettledTokens, termsOf } from "../options.ts";
import { type AuthorizationRequest, answerAddress, fieldsOf, readAuthorization } from "./authorization-request.ts";
import { authorizationCodes } from "./code.ts";

interface AuthorizeOptions {
  readonly tokens: SettledTokens;
  readonly issueTo: TokenIssuer["issueTo"];
  readonly store: Pick<SessionStore, "mark">;
  readonly report: Report;
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Pick<Clock, "now">;
  readonly pages: Pages;
  /** The public URL. */
  readonly issuer: string;
  /** With a leading and no trailing slash. */
  readonly prefix: string;
}

interface Authorizing {
  readonly routes: readonly Route[];
  /** Tokens for a code, in a form of `POST tokens`; `null`: it is none, or none any more. */
  redeem(form: ReadonlyMap<string, string>): Promise<IssuedToken | null>;
}

const MOST_FORM_BYTES = 16_384;
const PATH = "tokens/authorize";

/** Makes the pages, and what exchanges their codes. */
export function authorizing(options: AuthorizeOptions): Authorizing {
  const { tokens, issueTo, clock, report, pages, issuer, prefix } = options;
  const codes = authorizationCodes(options);

  const loginAddress = (request: RouteRequest, again: boolean): string =>
    `${prefix}/login?${new URLSearchParams(again ? { prompt: "login", return_to: request.target } : { return_to: request.target })}`;

  /** What the audience allows, or the answer to what is wider. */
  function judged(asking: RouteRequest, given: URLSearchParams, exchange: RouteExchange) {
    const read = readAuthorization(given);
    if (read.kind === "page") return pages.show(asking, consentRefusedPage(read.wrong));
    if (read.kind === "back") return back(read, { error: read.error });
    const { request } = read;
    const { audience, scope, client } = request;
    const allowed = tokens.audiences.get(audience);
    if (allowed === undefined || !allowed.users) return back(request, { error: "invalid_target" });
    const { identity, owner } = exchange.session;
    if (identity === null || owner === null) return null;
    const wanted = { subject: identity, owner, audience, scope, client, refreshable: allowed.family !== null };
    return "wrong" in termsOf(wanted, tokens, issuer)
      ? back(request, { error: "invalid_scope" })
      : { request, identity, wanted, allowed };
  }

  function back({ redirectUri, state }: Pick<AuthorizationRequest, "redirectUri" | "state">, answer: Record<string, string>) {
    return redirect(303, answerAddress(redirectUri, { ...answer, state }, issuer));
  }

  const isRecent = (at: number): boolean => clock.now() - at <= tokens.recent;

  function ask(request: RouteRequest, exchange: RouteExchange): RouteResponse {
    // A program shows its token in vain: tokens are not made of tokens.
    if (!isNavigation(request) || request.method !== "GET" || exchange.byCredential) return refusal("ERR_UNAUTHENTICATED");
    const asked = judged(request, queryOf(request), exchange);
    if (asked === null) return redirect(302, loginAddress(request, false));
    if ("status" in asked) return asked;
    const { identity, allowed } = asked;
    if (!isRecent(identity.authenticatedAt)) return pages.show(request, consentAgainPage(loginAddress(request, true)));
    const { email, preferred_username: known, name } = identity.claims;
    const user = [email, known, name].find((one): one is string => typeof one === "string") ?? identity.subject;
    const lasting = allowed.family ?? allowed.lifetime;
    const { client, audience, scope } = asked.request;
    const content = { client, audience, scope, user, lasting, fields: fieldsOf(asked.request) };
    return pages.show(request, consentPage({ action: `${prefix}/${PATH}`, ...content }));
  }

  async function answered(request: RouteRequest, exchange: RouteExchange): Promise<RouteResponse> {
    const { id } = exchange.session;
    if (id === null) return refusal("ERR_UNAUTHENTICATED");
    const form = new URLSearchParams(await request.body(MOST_FORM_BYTES));
    const asked = judged(request, form, exchange);
    if (asked === null) return refusal("ERR_UNAUTHENTICATED");
    if ("status" in asked) return asked;
    const { state: _, ...consent } = asked.request;
    if (!isRecent(asked.identity.authenticatedAt)) return refusal("ERR_UNAUTHENTICATED", "Sign in again.");
    if (form.get("decision") !== "allow") return back(asked.request, { error: "access_denied" });
    return back(asked.request, { code: codes.seal({ ...consent, session: id }) });
  }

  async function redeemed(form: ReadonlyMap<string, string>): Promise<IssuedToken | null> {
    const text = (name: string): string => form.get(name) ?? "";
    const shown = {
      code: text("code"),
      verifier: text("code_verifier"),
      redirectUri: text("redirect_uri"),
      client: text("client_id"),
    };
    const consent = await storeCall(report, codes.redeem(shown));
    if (consent === null) return null;
    const { audience, scope, client, session } = consent;
    const allowed = tokens.audiences.get(audience);
    if (allowed === undefined || !allowed.users) return null;
    // Who signed out meanwhile has agreed to nothing: the issuer looks the session up.
    return issueTo(session, { audience, scope, client, refreshable: allowed.family !== null });
  }

  return {
    routes: [
      { method: "GET", path: PATH, lookup: true, touches: false, endpoint: ask },
      { method: "POST", path: PATH, lookup: true, touches: false, endpoint: answered },
    ],
    redeem: redeemed,
  };
}
