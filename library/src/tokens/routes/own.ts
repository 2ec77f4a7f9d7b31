/** The endpoints by which people see, make and revoke tokens of theirs, in the browser where they are signed in. */
import type { Clock, Route, RouteExchange, RouteRequest, RouteResponse, TokenDirectory } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { isId } from "../../crypto/ticket.ts";
import { json, refusal } from "../../endpoints/responses.ts";
import { fromElsewhere, OWN_ORIGIN } from "../../endpoints/session.ts";
import type { SettledTokens } from "../options.ts";
import { formOf, signInFirst } from "./forms.ts";

interface OwnRouteOptions {
  readonly tokens: SettledTokens;
  readonly directory: TokenDirectory;
  readonly clock: Pick<Clock, "now">;
}

/** `GET tokens`, `POST tokens/personal` if there are such tokens, and `DELETE tokens/{id}`. */
export function ownTokenRoutes(options: OwnRouteOptions): readonly Route[] {
  const { tokens, directory } = options;
  const byPerson = { lookup: true, touches: true } as const;
  const making: Route = {
    ...byPerson,
    method: "POST",
    path: "tokens/personal",
    endpoint: (request, exchange) => make(request, exchange, options),
  };
  return [
    {
      ...byPerson,
      method: "GET",
      path: "tokens",
      async endpoint(request, { session, byCredential }) {
        if (fromElsewhere(request)) return refusal("ERR_CROSS_SITE", undefined, OWN_ORIGIN);
        if (session.owner === null || byCredential) return notAPerson(byCredential);
        return json(200, { tokens: await directory.list(session.owner) }, OWN_ORIGIN);
      },
    },
    {
      ...byPerson,
      method: "DELETE",
      path: "tokens/{id}",
      async endpoint(request, { session, byCredential }) {
        if (session.owner === null || byCredential) return notAPerson(byCredential);
        const id = lastSegment(request.target);
        // Whether another user's exists is not told.
        const theirs = isId(id) && (await directory.list(session.owner)).some((token) => token.id === id);
        return theirs && (await directory.revoke(id)) ? REVOKED : refusal("ERR_NOT_FOUND", undefined, OWN_ORIGIN);
      },
    },
    ...(tokens.personal === null ? [] : [making]),
  ];
}

const REVOKED: RouteResponse = { status: 204, headers: [["cache-control", "no-store"], ...OWN_ORIGIN], body: "" };

// Only who is signed in in a browser manages tokens: no token does, whatever its scope.
const notAPerson = (byCredential: boolean): RouteResponse =>
  refusal(byCredential ? "ERR_FORBIDDEN" : "ERR_UNAUTHENTICATED", undefined, OWN_ORIGIN);

async function make(request: RouteRequest, { session, byCredential }: RouteExchange, options: OwnRouteOptions) {
  const { tokens, directory, clock } = options;
  const { identity, owner } = session;
  if (identity === null || owner === null || byCredential) return notAPerson(byCredential);
  if (clock.now() - identity.authenticatedAt > tokens.recent) return signInFirst(tokens.recent);
  const form = await formOf(request, "name");
  if (!(form instanceof Map)) return form;
  const seconds = form.get("expires_in");
  if (seconds !== undefined && !/^\d{1,9}$/.test(seconds)) return refusal("ERR_BAD_REQUEST", "expires_in is in seconds.");
  const lifetime = seconds === undefined ? undefined : Number(seconds) * 1_000;
  const wanted = { subject: identity, owner, name: form.get("name") ?? "", scope: form.get("scope") ?? "" };
  const { id, token, name, scope, expiresAt } = await directory.issuePersonal({ ...wanted, ...omitUndefined({ lifetime }) });
  return json(200, { id, token, name, scope, expiresAt }, OWN_ORIGIN);
}

function lastSegment(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1);
}
