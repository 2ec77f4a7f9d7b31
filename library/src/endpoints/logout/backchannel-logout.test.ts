import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { type Bent, LOGOUT_EVENT, logoutForm, logoutToken } from "../../../test-support/provider/logout-tokens.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { isIn, named, post, signedIn, siteOf, tell } from "../../../test-support/provider/provider-logout.ts";
import { unsignedJwt } from "../../../test-support/provider/signing.ts";
import type { Site } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const clock = manualClock(1_800_000_000_000);
const op = await lyingProvider({ now: clock.now });
const other = await lyingProvider({ now: clock.now });
const sites: Site[] = [];
after(() => Promise.all([op.close(), other.close()]));
afterEach(async () => {
  await Promise.all(sites.splice(0).map((one) => one.close()));
  for (const one of [op, other]) one.reset();
});

function site(options: Parameters<typeof siteOf>[1] = {}): Site {
  const made = siteOf(op, { clock, ...options });
  sites.push(made);
  return made;
}

const made = (bent: Bent = {}, by = op): string => logoutToken(by, { now: clock.now(), ...bent });

async function assertRefused(response: Response, code: string, name = code): Promise<void> {
  assert.equal(response.status, 400, name);
  assert.equal(response.headers.get("cache-control"), "no-store", name);
  assert.equal(response.headers.get("content-type"), "application/problem+json", name);
  const body: unknown = await response.json();
  assert.ok(typeof body === "object" && body !== null && "code" in body && "status" in body, name);
  assert.deepEqual([body.code, body.status], [code, 400], name);
}

test("LO-04 S-46 a logout token from nowhere, without cookie: exactly 200, empty, and the session is over", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "sid-alice");
  const response = await post(here, `state=x&${logoutForm(made())}&logout_hint=alice`);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(response.headers.getSetCookie(), []);
  assert.equal(await isIn(alice), false);
  const [event] = named(here, "backchannel.completed");
  assert.deepEqual([event?.provider, event?.count], ["default", 1]);
  assert.equal(named(here, "session.ended")[0]?.reason, "provider");
});

test("LO-04 the media type may have parameters, and the form comes in the body alone", async () => {
  const here = site();
  assert.equal((await post(here, logoutForm(made()), "Application/X-WWW-Form-Urlencoded; charset=UTF-8")).status, 200);
  assert.equal((await post(here, logoutForm(made()), undefined, "?logout_token=x")).status, 200);
  await assertRefused(await post(here, "", undefined, `?${logoutForm(made())}`), "ERR_BAD_REQUEST");
});

test("LO-04 A-44 whatever is not one logout token in a form is 400, and no other method is taken", async () => {
  const here = site();
  const token = made();
  for (const body of ["", "logout_token", "logout_token=", "logout_token=x", "token=x", `${logoutForm(token)}&logout_token=x`])
    await assertRefused(await post(here, body), "ERR_BAD_REQUEST", body);
  await assertRefused(await post(here, `${logoutForm(token)}&${logoutForm(token)}`), "ERR_BAD_REQUEST", "twice the same");
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
    await assertRefused(await post(here, JSON.stringify({ logout_token: token }), type), "ERR_UNSUPPORTED_MEDIA_TYPE", type);
  await assertRefused(await post(here, `a=${"x".repeat(70_000)}&${logoutForm(token)}`), "ERR_BODY_TOO_LARGE");
  const asked = await here.visitor().get(`/auth/backchannel-logout?${logoutForm(token)}`);
  assert.deepEqual([asked.status, asked.headers.get("allow"), asked.headers.get("cache-control")], [405, "POST", "no-store"]);
  const reasons = new Set(named(here, "backchannel.refused").map(({ reason }) => reason));
  assert.deepEqual([...reasons].sort(), ["body", "format", "media-type", "token"]);
  assert.equal((await tell(here, token)).status, 200, "none of it used the token up");
});

