/** What the engine says happened, whole: names, levels and reasons are what dashboards and alarms are made of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../test-support/cookies.ts";
import { turns } from "../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../test-support/origin.ts";
import { NAVIGATION } from "../../test-support/requests.ts";
import type { AuditEvent, ProxyReader, ProxyVerdict } from "../contracts.ts";
import type { CoatcheckOptions, Session } from "../index.ts";
import { coatcheck, custom } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { manualClock } from "../testing/manual-clock.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";

type Data = Record<string, unknown>;
type Handler = (session: Session<Data>) => unknown;

interface Site {
  readonly auth: ReturnType<typeof coatcheck<Data>>;
  readonly clock: ReturnType<typeof manualClock>;
  readonly cookie: string;
  visit(handler: Handler, headers?: Record<string, string>, method?: string): Promise<Response>;
}

type Failing = "get" | "put" | "end" | "list" | "touch";
type Plain = Omit<AuditEvent, "error"> & { readonly error?: string };

const AWAY = new Error("the store is away");

/** Alice is signed in; then comes what happens, and its events. `ID` and `OWNER` stand for hers. */
async function eventsOf({ happens, options = {}, without }: Scenario): Promise<readonly Plain[]> {
  const clock = manualClock();
  let away = false;
  const store = memory();
  const fails = (method: Failing) => (away && method === without ? Promise.reject(AWAY) : null);
  const events: AuditEvent[] = [];
  const auth = coatcheck<Data>({
    publicUrl: ORIGIN,
    secrets: SECRET,
    clock,
    ...options,
    store: overStore(store, {
      get: (id) => fails("get") ?? store.get(id),
      put: (row, condition) => fails("put") ?? store.put(row, condition),
      end: (target, reason, now) => fails("end") ?? store.end(target, reason, now),
      list: (query, most, now) => fails("list") ?? store.list(query, most, now),
      touch: (id, now) => fails("touch") ?? store.touch(id, now),
    }),
    on: (event) => void events.push(event),
  });
  const cookie = await signIn(auth, { subject: "alice" });
  const id = idOf(cookie);
  const row = await store.get(id);
  events.length = 0;
  const visit: Site["visit"] = (handler, headers = {}, method = "GET") =>
    auth.handle(
      new Request(`${ORIGIN}/`, { method, headers: { cookie, ...headers } }),
      async (session) => {
        await handler(session);
        return new Response("answered");
      },
      { peer: "127.0.0.1" },
    );
  away = true;
  await happens({ auth, clock, cookie, visit });
  await turns(20);
  const plain = events.map(
    ({ error, ...event }): Plain => ({
      ...event,
      ...(event.sessionId === id ? { sessionId: "ID" } : {}),
      ...(event.owner !== undefined && event.owner === row?.owner ? { owner: "OWNER" } : {}),
      ...(error === undefined ? {} : { error: error instanceof Error ? error.message : typeof error }),
    }),
  );
  away = false;
  clock.advance(60_000);
  await auth.close();
  return plain;
}

const HERS = { sessionId: "ID", owner: "OWNER" };
const FROM_STORE = { name: "store.failed", level: "error", error: AWAY.message } as const;

interface Scenario {
  readonly what: string;
  readonly options?: Partial<CoatcheckOptions<Data>>;
  /** What the store cannot do once she is signed in. */
  readonly without?: Failing;
  readonly happens: (site: Site) => unknown;
  readonly events: readonly Plain[];
}

const readsWith = (read: ProxyReader["read"]): ProxyReader => ({ headers: ["x-user"], read });
const bob = { issuer: "test", subject: "bob", claims: {}, authenticatedAt: 0, method: "proxy" };
const asserted = (): ProxyVerdict => ({ kind: "asserted", identity: bob });
const unsure = custom({
  name: "unsure",
  presented: () => assert.fail("a bug"),
  authenticate: () => assert.fail("a bug"),
});
const badge = custom({
  name: "badge",
  presented: (request) => request.header("x-badge") !== undefined,
  authenticate: () => Promise.reject(new Error("a bug")),
});

