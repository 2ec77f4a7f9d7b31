/** Where a logout leads: the page after it, and a script's way to the provider. */

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import type { StoredOptions } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import type { Site, Visitor } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const provider = fakeProvider({ users: [{ subject: "alice" }] });
const sites: Site[] = [];
afterEach(async () => {
  await Promise.all(sites.splice(0).map((one) => one.close()));
});
after(() => provider.close());

function site(options: Partial<StoredOptions<unknown>> = {}): Site {
  const made = siteWith({ provider, ...options });
  sites.push(made);
  return made;
}

async function signedIn(here: Site, visitor = here.visitor()): Promise<Visitor> {
  const begun = await visitor.get("/auth/login");
  const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? ""));
  assert.equal((await visitor.get(pathname + search)).status, 303);
  return visitor;
}

const SCRIPT = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };

async function linkOf(visitor: Visitor): Promise<string> {
  const response = await visitor.post("/auth/logout", SCRIPT);
  assert.equal(response.status, 200);
  const { location }: { location: string } = await response.json();
  return location;
}

const isProviders = (response: Response): boolean =>
  response.status === 303 &&
  (response.headers.get("location") ?? "").startsWith("https://provider.test/logout?id_token_hint=id-");

test("F-22 TK-11 a script's logout is handed no ID token, and leads to the provider with its hint anyway", async () => {
  const here = site();
  const visitor = await signedIn(here);
  const location = await linkOf(visitor);
  assert.equal(new URL(location, ORIGIN).origin, ORIGIN);
  assert.match(location, /^\/auth\/logout\/continue\?to=/);
  for (const seen of visitor.seen) assert.doesNotMatch(seen, /id-\d|id_token/);
  const there = await visitor.get(location);
  assert.ok(isProviders(there), there.headers.get("location") ?? "");
  assert.equal(there.headers.get("cache-control"), "no-store");
  assert.equal(there.headers.get("referrer-policy"), "no-referrer");
});

test("F-22 the address leads there once, whichever replica and tab, then to the page after the logout", async () => {
  const store = memory();
  const [here, there] = [site({ store }), site({ store })];
  const location = await linkOf(await signedIn(here));
  const answers = await Promise.all([here, there, here].map((one) => one.visitor().get(location)));
  assert.equal(answers.filter(isProviders).length, 1);
  for (const response of answers.filter((one) => !isProviders(one))) {
    assert.deepEqual([response.status, response.headers.get("location")], [303, "/auth/signed-out"]);
  }
});

test("F-22 it is for a navigation alone: a fetch, a frame or a prefetch gets nothing, and uses nothing up", async () => {
  const here = site();
  const visitor = await signedIn(here);
  const location = await linkOf(visitor);
  for (const headers of [SCRIPT, { "sec-fetch-dest": "iframe" }, { "sec-fetch-dest": "image" }, { "sec-purpose": "prefetch" }]) {
    const response = await visitor.get(location, headers);
    assert.deepEqual([response.status, response.headers.get("location")], [403, null]);
  }
  assert.equal((await visitor.head(location)).status, 405);
  assert.ok(isProviders(await visitor.get(location)));
});

test("F-22 after a minute, changed, of another origin or made up, it leads to the page after the logout", async () => {
  const clock = manualClock(Date.now());
  const here = site({ clock });
  const location = await linkOf(await signedIn(here));
  const changed = `${location.slice(0, -2)}AA`;
  clock.advance(60_001);
  for (const target of [location, changed, "/auth/logout/continue?to=x"]) {
    const response = await here.visitor().get(target);
    assert.deepEqual([response.status, response.headers.get("location")], [303, "/auth/signed-out"], target);
  }
  assert.equal((await here.visitor().get("/auth/logout/continue")).status, 400);
});