test("LO-05 LO-06 LO-07 the negative cases of the conformance suite: 400, and all users stay", async () => {
  const here = site();
  const alice = await signedIn(here, op, "alice", "sid-alice");
  const now = Math.floor(clock.now() / 1_000);
  const cases: { readonly [reason: string]: string } = {
    alg: made({ header: { alg: "none" } }),
    format: unsignedJwt({ typ: "logout+jwt" }, { iss: op.issuer }),
    issuer: made({ claims: { iss: "https://evil.example" } }),
    aud: made({ claims: { aud: "other" } }),
    events: made({ claims: { events: undefined } }),
    nonce: made({ claims: { nonce: "n" } }),
    sub: made({ claims: { sub: undefined, sid: undefined } }),
    exp: made({ claims: { exp: now - 31 } }),
    iat: made({ claims: { iat: now + 60 } }),
    typ: made({ header: { typ: "JWT" } }),
    signature: `${made().slice(0, -20)}${"A".repeat(20)}`,
  };
  for (const [reason, token] of Object.entries(cases)) await assertRefused(await tell(here, token), "ERR_BAD_REQUEST", reason);
  await assertRefused(await tell(here, made({ claims: { events: { [`${LOGOUT_EVENT}/`]: {} } } })), "ERR_BAD_REQUEST");
  assert.deepEqual(
    named(here, "backchannel.refused").map(({ reason }) => reason),
    [...Object.keys(cases), "events"],
  );
  assert.equal(await isIn(alice), true);
});

test("LO-05 OP-01 what is told of a refused token is no part of it", async () => {
  const here = site();
  const tokens = [made({ claims: { aud: "canary-aud" } }), made({ header: { kid: "canary-kid" } }), "canary.canary.canary"];
  for (const token of tokens) {
    const text = await (await tell(here, token)).text();
    assert.doesNotMatch(text, /canary/);
  }
  const told = here.events.map((event) => JSON.stringify(event) + String(event.error)).join("\n");
  assert.match(told, /backchannel\.refused/);
  assert.doesNotMatch(told, /canary/);
  for (const token of tokens) assert.ok(!told.includes(token.slice(0, 30)));
});

test("LO-08 a token takes effect once, on whichever replica, also when it comes to both at once", async () => {
  const store = memory();
  const [a, b] = [site({ store }), site({ store })];
  const once = made({ claims: { sid: undefined } });
  assert.equal((await tell(a, once)).status, 200);
  clock.advance(2_000);
  const alice = await signedIn(a, op, "alice", "later");
  await assertRefused(await tell(b, once), "ERR_BAD_REQUEST");
  assert.equal(await isIn(alice), true);
  assert.equal(named(b, "backchannel.refused")[0]?.reason, "replay");

  const both = made();
  const statuses = await Promise.all([tell(a, both), tell(b, both), tell(a, both), tell(b, both)]);
  assert.deepEqual(statuses.map(({ status }) => status).sort(), [200, 400, 400, 400]);
});

test("LO-08 the same jti is another token if issuer or client differ, and free once it has expired", async () => {
  const store = memory();
  const providers = [
    { name: "one", issuer: op.issuer, clientId: op.clientId, clientSecret: "s" },
    { name: "two", issuer: op.issuer, clientId: "second", clientSecret: "s" },
    { name: "three", issuer: other.issuer, clientId: other.clientId, clientSecret: "s" },
  ];
  const here = siteWith({ clock, store, providers });
  sites.push(here);
  const jti = "same";
  assert.equal((await tell(here, made({ claims: { jti } }))).status, 200);
  assert.equal((await tell(here, made({ claims: { jti, aud: "second" } }))).status, 200);
  assert.equal((await tell(here, made({ claims: { jti } }, other))).status, 200);
  assert.equal((await tell(here, made({ claims: { jti, aud: "second" } }))).status, 400);
  clock.advance(119_000 + 30_000);
  assert.equal((await tell(here, made({ claims: { jti } }))).status, 400, "the mark outlives its token");
  clock.advance(121_000 + 120_000 + 30_000);
  assert.equal((await tell(here, made({ claims: { jti } }))).status, 200);
});

