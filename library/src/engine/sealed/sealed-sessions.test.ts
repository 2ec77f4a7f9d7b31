import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { view } from "../../../test-support/requests.ts";
import { noise, type SealedBrowser, type SealedWorld, sealedWorld } from "../../../test-support/sealed-world.ts";
import { memory } from "../../stores/memory.ts";

const NAME = "__Host-Http-coatcheck";
const HOUR = 3_600_000;

async function signedIn(world: ReturnType<typeof sealedWorld>, subject = "alice"): Promise<SealedBrowser> {
  const browser = world.browser();
  assert.equal((await browser.ask(`/login?value=${subject}`)).status, 200);
  return browser;
}

describe("sessions in their cookies alone", () => {
  test("CR-14 any replica that knows the secret takes the session, and no other", async () => {
    const world = sealedWorld();
    const browser = await signedIn(world);
    assert.equal((await browser.ask("/me", 1)).subject, "alice");
    const stranger = sealedWorld(null, { secrets: noise(60) });
    assert.equal((await stranger.browser(browser.jar).ask("/me")).status, 401);
  });

  test("CR-14 idle and absolute limits are enforced, although the cookie is still sent", async () => {
    const { clock, ...world } = sealedWorld();
    const browser = await signedIn({ clock, ...world });
    const copy = browser.copy();
    clock.advance(HOUR + 1);
    assert.deepEqual(await ended(browser), [401, "idle"]);
    const active = await signedIn({ clock, ...world });
    for (let half = 0; half < 47; half++) {
      clock.advance(HOUR / 2);
      assert.equal((await active.ask("/me")).status, 200, `after ${half} half hours`);
    }
    clock.advance(HOUR / 2);
    assert.deepEqual(await ended(active), [401, "expired"]);
    assert.equal((await copy.ask("/me")).status, 401);
  });

  test("SE-13 a visit sets no session's cookie, so a slow answer brings nothing back", async () => {
    const world = sealedWorld();
    const browser = await signedIn(world);
    world.clock.advance(HOUR / 2);
    const slow = await browser.slowly("/me");
    assert.deepEqual(names(slow.shown.lines), [`${NAME}.seen`]);
    await browser.ask("/set?value=new");
    slow.arrive();
    assert.deepEqual((await browser.ask("/me")).data, { note: "new" });
    const another = await browser.slowly("/me");
    await browser.ask("/logout");
    another.arrive();
    assert.equal((await browser.ask("/me")).status, 401);
  });

  test("CR-14 the time of a visit counts for its own session alone, and cannot be made up", async () => {
    const world = sealedWorld();
    const alice = await signedIn(world);
    const bob = await signedIn(world, "bob");
    world.clock.advance(HOUR / 2);
    await alice.ask("/me");
    const seen = alice.jar.get(`${NAME}.seen`) ?? "";
    world.clock.advance(HOUR / 2 + 1);
    assert.equal((await alice.ask("/me")).status, 200);
    for (const made of [seen, `${Date.now().toString(36)}.${seen.slice(-43)}`, "zzzzzzzz.", seen.replace(/.$/, "")]) {
      bob.jar.set(`${NAME}.seen`, made);
      assert.equal((await bob.ask("/me")).status, 401, made);
    }
  });

  test("SE-08 a logout clears the cookies, and a copy lives on, as the start says", async () => {
    const world = sealedWorld();
    const browser = await signedIn(world);
    const copy = browser.copy();
    const { lines } = await browser.ask("/logout");
    assert.deepEqual(names(lines), [NAME, `${NAME}.1`, `${NAME}.seen`]);
    assert.equal(browser.jar.size, 0);
    assert.equal((await copy.ask("/me")).subject, "alice");
    const said = world.events.filter(({ name }) => name === "store.limited");
    assert.equal(said.length, 2);
    assert.match(said[0]?.hint ?? "", /copied cookie is good until session.lifetime/);
  });

  test("CK-07 a session that shrinks loses the part that it does not need", async () => {
    const world = sealedWorld();
    const browser = await signedIn(world);
    const note = noise(3_600);
    await browser.ask(`/set?value=${note}`);
    assert.deepEqual([...browser.jar.keys()], [NAME, `${NAME}.1`]);
    assert.deepEqual((await browser.ask("/me")).data, { note });
    const { lines } = await browser.ask("/set?value=short");
    assert.ok(lines.some((line) => line.startsWith(`${NAME}.1=; Max-Age=0`)));
    assert.deepEqual([...browser.jar.keys()], [NAME]);
    assert.deepEqual((await browser.ask("/me")).data, { note: "short" });
  });

  test("CK-05 what does not fit is an error of its own, and the session stays as it was", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const refused = await browser.ask(`/set?value=${noise(6_000)}`);
    assert.deepEqual([refused.status, refused.code, refused.lines.length], [500, "ERR_COOKIE_TOO_LARGE", 0]);
    assert.equal((await browser.ask("/set?value=small")).status, 200);
    assert.deepEqual((await browser.ask("/me")).data, { note: "small" });
  });

  test("CR-08 while the secret is exchanged nobody is signed out, and a write seals anew", async () => {
    const [older, newer] = [noise(60), noise(60)];
    const before = sealedWorld(null, { secrets: older }, { secrets: [newer, older] });
    const browser = await signedIn(before);
    assert.equal((await browser.ask("/me", 1)).subject, "alice");
    await browser.ask("/set?value=moved", 1);
    const after = sealedWorld(null, { secrets: newer });
    assert.deepEqual((await after.browser(browser.jar).ask("/me")).data, { note: "moved" });
  });
});

