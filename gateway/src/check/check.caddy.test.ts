import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findServer } from "../../../tools/suite/servers.ts";
import * as cases from "../../test-support/fronting-proxy/cases.ts";
import type { FrontingProxy } from "../../test-support/fronting-proxy/fronting-proxy.ts";
import { startCaddy } from "../../test-support/fronting-proxy/fronting-proxy.ts";
import * as lies from "../../test-support/fronting-proxy/lies.ts";
import type { FullGateway } from "../../test-support/full-gateway.ts";
import { gatewaysAtProvider } from "../../test-support/provider/gateways-at-provider.ts";

/** A real Caddy with docs/guides/Caddyfile in front of a gateway and an app. */
let gateway: FullGateway;
let proxy: FrontingProxy;
const open = new AsyncDisposableStack();
const proxied = () => ({ gateway, proxy });

before(async () => {
  const command = findServer("caddy");
  assert.ok(command !== undefined, "there is no caddy on this machine");
  const here = open.use(await gatewaysAtProvider());
  gateway = await here.start({ upstreams: [] });
  proxy = open.use(await startCaddy(command, gateway));
});

after(() => open.disposeAsync());

test("caddy: an authenticated user reaches the app, which learns the identity", () => cases.knowsWhoAsks(proxied()));
test("caddy: bodies go on to the app", () => cases.sendsBodies(proxied()));
test("A-43 caddy: no anonymous caller sees the app; a page becomes the login, a script gets 401", () =>
  cases.refusesAnonymousCallers(proxied()));
test("A-14 caddy: a part for some groups is 403 for others", () => cases.narrowsByGroups(proxied()));
test("A-30 caddy: a cookie that proves nothing is 401", () => cases.takesNoForgery(proxied()));
test("S-05, SE-16 caddy: an outage of the store is 503, and afterwards all users are still signed in", () =>
  cases.outlivesAnOutage(proxied()));
test("CS-01 caddy: the original method and headers are judged", () => cases.refusesOtherSites(proxied()));
test("CS-07 caddy: a page elsewhere opens no socket", () => cases.refusesForeignSockets(proxied()));
test("A-11, A-15, A-16, A-19 caddy: invented names never reach the app, however they are spelled", () =>
  lies.stripsInventedNames(proxied()));
test("A-17, A-26 caddy: what Connection lists does not take away the identity", () => lies.keepsWhatConnectionLists(proxied()));
test("A-09, A-18, A-24, A-32 caddy: a client's forwarded headers are neither believed nor passed on", () =>
  lies.believesNoForwardedHeaders(proxied()));
test("A-10 caddy: a health check is anonymous", () => lies.knowsNoHealthChecks(proxied()));
test("A-08, A-22, A-23 caddy: a path is judged as the app gets it, or refused", () => lies.readsOnePath(proxied()));
test("caddy: the gateway's own pages are there, and a logout ends the session", () => cases.reachesOwnPages(proxied()));
test("S-07, S-42 caddy: a person signs in at the provider, uses the app, and logs out", () => cases.signsIn(proxied()));
test("SE-16 caddy: a gateway that is gone lets no request through", () => cases.losesTheGateway(proxied()));