const SCENARIOS: readonly Scenario[] = [
  { what: "nothing, for a caller who only looks", happens: ({ visit }) => visit((session) => session.identity), events: [] },
  {
    what: "a session that rotates",
    happens: ({ visit }) => visit((session) => session.rotate()),
    events: [{ name: "session.rotated", level: "info", ...HERS }],
  },
  {
    what: "a session that is written, which is no exchange of its secret",
    happens: ({ visit }) => visit((session) => session.set({ visits: 1 })),
    events: [],
  },
  {
    what: "a session that signs out",
    happens: ({ visit }) => visit((session) => session.logout()),
    events: [{ name: "session.ended", level: "info", reason: "logout", issuer: "test", ...HERS }],
  },
  {
    what: "a session that an administrator ends",
    happens: async ({ auth, cookie }) => auth.sessions.end(idOf(cookie), "admin"),
    events: [{ name: "session.ended", level: "info", reason: "admin", issuer: "test", ...HERS }],
  },
  {
    what: "a store that cannot be read",
    without: "get",
    happens: ({ visit }) => visit((session) => session.identity),
    events: [{ ...FROM_STORE, reason: "read" }],
  },
  {
    what: "a store that takes nothing",
    without: "put",
    happens: ({ visit }) => visit((session) => session.set({ visits: 1 })),
    events: [{ ...FROM_STORE, reason: "write" }],
  },
  {
    what: "a list that the store does not give",
    without: "list",
    happens: ({ auth }) => assert.rejects(auth.sessions.list("somebody"), { code: "ERR_STORE_UNAVAILABLE" }),
    events: [{ ...FROM_STORE, reason: "read" }],
  },
  {
    what: "a session that the store does not show",
    without: "get",
    happens: ({ auth }) => assert.rejects(auth.sessions.show("x".repeat(22)), { code: "ERR_STORE_UNAVAILABLE" }),
    events: [{ ...FROM_STORE, reason: "read" }],
  },
  {
    what: "an end that the store does not take is held",
    without: "end",
    happens: ({ auth }) => assert.rejects(auth.sessions.end("x".repeat(22), "admin"), { code: "ERR_STORE_UNAVAILABLE" }),
    events: [
      { ...FROM_STORE, reason: "write" },
      { name: "ending.held", level: "error" },
    ],
  },
  {
    what: "activity that cannot be written",
    without: "touch",
    happens: async ({ clock, visit }) => {
      clock.advance(10 * 60_000);
      assert.equal((await visit(() => undefined, NAVIGATION)).status, 200);
    },
    events: [{ name: "touch.failed", level: "warn", sessionId: "ID", error: AWAY.message }],
  },
  {
    what: "a form of another site",
    happens: ({ visit }) => visit(() => undefined, { "sec-fetch-site": "cross-site" }, "POST"),
    events: [{ name: "csrf.refused", level: "warn", code: "ERR_CROSS_SITE" }],
  },
  {
    what: "a credential of the app's that throws",
    options: { strategies: [badge] },
    happens: ({ visit }) => visit(() => undefined, { "x-badge": "1" }),
    events: [{ name: "credential.failed", level: "error", reason: "badge", code: "ERR_APP_HOOK", error: "a bug" }],
  },
  {
    what: "a credential of the app's of which it cannot even say whether it came",
    options: { strategies: [unsure] },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined)).status, 500),
    events: [
      { name: "credential.failed", level: "error", reason: "unsure", code: "ERR_APP_HOOK", error: "presented of unsure threw" },
    ],
  },
  {
    what: "a proxy's reader that throws",
    options: { proxy: { reader: readsWith(() => assert.fail("a bug")) } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined)).status, 503),
    events: [{ name: "proxy.failed", level: "error", error: "a bug" }],
  },
  {
    what: "a proxy's reader that rejects",
    options: { proxy: { reader: readsWith(() => Promise.reject(new Error("a bug"))) } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined)).status, 503),
    events: [{ name: "proxy.failed", level: "error", error: "a bug" }],
  },
  {
    what: "what a proxy says that cannot be read",
    options: { proxy: { reader: readsWith(() => ({ kind: "malformed", reason: "user" })) } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined)).status, 400),
    events: [
      { name: "proxy.malformed", level: "warn", reason: "user" },
      { name: "session.refused", level: "debug", code: "ERR_BAD_REQUEST" },
    ],
  },
  {
    what: "the same, where the reader knows what to do about it",
    options: {
      proxy: { reader: { ...readsWith(() => ({ kind: "malformed", reason: "user" })), hint: (reason) => `see ${reason}` } },
    },
    happens: ({ visit }) => visit(() => undefined),
    events: [
      { name: "proxy.malformed", level: "warn", reason: "user", hint: "see user" },
      { name: "session.refused", level: "debug", code: "ERR_BAD_REQUEST" },
    ],
  },
  {
    what: "what a proxy did not say itself",
    options: { proxy: { reader: readsWith(() => ({ kind: "stripped", reason: "peer" })) } },
    happens: ({ visit }) => visit((session) => assert.equal(session.owner, "test alice")),
    events: [{ name: "proxy.stripped", level: "warn", reason: "peer" }],
  },
  {
    what: "a user whom the app does not let in any more",
    options: { proxy: { reader: readsWith(asserted), resolve: () => ({ blocked: true }) } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined, { cookie: "" })).status, 403),
    events: [
      { name: "session.refused", level: "warn", reason: "blocked", code: "ERR_FORBIDDEN", owner: "test bob" },
      { name: "session.refused", level: "debug", code: "ERR_FORBIDDEN" },
    ],
  },
  {
    what: "an unknown user if the app wants no such",
    options: { proxy: { reader: readsWith(asserted), resolve: () => null, unknown: "refuse" } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined, { cookie: "" })).status, 403),
    events: [
      { name: "session.refused", level: "warn", reason: "unknown", code: "ERR_FORBIDDEN", owner: "test bob" },
      { name: "session.refused", level: "debug", code: "ERR_FORBIDDEN" },
    ],
  },
  {
    what: "an end of another's session that the store does not take, before a user whom a proxy asserts is served",
    options: { proxy: { reader: readsWith(asserted) } },
    without: "end",
    happens: async ({ visit }) => assert.equal((await visit(() => assert.fail("served"))).status, 503),
    events: [{ ...FROM_STORE, reason: "write" }],
  },
  {
    what: "an unknown user whom the app would not register after all",
    options: {
      proxy: {
        reader: readsWith(asserted),
        resolve: () => null,
        unknown: "register",
        register: () => ({ blocked: true, owner: "bob" }),
      },
    },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined, { cookie: "" })).status, 403),
    events: [
      { name: "session.refused", level: "warn", reason: "blocked", code: "ERR_FORBIDDEN", owner: "bob" },
      { name: "session.refused", level: "debug", code: "ERR_FORBIDDEN" },
    ],
  },
  {
    what: "a look-up of the app's that throws",
    options: { proxy: { reader: readsWith(asserted), resolve: () => assert.fail("a bug") } },
    happens: async ({ visit }) => assert.equal((await visit(() => undefined, { cookie: "" })).status, 500),
    events: [{ name: "proxy.lookup-failed", level: "error", reason: "app", code: "ERR_APP_HOOK", error: "a bug" }],
  },
];

for (const scenario of SCENARIOS)
  test(`F-46 the engine says so, and nothing else: ${scenario.what}`, async () =>
    assert.deepEqual(await eventsOf(scenario), scenario.events));