describe("sealed sessions with a store for markers", () => {
  test("SE-08 a logout ends the copied cookie on every replica, at once", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const copy = browser.copy();
    await browser.ask("/logout", 0);
    assert.deepEqual(await ended(copy, 1), [401, "logout"]);
  });

  test("CR-14 endAll ends every session of the user that began before, but not the next one", async () => {
    const world = sealedWorld(memory());
    const [first, second, bob] = [await signedIn(world), await signedIn(world), await signedIn(world, "bob")];
    await world.replicas[0]?.endAll("app alice");
    assert.deepEqual(await ended(first, 1), [401, "elsewhere"]);
    assert.deepEqual(await ended(second, 0), [401, "elsewhere"]);
    assert.equal((await bob.ask("/me", 1)).subject, "bob");
    assert.equal((await (await signedIn(world)).ask("/me", 1)).subject, "alice");
  });

  test("SE-08 endAll spares the session that it excepts, and another endAll does not", async () => {
    const world = sealedWorld(memory());
    const [mine, other] = [await signedIn(world), await signedIn(world)];
    const answered = await mine.ask("/auth/sessions/end-others");
    assert.equal(answered.status, 200);
    assert.equal((await mine.ask("/me", 1)).status, 200);
    assert.deepEqual(await ended(other, 1), [401, "elsewhere"]);
    const third = await signedIn(world);
    await third.ask("/auth/sessions/end-others");
    assert.deepEqual(await ended(mine), [401, "elsewhere"]);
  });

  test("CR-14 an older state of a session is refused after ten seconds, which requests on their way have", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const older = browser.copy();
    await browser.ask("/set?value=new");
    assert.equal((await older.ask("/me", 1)).status, 200);
    world.clock.advance(10_000);
    assert.deepEqual(await ended(older, 1), [401, "replaced"]);
    assert.deepEqual((await browser.ask("/me", 1)).data, { note: "new" });
  });

  test("SE-13 of two requests that change one state the second is refused, and changes no cookie", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const [first, second] = await Promise.all([browser.slowly("/set?value=first"), browser.slowly("/set?value=second", 1)]);
    const statuses = [first.shown.status, second.shown.status].toSorted();
    assert.deepEqual(statuses, [200, 503]);
    const [taken, refused] = first.shown.status === 200 ? [first, second] : [second, first];
    assert.deepEqual([refused.shown.code, refused.shown.lines.length], ["ERR_STORE_CONTENTION", 0]);
    taken.arrive();
    refused.arrive();
    const note = taken === first ? "first" : "second";
    assert.deepEqual((await browser.ask("/me")).data, { note });
    assert.equal((await browser.ask("/set?value=again")).status, 200);
  });

  test("SE-13 late requests do not prolong the ten seconds of an older state", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const older = browser.copy();
    await browser.ask("/set?value=new");
    for (let second = 0; second < 9; second++) {
      world.clock.advance(1_000);
      assert.equal((await older.slowly("/set?value=old")).shown.status, 503);
    }
    world.clock.advance(1_000);
    assert.equal((await older.ask("/me")).status, 401);
  });

  test("SE-12 a change that is late after a logout or an endAll is refused, and sets no cookie", async () => {
    const ends = [
      (browser: SealedBrowser) => browser.ask("/logout"),
      (_: SealedBrowser, world: SealedWorld) => world.replicas[1]?.endAll("app alice"),
    ];
    for (const end of ends) {
      const world = sealedWorld(memory());
      const browser = await signedIn(world);
      const engine = engineOf(world.replicas[0] ?? assert.fail());
      const late = await engine.open(view([...browser.jar].map(([name, value]) => `${name}=${value}`).join("; ")));
      late.session.set({ note: "late" });
      await end(browser, world);
      const { refusal, cookies } = await late.settle(200);
      assert.deepEqual([refusal?.code, cookies], ["ERR_SESSION_ENDED", []]);
    }
  });

  test("SE-07 rotate makes the cookie of before useless after ten seconds", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const older = browser.copy();
    await browser.ask("/rotate");
    world.clock.advance(10_000);
    assert.deepEqual(await ended(older), [401, "replaced"]);
    assert.equal((await browser.ask("/me")).status, 200);
  });

  test("SE-10 another user's login in the same browser ends the session of before", async () => {
    const world = sealedWorld(memory());
    const browser = await signedIn(world);
    const copy = browser.copy();
    await browser.ask("/login?value=bob");
    assert.deepEqual(await ended(copy), [401, "identity-changed"]);
    assert.equal((await browser.ask("/me")).subject, "bob");
  });
});

async function ended(browser: SealedBrowser, replica = 0): Promise<readonly unknown[]> {
  const { status, ended } = await browser.ask("/me", replica);
  return [status, ended];
}

const names = (lines: readonly string[]): readonly string[] => lines.map((line) => line.split("=", 1)[0] ?? "");