test("F-22 while the store is silent its use is unknown: a page, and it can be asked for again", async () => {
  const store = memory();
  let down = false;
  const line = overStore(store, {
    mark(key, until, now, value) {
      if (down) throw new Error("the store is down");
      return store.mark(key, until, now, value);
    },
  });
  const here = site({ store: line });
  const visitor = await signedIn(here);
  const location = await linkOf(visitor);
  down = true;
  const refused = await visitor.get(location);
  assert.deepEqual([refused.status, refused.headers.get("retry-after"), refused.headers.get("location")], [503, "5", null]);
  assert.match(await refused.text(), /<h1>You are signed out here<\/h1>/);
  down = false;
  assert.ok(isProviders(await visitor.get(location)));
});

test("F-26 signing out lands on a page of ours that leads nowhere by itself, with nothing in its address", async () => {
  const here = site();
  const visitor = await signedIn(here);
  const out = new URL((await visitor.post("/auth/logout")).headers.get("location") ?? "");
  assert.equal(out.searchParams.get("post_logout_redirect_uri"), `${ORIGIN}/auth/signed-out`);
  const landed = await visitor.get("/auth/signed-out");
  assert.equal(landed.status, 200);
  assert.equal(landed.headers.get("cache-control"), "no-store");
  const text = await landed.text();
  assert.match(text, /<html lang="en">.*<h1>You are signed out<\/h1>/s);
  assert.match(text, /href="\/auth\/login"/);
  assert.doesNotMatch(text, /http-equiv|<script|state=/);
  const other = await signedIn(site({ provider: { ...provider, logoutUrl: () => undefined } }));
  assert.equal((await other.post("/auth/logout")).headers.get("location"), "/auth/signed-out");
  assert.equal((await other.get("/auth/login?return_to=%2Fauth%2Fsigned-out")).status, 302);
});

test("F-26 F-57 an authenticated user is not told that they are signed out; in an outage the page is there", async () => {
  const store = memory();
  let down = false;
  const line = overStore(store, {
    get(id) {
      if (down) throw new Error("the store is down");
      return store.get(id);
    },
  });
  const here = site({ store: line });
  const visitor = await signedIn(here);
  assert.match(await (await visitor.get("/auth/signed-out")).text(), /<h1>You are signed in<\/h1>/);
  down = true;
  assert.equal((await visitor.get("/auth/signed-out")).status, 200);
});

test("F-57 ?ended= tells no authenticated user that they are signed out: they go on to return_to", async () => {
  const store = memory();
  let down = false;
  const line = overStore(store, {
    get(id) {
      if (down) throw new Error("the store is down");
      return store.get(id);
    },
  });
  const here = site({ store: line });
  const target = "/auth/login?return_to=%2Fpage&ended=idle";
  const visitor = await signedIn(here);
  const onward = await visitor.get(target);
  assert.deepEqual([onward.status, onward.headers.get("location")], [303, "/page"]);
  assert.match(await (await here.visitor().get(target)).text(), /You are signed out/);
  down = true;
  assert.equal((await visitor.get(target)).status, 302, "in an outage nobody can say; the login goes on");
});

test("F-27 a callback of an unknown login leads a signed-in browser to /, others to a page with the reason", async () => {
  const here = site();
  const visitor = await signedIn(here);
  const unknown = `/auth/callback?code=x&state=${"s".repeat(32)}`;
  const back = await visitor.get(unknown);
  assert.deepEqual([back.status, back.headers.get("location")], [303, "/"]);
  assert.equal(provider.calls.filter(({ kind }) => kind === "finish").length > 0, true);
  assert.equal((await visitor.get(unknown, SCRIPT)).status, 400);
  assert.equal((await here.visitor().get(unknown)).status, 400);
});

test("F-27 CB-03 an answer of another issuer is the browser's mistake: 4xx, and the login can go on", async () => {
  const here = site();
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login");
  const callback = new URL(provider.approve(begun.headers.get("location") ?? ""));
  for (const iss of ["https://evil.example", `${provider.issuer}/`, provider.issuer.toUpperCase(), ""]) {
    const wrong = new URL(callback);
    wrong.searchParams.set("iss", iss);
    const before = provider.calls.length;
    assert.equal((await visitor.get(wrong.pathname + wrong.search)).status, 400, iss);
    assert.equal(provider.calls.length, before, "nothing is asked of the provider");
  }
  assert.equal((await visitor.get(callback.pathname + callback.search)).status, 303);
});