test("LO-08 DK-04 if the effect or the keys fail, 400 says so and the provider can send the token again", async () => {
  const store = memory();
  let down: "mark" | "end" | null = null;
  const line = overStore(store, {
    mark(key, until, now, value) {
      if (down === "mark") throw new Error("the store is down");
      return store.mark(key, until, now, value);
    },
    end(target, reason, now) {
      if (down === "end") throw new Error("the store is down");
      return store.end(target, reason, now);
    },
  });
  const here = site({ store: line });
  const alice = await signedIn(here, op, "alice", "sid-alice");
  const token = made();
  for (const call of ["mark", "end"] as const) {
    down = call;
    await assertRefused(await tell(here, token), "ERR_STORE_UNAVAILABLE", call);
    down = null;
  }
  assert.deepEqual(
    named(here, "backchannel.refused").map(({ reason, level }) => [reason, level]),
    [
      ["store", "error"],
      ["store", "error"],
    ],
  );
  assert.equal(await isIn(alice), true);
  op.lies.raw = (entry, response) => entry.endpoint === "keys" && Boolean(response.writeHead(503).end());
  const fresh = site({ store });
  await assertRefused(await tell(fresh, token), "ERR_PROVIDER_UNAVAILABLE");
  assert.equal(named(fresh, "backchannel.refused")[0]?.reason, "keys");
  delete op.lies.raw;
  assert.equal((await tell(here, token)).status, 200);
  assert.equal(await isIn(alice), false);
});

test("LO-09 sid ends that session, sub alone all of them, and no other user's", async () => {
  const here = siteWith({
    clock,
    providers: [
      { name: "one", issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret },
      { name: "two", issuer: other.issuer, clientId: other.clientId, clientSecret: other.clientSecret },
    ],
  });
  sites.push(here);
  const people: { [name: string]: Awaited<ReturnType<typeof signedIn>> } = {};
  for (const [issuer, by] of Object.entries({ one: op, two: other }))
    for (const sub of ["alice", "bob"])
      for (const nth of [1, 2])
        people[`${issuer} ${sub} ${nth}`] = await signedIn(here, by, sub, `${sub}-${nth}`, `?provider=${issuer}`);
  const gone = new Set<string>();
  const expect = async (token: string, ...names: readonly string[]): Promise<void> => {
    assert.equal((await tell(here, token)).status, 200);
    for (const name of names) gone.add(name);
    for (const [name, visitor] of Object.entries(people)) assert.equal(await isIn(visitor), !gone.has(name), name);
  };
  await expect(made({ claims: { sub: undefined, sid: "alice-1" } }), "one alice 1");
  await expect(made({ claims: { sub: undefined, sid: "nobody" } }));
  await expect(made({ claims: { sub: undefined, sid: "alice-1" } }));
  await expect(made({ claims: { sub: "alice", sid: "bob-2" } }, other), "two bob 2");
  await expect(made({ claims: { sub: "bob", sid: undefined } }), "one bob 1", "one bob 2");
  await expect(made({ claims: { sub: "bob", sid: undefined } }));
  await expect(made({ claims: { sub: "carol", sid: undefined } }));
  await expect(made({ claims: { sub: "alice", sid: undefined } }, other), "two alice 1", "two alice 2");
  assert.deepEqual(
    named(here, "backchannel.completed").map(({ count }) => count),
    [1, 0, 0, 1, 2, 0, 0, 2],
  );
});

test("F-33 the named session ends at once, the user's others when their refresh is refused", async () => {
  const here = site({ session: { idle: 86_400_000 } });
  const [first, second] = [await signedIn(here, op, "alice", "sid-1"), await signedIn(here, op, "alice", "sid-2")];
  op.lies.lost = ({ form }, response) =>
    form.get("grant_type") === "refresh_token" &&
    Boolean(response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_grant"}'));
  assert.equal((await tell(here, made({ claims: { sub: "alice", sid: "sid-1" } }))).status, 200);
  assert.deepEqual([await isIn(first), await isIn(second)], [false, true], "the lifetime of an access token bounds it");
  clock.advance(3_601_000);
  assert.equal(await isIn(second), false);
  assert.deepEqual(
    named(here, "session.ended").map(({ reason }) => reason),
    ["provider", "provider"],
  );
});
