/** Whatever ends a session: the audit says whose it was, and the provider is told to forget its tokens. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type AuthOptions, authWith } from "../../../test-support/auth.ts";
import type { Visitor } from "../../../test-support/site.ts";
import { siteWith } from "../../../test-support/site.ts";
import type { AuditEvent } from "../../contracts.ts";
import type { Auth } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import type { FakeProvider } from "../../testing/fake-provider.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

const ISSUER = "https://provider.test";
const users = [
  { subject: "alice", sid: null },
  { subject: "bob", sid: "sid-bob" },
];

interface World {
  readonly provider: FakeProvider;
  readonly clock: ManualClock;
  readonly events: readonly AuditEvent[];
  /** What operators use, on another replica. */
  readonly auth: Auth<unknown>;
  visitor(): Visitor;
  signIn(subject: string, visitor?: Visitor): Promise<Visitor>;
  close(): Promise<void>;
}

function world(options: AuthOptions<unknown> = {}): World {
  // Of the test's own: a wall clock may be set back, and a busy machine may let what is tried again come in between.
  const clock = manualClock(Date.now());
  const provider = fakeProvider({ users, clock });
  const store = memory();
  const here = siteWith({ provider, store, clock, ...options });
  const { auth, events: elsewhere } = authWith<unknown>({ store, provider, clock, ...options });
  return {
    provider,
    clock,
    get events() {
      return [...here.events, ...elsewhere];
    },
    auth,
    visitor: () => here.visitor(),
    async signIn(subject, visitor = here.visitor()) {
      clock.advance(1);
      const begun = await visitor.get("/auth/login");
      const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? "", subject));
      assert.equal((await visitor.get(pathname + search)).status, 303);
      return visitor;
    },
    async close() {
      await here.close();
      await auth.close();
    },
  };
}

interface Case {
  readonly name: string;
  readonly subject?: string;
  readonly reason: string;
  /** How many sessions of the subject end, and the tokens of how many are revoked. */
  readonly ends: number;
  readonly revokes: number;
  readonly options?: AuthOptions<unknown>;
  run(world: World): Promise<void>;
}

const idOf = ({ jar }: Visitor): string => (jar.get("__Host-Http-coatcheck") ?? "").split(".")[0] ?? "";

const CASES: readonly Case[] = [
  {
    name: "POST logout",
    reason: "logout",
    ends: 1,
    revokes: 1,
    run: async ({ signIn }) => void (await (await signIn("alice")).post("/auth/logout")),
  },
  {
    name: "an operator ends one",
    reason: "admin",
    ends: 1,
    revokes: 1,
    async run({ signIn, auth }) {
      assert.equal(await auth.sessions.end(idOf(await signIn("alice")), "admin"), true);
    },
  },
  {
    name: "POST sessions/end-others",
    reason: "elsewhere",
    ends: 1,
    revokes: 1,
    async run({ signIn }) {
      const [one, other] = [await signIn("alice"), await signIn("alice")];
      assert.equal((await one.post("/auth/sessions/end-others")).headers.get("location"), "/auth/sessions");
      assert.equal((await other.get("/")).status, 401);
    },
  },
  {
    name: "endAll",
    reason: "elsewhere",
    ends: 2,
    revokes: 2,
    async run({ signIn, auth }) {
      await signIn("alice");
      await signIn("alice");
      assert.equal(await auth.endAll({ issuer: ISSUER, subject: "alice" }), 2);
    },
  },
  {
    name: "another user signs in with the same browser",
    reason: "identity-changed",
    ends: 1,
    revokes: 1,
    run: async ({ signIn }) => void (await signIn("bob", await signIn("alice"))),
  },
  {
    name: "the same person signs in again with the same browser: both may live by one grant",
    reason: "replaced",
    ends: 1,
    revokes: 0,
    run: async ({ signIn }) => void (await signIn("alice", await signIn("alice"))),
  },
  {
    name: "too many sessions of a person",
    reason: "replaced",
    ends: 1,
    revokes: 1,
    options: { session: { maxPerUser: 1 } },
    async run({ signIn }) {
      await signIn("alice");
      await signIn("alice");
    },
  },
  {
    name: "the provider, by sid: it knows",
    subject: "bob",
    reason: "provider",
    ends: 1,
    revokes: 0,
    async run({ signIn, auth, clock }) {
      await signIn("bob");
      const notice = { issuer: ISSUER, subject: null, sid: "sid-bob", issuedAt: clock.now() };
      assert.equal(await auth.sessions.signedOut(notice), 1);
    },
  },
  {
    name: "the provider, by subject: it knows",
    reason: "provider",
    ends: 2,
    revokes: 0,
    async run({ signIn, auth, clock }) {
      await signIn("alice");
      await signIn("alice");
      const notice = { issuer: ISSUER, subject: "alice", sid: null, issuedAt: clock.now() };
      assert.equal(await auth.sessions.signedOut(notice), 2);
    },
  },
];

