import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { isIn, named, signedIn, siteOf } from "../../../test-support/provider/provider-logout.ts";
import type { Site, Visitor } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const op = await lyingProvider();
const sites: Site[] = [];
after(() => op.close());
afterEach(async () => {
  await Promise.all(sites.splice(0).map((one) => one.close()));
  op.reset();
});

function kept(made: Site): Site {
  sites.push(made);
  return made;
}
const site = (options: Parameters<typeof siteOf>[1] = {}): Site => kept(siteOf(op, { frontchannelLogout: true, ...options }));

/** As a browser asks for the frame on the provider's page. */
const FRAME = { "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site", accept: "text/html" };
const address = (parameters: { readonly [name: string]: string }): string =>
  `/auth/frontchannel-logout?${new URLSearchParams(parameters).toString()}`;
const framed = (visitor: Visitor, parameters: { readonly [name: string]: string }): Promise<Response> =>
  visitor.get(address(parameters), FRAME);

const ancestorsOf = (response: Response): string =>
  /frame-ancestors ([^;]*)/.exec(response.headers.get("content-security-policy") ?? "")?.[1] ?? "none said";

function assertPage(response: Response): void {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-frame-options"), null);
}

test("LO-11 no cookie comes along, and the session ends by its sid, here and for the copied cookie", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "a-1");
  const elsewhere = await signedIn(here, op, "alice", "a-2");
  const response = await framed(here.visitor(), { iss: op.issuer, sid: "a-1" });
  assertPage(response);
  assert.deepEqual([await isIn(alice), await isIn(elsewhere)], [false, true]);
  assert.equal(named(here, "frontchannel.completed")[0]?.count, 1);
  assert.equal(named(here, "session.ended")[0]?.reason, "provider");
});

test("LO-11 a wrong sid ends nothing, and the cookie that came along does not count beside one", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "a-1");
  assertPage(await framed(alice, { iss: op.issuer, sid: "a-2" }));
  assert.equal(await isIn(alice), true);
});

test("LO-11 one without the other, a foreign issuer, and repeated parameters are 400 and end nothing", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "a-1");
  const iss = `iss=${encodeURIComponent(op.issuer)}`;
  const foreign = `iss=${encodeURIComponent("https://evil.example")}`;
  const queries = [iss, "sid=a-1", `${iss}&sid=`, "iss=&sid=a-1", `${foreign}&sid=a-1`, `${iss}%2F&sid=a-1`];
  const repeated = [`${iss}&sid=a-1&sid=a-2`, `${iss}&${iss}&sid=a-1`, `${iss}&${foreign}&sid=a-1`, `${iss}&sid=a-1&sid=a-1`];
  for (const query of ["", ...queries, ...repeated, `${iss}&sid=${"x".repeat(256)}`, `${iss}&sid=a-1%00`]) {
    const response = await alice.get(`/auth/frontchannel-logout?${query}`, FRAME);
    assert.equal(response.status, 400, query);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(ancestorsOf(response), "'none'");
    assert.deepEqual(response.headers.getSetCookie(), []);
  }
  assert.equal(await isIn(alice), true);
  assert.deepEqual([...new Set(named(here, "frontchannel.refused").map(({ reason }) => reason))].sort(), [
    "issuer",
    "parameter",
    "repeated",
  ]);
});

test("LO-11 only the provider may frame it: the origins of its issuer and of its login page", async () => {
  op.lies.metadata = (honest) => ({ ...honest, authorization_endpoint: "https://login.example.com/authorize" });
  const users = [{ subject: "alice" }];
  const here = kept(
    siteWith({
      frontchannelLogout: true,
      providers: [
        { name: "real", issuer: op.issuer, clientId: "app", clientSecret: "s" },
        fakeProvider({ name: "fake", issuer: "https://other.example/tenant", users }),
        Object.assign(fakeProvider({ name: "dead", issuer: "https://dead.example", users }), { down: true }),
      ],
    }),
  );
  await here.visitor().get("/auth/login?provider=real");
  const visitor = here.visitor();
  assert.equal(ancestorsOf(await framed(visitor, { iss: op.issuer, sid: "x" })), `${op.origin} https://login.example.com`);
  assert.equal(ancestorsOf(await framed(visitor, { iss: "https://other.example/tenant", sid: "x" })), "https://other.example");
  assert.equal(ancestorsOf(await framed(visitor, { iss: "https://dead.example", sid: "x" })), "https://dead.example");
});

