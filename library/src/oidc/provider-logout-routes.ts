import type { Route } from "../contracts.ts";
import { backchannelLogout } from "./backchannel-logout.ts";
import type { OidcDependencies } from "./dependencies.ts";
import { frontchannelLogout, frontchannelUnseen } from "./frontchannel-logout.ts";

/** Where providers tell that somebody signed out there. */
export function providerLogoutRoutes(deps: OidcDependencies): readonly Route[] {
  return [
    {
      method: "POST",
      path: "backchannel-logout",
      crossSite: true,
      lookup: false,
      touches: false,
      endpoint: (request) => backchannelLogout(request, deps),
    },
    {
      method: "GET",
      path: "frontchannel-logout",
      lookup: true,
      touches: false,
      endpoint: (request, exchange) => frontchannelLogout(request, exchange, deps),
      refused: (request, code) => frontchannelUnseen(request, code, deps),
    },
  ];
}
