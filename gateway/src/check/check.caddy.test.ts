import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findServer } from "../../../tools/servers.ts";
import type { House } from "../../testing/house.ts";
import { startHouse } from "../../testing/house.ts";
import type { Neighbour } from "../../testing/neighbour.ts";
import { startCaddy } from "../../testing/neighbour.ts";
import * as cases from "../../testing/neighbour-cases.ts";
import * as lies from "../../testing/neighbour-lies.ts";
import { CLIENT, testProvider } from "../../testing/provider.ts";
import { ready } from "../../testing/ready.ts";

/** A real Caddy with docs/guides/Caddyfile in front of a gateway and an app. */
let house: House;
let proxy: Neighbour;
const open = new AsyncDisposableStack();
const street = () => ({ house, proxy });

before(async () => {
  const command = findServer("caddy");
  assert.ok(command !== undefined, "there is no caddy on this machine");
  const provider = open.use(await testProvider());
  await provider.start();
  const config = { providers: [{ issuer: provider.issuer, ...CLIENT }] };
  house = open.use(await startHouse({ upstreams: [], world: {}, config }));
  await ready(house);
  proxy = open.use(await startCaddy(command, house));
});

after(() => open.disposeAsync());

test("caddy: somebody signed in reaches the app, which learns who it is", () => cases.knowsWhoAsks(street()));
test("caddy: bodies go on to the app", () => cases.sendsBodies(street()));
test("A-43 caddy: nobody sees the app before login; a page becomes the login, a script gets 401", () =>
  cases.turnsStrangersAway(street()));
test("A-14 caddy: a part for some groups is 403 for others", () => cases.narrowsByGroups(street()));
test("A-30 caddy: a cookie that proves nothing is 401", () => cases.takesNoForgery(street()));
test("S-05, SE-16 caddy: an outage of the store is 503, and afterwards everybody is still signed in", () =>
  cases.outlivesAnOutage(street()));
test("CS-01 caddy: the original method and headers are judged", () => cases.refusesOtherSites(street()));
test("CS-07 caddy: a page elsewhere opens no socket", () => cases.refusesForeignSockets(street()));
test("A-11, A-15, A-16, A-19 caddy: invented names never reach the app, however they are spelled", () =>
  lies.stripsInventedNames(street()));
test("A-17, A-26 caddy: what Connection lists does not take away who asks", () => lies.keepsWhatConnectionLists(street()));
test("A-09, A-18, A-24, A-32 caddy: a client's forwarded headers are neither believed nor passed on", () =>
  lies.believesNoForwardedHeaders(street()));
test("A-10 caddy: a health check is a stranger", () => lies.knowsNoHealthChecks(street()));
test("A-08, A-22, A-23 caddy: a path is judged as the app gets it, or refused", () => lies.readsOnePath(street()));
test("caddy: the gateway's own pages are there, and a logout ends the session", () => cases.reachesOwnPages(street()));
test("S-07, S-42 caddy: a person signs in at the provider, uses the app, and logs out", () => cases.signsIn(street()));
test("SE-16 caddy: a gateway that is gone lets nobody through", () => cases.losesTheGateway(street()));