test("F-21 it is not there unless it is configured", async () => {
  const here = site({ frontchannelLogout: false });
  const alice = await signedIn(here, op, "alice", "a-1");
  assert.equal((await framed(alice, { iss: op.issuer, sid: "a-1" })).headers.get("content-security-policy"), null);
  assert.equal(await isIn(alice), true);
  const usual = kept(siteOf(op));
  assert.equal((await usual.visitor().get(address({ iss: op.issuer, sid: "x" }), FRAME)).headers.get("cache-control"), null);
});

test("F-21 the cookie that comes along signs no user out, in no frame", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "a-1");
  for (const site of ["cross-site", "same-site", "same-origin"]) {
    const response = await alice.get("/auth/frontchannel-logout", { ...FRAME, "sec-fetch-site": site });
    assert.equal(response.status, 400, site);
    assert.equal(await isIn(alice), true, site);
  }
  assert.equal(named(here, "frontchannel.completed").length, 0);
});

test("F-21 markers for sessions elsewhere are bounded, and sessions that are here end past the bound", async () => {
  const clock = manualClock(Date.now());
  const store = memory();
  const keys: string[] = [];
  const line = overStore(store, {
    mark(key, until, now, value) {
      keys.push(key);
      return store.mark(key, until, now, value);
    },
  });
  const here = site({ store: line, clock, frontchannelLogout: { maxMarkers: 20 } });
  const alice = await signedIn(here, op, "alice", "a-1");
  keys.length = 0;
  for (let nth = 0; nth < 20; nth += 1)
    assertPage(await framed(here.visitor(), { iss: op.issuer, sid: `${nth}${"x".repeat(200)}` }));
  assertPage(await framed(here.visitor(), { iss: op.issuer, sid: `7${"x".repeat(200)}` }));
  const past = await framed(here.visitor(), { iss: op.issuer, sid: "one too many" });
  assert.deepEqual([past.status, past.headers.get("retry-after")], [503, "5"]);
  assert.match(await past.text(), /ERR_TOO_MANY_MARKERS/);
  assert.equal(named(here, "frontchannel.refused").at(-1)?.reason, "markers");
  assert.ok(keys.length === 21 && keys.every((key) => key.length === "sid:".length + 43), "a hash, whatever was sent");
  assertPage(await framed(here.visitor(), { iss: op.issuer, sid: "a-1" }));
  assert.equal(await isIn(alice), false);
  clock.advance(3_600_000 + 60_000);
  assertPage(await framed(here.visitor(), { iss: op.issuer, sid: "one too many" }));
});

test("F-19 after a logout by sid a new login with the same session of the provider is free", async () => {
  const clock = manualClock(Date.now());
  const here = site({ clock });
  const alice = await signedIn(here, op, "alice", "a-1");
  assertPage(await framed(here.visitor(), { iss: op.issuer, sid: "a-1" }));
  assert.equal(await isIn(alice), false);
  clock.advance(1_000);
  op.lies.claims = (honest) => ({ ...honest, iat: Math.floor(clock.now() / 1_000) });
  assert.equal(await isIn(await signedIn(here, op, "alice", "a-1")), true);
});

test("LO-11 what is left behind for an unknown sid goes after an hour, however long sessions live", async () => {
  const clock = manualClock(1_800_000_000_000);
  const store = memory();
  const here = site({ store, clock, session: { lifetime: 400 * 86_400_000 } });
  for (let nth = 0; nth < 50; nth += 1) assertPage(await framed(here.visitor(), { iss: op.issuer, sid: `unknown-${nth}` }));
  clock.advance(3_600_001);
  assert.equal(await store.sweep(1_000, clock.now()), 50);
});

test("LO-11 a HEAD signs no user out", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "a-1");
  assert.equal((await alice.head(address({ iss: op.issuer, sid: "a-1" }), FRAME)).status, 405);
  assert.equal(await isIn(alice), true);
});

test("LO-11 if the store does not answer it is 503, and nothing is said to have ended", async () => {
  const store = memory();
  let down = false;
  const line = overStore(store, {
    end(target, reason, now) {
      if (down) throw new Error("the store is down");
      return store.end(target, reason, now);
    },
  });
  const here = site({ store: line });
  const alice = await signedIn(here, op, "alice", "a-1");
  down = true;
  assert.equal((await framed(here.visitor(), { iss: op.issuer, sid: "a-1" })).status, 503);
  down = false;
  assert.equal(await isIn(alice), true);
  assert.equal(named(here, "frontchannel.completed").length, 0);
  assertPage(await framed(here.visitor(), { iss: op.issuer, sid: "a-1" }));
  assert.equal(await isIn(alice), false);
});
