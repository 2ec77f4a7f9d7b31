import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { cookieOf, idOf } from "../../../test-support/cookies.ts";
import { requestWith } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import type { Identity, ProxyReader, TokenVerifier } from "../../contracts.ts";
import type { Auth } from "../../http/auth.ts";
import { custom } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";

const STATES = ["absent", "A", "B", "invalid", "malformed", "expired", "unavailable"] as const;
type State = (typeof STATES)[number];

/** What each of the four brings along. */
interface Case {
  readonly bearer: State;
  readonly custom: State;
  readonly proxy: State;
  readonly session: State;
}

/**
 * What the written policy says: whom the request is served as, or its status; and whether the presented session lives
 * on.
 */
interface Expected {
  readonly served: string | null | number;
  readonly by: string | null;
  readonly ended: boolean;
  readonly lookedUp: boolean;
}

// docs/design.md §3: of bearer and custom the first that is presented decides, and an invalid one never falls through.
const EXPLICIT: { readonly [state in Exclude<State, "absent">]: string | number } = {
  A: "A",
  B: "B",
  invalid: 401,
  malformed: 400,
  expired: 401,
  unavailable: 503,
};

function policy({ bearer, custom: own, proxy, session }: Case): Expected {
  for (const [name, state] of [
    ["bearer", bearer],
    ["custom", own === "malformed" ? "invalid" : own],
  ] as const) {
    if (state === "absent") continue;
    const served = EXPLICIT[state];
    return { served, by: typeof served === "string" ? name : null, ended: false, lookedUp: false };
  }
  if (proxy === "malformed") return refused(400);
  if (proxy === "invalid" || proxy === "expired") return refused(401);
  if (proxy === "unavailable") return refused(503);
  const lookedUp = session !== "absent" && session !== "malformed";
  if (session === "unavailable") return { served: 503, by: null, ended: false, lookedUp };
  const sessions = session === "A" || session === "B" ? session : null;
  if (proxy === "absent") return { served: sessions, by: sessions === null ? null : "session", ended: false, lookedUp };
  return { served: proxy, by: "proxy", ended: sessions !== null && sessions !== proxy, lookedUp };
}

const refused = (status: number): Expected => ({ served: status, by: null, ended: false, lookedUp: false });

const identity = (subject: string, method: string): Identity => ({
  issuer: "test",
  subject,
  claims: {},
  authenticatedAt: 0,
  method,
});

const verifier: TokenVerifier = {
  name: "test",
  reads: () => true,
  verify(token) {
    if (token === "A" || token === "B")
      return { kind: "valid", identity: identity(token, "bearer"), expires: Number.MAX_SAFE_INTEGER };
    return token === "unavailable" ? { kind: "unavailable", cause: new Error("keys") } : { kind: "invalid", reason: token };
  },
};

const apiKey = custom({
  name: "custom",
  presented: (request) => request.header("x-api-key") !== undefined,
  async authenticate(request) {
    const key = request.header("x-api-key") ?? "";
    if (key === "unavailable") throw new Error("the table of keys is away");
    return key === "A" || key === "B" ? { issuer: "test", subject: key } : null;
  },
});

const reader: ProxyReader = {
  headers: ["x-user"],
  read(request) {
    const said = request.header("x-user");
    if (said === undefined) return { kind: "absent" };
    if (said === "malformed") return { kind: "malformed", reason: "user" };
    if (said === "invalid" || said === "expired") return { kind: "invalid", cause: new Error(said) };
    return said === "unavailable"
      ? { kind: "unavailable", cause: new Error("keys") }
      : { kind: "asserted", identity: identity(said, "proxy") };
  },
};

const clock = manualClock();
const inner = memory();
const { store, failing, calls, count } = failingStore(inner);
let auth: Auth<Record<string, unknown>>;

before(() => {
  const options = { store, clock, bearer: { verifiers: [verifier] }, strategies: [apiKey], proxy: { reader } };
  ({ auth } = authWith<Record<string, unknown>>(options));
});
after(() => auth.close());

/** A session of this user, as the app itself would begin one; its cookie and its id. */
async function begun(subject: string): Promise<{ readonly cookie: string; readonly id: string }> {
  const exchange = await auth.engine.open(requestWith({}));
  exchange.session.login({ issuer: "test", subject });
  const cookie = cookieOf(await exchange.settle(200));
  return { cookie, id: idOf(cookie) };
}

async function presented(state: State): Promise<{ readonly cookie?: string; readonly id?: string }> {
  switch (state) {
    case "absent":
      return {};
    case "malformed":
      return { cookie: "__Host-Http-coatcheck=no-ticket" };
    case "invalid":
      return { cookie: `__Host-Http-coatcheck=${"A".repeat(22)}.${"A".repeat(43)}` };
    case "expired": {
      const session = await begun("A");
      await inner.end({ id: session.id }, "expired", clock.now());
      return session;
    }
    case "unavailable":
      return begun("A");
    case "A":
    case "B":
      return begun(state);
  }
}

async function played(one: Case): Promise<Expected> {
  const { cookie, id } = await presented(one.session);
  if (one.session === "unavailable") failing.add("get");
  calls.length = 0;
  const exchange = await auth.engine.open(
    requestWith({
      ...(cookie === undefined ? {} : { cookie }),
      ...(one.proxy === "absent" ? {} : { "x-user": one.proxy }),
      ...(one.custom === "absent" ? {} : { "x-api-key": one.custom }),
      ...(one.bearer === "absent" ? {} : { authorization: `Bearer ${one.bearer === "malformed" ? "a b" : one.bearer}` }),
    }),
  );
  const looked = count("get") > 0;
  const decision = await exchange.admit({ require: "none" });
  failing.clear();
  const status = decision.kind === "refuse" ? decision.status : decision.kind === "unavailable" ? 503 : null;
  const { cookies } = await exchange.settle(status ?? 200);
  assert.deepEqual(cookies, [], "nothing but a navigation may set or clear a cookie here");
  const row = id === undefined || one.session === "expired" ? undefined : await inner.get(id);
  return {
    served: status ?? exchange.session.identity?.subject ?? null,
    by: status === null ? exchange.session.via : null,
    ended: row !== undefined && row.ended !== null,
    lookedUp: looked,
  };
}

for (const bearer of STATES) {
  test(`S-03 S-04 TP-05 the chain in full, 4 strategies in 7 states each, with bearer ${bearer}`, async () => {
    let count = 0;
    for (const own of STATES)
      for (const proxy of STATES)
        for (const session of STATES) {
          const one: Case = { bearer, custom: own, proxy, session };
          assert.deepEqual(await played(one), policy(one), JSON.stringify(one));
          count += 1;
        }
    assert.equal(count, 343);
  });
}