for (const { name, subject = "alice", reason, ends, revokes, options, run } of CASES) {
  test(`F-24 F-25 ${name}: the audit says whose session ended and why; ${revokes} of ${ends} lose tokens`, async () => {
    const here = world(options);
    await run(here);
    await here.close();
    const ended = here.events.filter((event) => event.name === "session.ended");
    const told = { owner: `${ISSUER} ${subject}`, issuer: ISSUER, reason, provider: "default" };
    assert.deepEqual(
      ended.map((event) => ({ owner: event.owner, issuer: event.issuer, reason: event.reason, provider: event.provider })),
      Array.from({ length: ends }, () => told),
    );
    assert.equal(here.provider.calls.filter(({ kind }) => kind === "revoke").length, revokes);
  });
}

test("LO-03 tokens are revoked once the store has the logout, and not before", async () => {
  const provider = fakeProvider({ users });
  const store = memory();
  let refuses = false;
  const line = overStore(store, {
    put(row, condition) {
      if (refuses) throw new Error("the store is down");
      return store.put(row, condition);
    },
  });
  const here = siteWith({ provider, store: line, clock: manualClock(Date.now()) });
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login");
  const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? "", "alice"));
  await visitor.get(pathname + search);
  const copy = here.visitor(visitor.jar);
  refuses = true;
  assert.equal((await visitor.post("/auth/logout")).status, 503);
  assert.equal(provider.revoked.length, 0);
  refuses = false;
  assert.equal((await copy.post("/auth/logout")).status, 303);
  await here.close();
  assert.equal(provider.revoked.length, 1);
});

test("LO-03 a provider that does not answer delays no logout", async () => {
  const answers = Promise.withResolvers<boolean>();
  const honest = fakeProvider({ users });
  const here = siteWith({ provider: { ...honest, revoke: () => answers.promise } });
  const visitor = here.visitor();
  const begun = await visitor.get("/auth/login");
  const { pathname, search } = new URL(honest.approve(begun.headers.get("location") ?? "", "alice"));
  await visitor.get(pathname + search);
  assert.equal((await visitor.post("/auth/logout")).status, 303);
  answers.resolve(true);
  await here.close();
});

test("F-25 tokens that no secret opens any more are said to stay good, and the session ends all the same", async () => {
  const provider = fakeProvider({ users });
  const store = memory();
  const before = siteWith({ provider, store, secrets: randomBytes(32).toString("base64url") });
  const visitor = before.visitor();
  const begun = await visitor.get("/auth/login");
  const { pathname, search } = new URL(provider.approve(begun.headers.get("location") ?? "", "alice"));
  await visitor.get(pathname + search);
  const after = siteWith({ provider, store });
  assert.equal((await after.visitor(visitor.jar).post("/auth/logout")).status, 303);
  await Promise.all([before.close(), after.close()]);
  const left = after.events.filter(({ name }) => name === "revocation.failed");
  assert.deepEqual(
    left.map(({ level, reason, provider }) => `${level} ${reason} ${provider}`),
    ["warn sealed default"],
  );
  assert.ok(after.events.some(({ name, owner }) => name === "session.ended" && owner === `${ISSUER} alice`));
});
