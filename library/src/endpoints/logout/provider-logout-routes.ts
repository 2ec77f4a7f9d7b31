/** The routes by which a provider signs a user out. */
import type { Route } from "../../contracts.ts";
import type { OidcDependencies } from "../dependencies.ts";
import { backchannelLogout } from "./backchannel-logout.ts";
import { frontchannelLogout } from "./frontchannel-logout.ts";

/** Where providers tell that a user signed out there; the front channel is there only if it is configured. */
export function providerLogoutRoutes(deps: OidcDependencies): readonly Route[] {
  const back: Route = {
    method: "POST",
    path: "backchannel-logout",
    crossSite: true,
    lookup: false,
    touches: false,
    endpoint: (request) => backchannelLogout(request, deps),
  };
  if (deps.frontchannelLogout !== true) return [back];
  const front: Route = {
    method: "GET",
    path: "frontchannel-logout",
    lookup: false,
    touches: false,
    endpoint: (request) => frontchannelLogout(request, deps),
  };
  return [back, front];
}
