/** Revocation (RFC 7009): by a refresh token, which is its own proof, or by a service that shows its secret. */
import type { Route, TokenDirectory, TokenVerifier } from "../../contracts.ts";
import { json, refusal } from "../../endpoints/responses.ts";
import type { SettledTokens } from "../options.ts";
import type { RefreshTokens } from "../refresh.ts";
import { formOf } from "./forms.ts";
import { isService, serviceOf, UNKNOWN_SERVICE } from "./service.ts";

interface RevokeOptions {
  readonly tokens: Pick<SettledTokens, "audiences">;
  readonly refresh: Pick<RefreshTokens, "revoke">;
  readonly directory: Pick<TokenDirectory, "revoke">;
  /** What verifies tokens for this audience alone. */
  readonly verifiersOf: (audience: string) => readonly TokenVerifier[];
}

/** `POST tokens/revoke`. No cookie is looked at. */
export function revokeRoute(options: RevokeOptions): Route {
  return {
    method: "POST",
    path: "tokens/revoke",
    lookup: false,
    touches: false,
    async endpoint(request) {
      const audience = isService(request, options.tokens) ? serviceOf(request, options.tokens) : undefined;
      if (audience === null) return UNKNOWN_SERVICE;
      const form = await formOf(request, "token");
      if (!(form instanceof Map)) return form;
      const token = form.get("token") ?? "";
      if (audience === undefined) return (await options.refresh.revoke(token)) ? json(200, {}) : INVALID;
      await revokeFor(audience, token, options);
      // What is no token of theirs is as good as revoked to them (RFC 7009 s2.2), and they learn nothing of it.
      return json(200, {});
    },
  };
}

/** The same for whatever is no good refresh token: none, over, revoked, or of another kind (S-27). */
export const INVALID = refusal("ERR_INVALID_CREDENTIAL", undefined, [["www-authenticate", 'Bearer error="invalid_token"']]);

/** Ends a token for this audience, whichever its kind; others stay as they are. */
async function revokeFor(audience: string, token: string, { refresh, directory, verifiersOf }: RevokeOptions): Promise<void> {
  if (await refresh.revoke(token, audience)) return;
  const verdict = await verifiersOf(audience)
    .find((one) => one.reads(token))
    ?.verify(token);
  if (verdict?.kind === "valid" && verdict.row !== undefined) await directory.revoke(verdict.row.id);
}
