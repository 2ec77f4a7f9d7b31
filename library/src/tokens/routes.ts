/** The endpoints of our own tokens: to get some, to refresh them, to revoke them. */
import type { Clock, IssuedToken, Route, RouteExchange, RouteResponse } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";
import { json, refusal } from "../endpoints/responses.ts";
import type { TokenIssuer } from "./issue.ts";
import type { SettledTokens } from "./options.ts";
import type { RefreshTokens } from "./refresh.ts";
import { type Form, formOf, signInFirst } from "./routes/forms.ts";
import { INVALID } from "./routes/revoke.ts";

interface TokenRouteOptions {
  readonly tokens: SettledTokens;
  readonly issueTo: TokenIssuer["issueTo"];
  readonly refresh: RefreshTokens;
  /** Tokens for the code of a program, or `null`. */
  readonly redeem: (form: ReadonlyMap<string, string>) => Promise<IssuedToken | null>;
  readonly clock: Pick<Clock, "now">;
}

/** `POST tokens` and `POST tokens/refresh`; none sets a cookie. */
export function tokenRoutes(options: TokenRouteOptions): readonly Route[] {
  const { refresh } = options;
  return [
    {
      method: "POST",
      path: "tokens",
      lookup: true,
      touches: false,
      endpoint: async (request, exchange) => {
        const form = await formOf(request);
        if (!(form instanceof Map && form.has("grant_type"))) return give(form, exchange, options);
        return form.get("grant_type") === "authorization_code" ? answerOf(await options.redeem(form)) : UNKNOWN_GRANT;
      },
    },
    {
      // The token in the body is the only proof: no cookie and no header is looked at.
      method: "POST",
      path: "tokens/refresh",
      lookup: false,
      touches: false,
      endpoint: async (request) => {
        const form = await formOf(request, "refresh_token");
        if (!(form instanceof Map)) return form;
        return answerOf(await refresh.exchange(form.get("refresh_token") ?? ""));
      },
    },
  ];
}

const UNKNOWN_GRANT = refusal("ERR_BAD_REQUEST", "grant_type can be authorization_code here, or is left out.");

const answerOf = (issued: IssuedToken | null): RouteResponse => (issued === null ? INVALID : given(issued));

/** Tokens for the person of a browser session, who signed in a short time ago. */
async function give(form: Form, exchange: RouteExchange, options: TokenRouteOptions): Promise<RouteResponse> {
  const { tokens, issueTo, clock } = options;
  // A bearer token has no session: tokens are not made of tokens.
  const { id, identity } = exchange.session;
  if (id === null || identity === null) return refusal("ERR_UNAUTHENTICATED");
  if (clock.now() - identity.authenticatedAt > tokens.recent) return signInFirst(tokens.recent);
  if (!(form instanceof Map)) return form;
  if (!form.has("audience")) return refusal("ERR_BAD_REQUEST");
  const audience = form.get("audience") ?? "";
  const allowed = tokens.audiences.get(audience);
  if (allowed === undefined || !allowed.users) return refusal("ERR_BAD_REQUEST", "No token for this audience is given to users.");
  const scope = form.get("scope") ?? "";
  return given(await issueTo(id, { audience, scope, refreshable: allowed.family !== null }));
}

/** RFC 6749 s5.1. */
function given({ accessToken, refreshToken, expiresIn, scope }: IssuedToken): RouteResponse {
  const more = omitUndefined({ refresh_token: refreshToken, scope: scope === "" ? undefined : scope });
  return json(200, { access_token: accessToken, token_type: "Bearer", expires_in: Math.floor(expiresIn / 1_000), ...more });
}
