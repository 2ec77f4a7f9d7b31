/**
 * F-23: ending all sessions of a user sets the marker first and ends what it finds second. A login between the two must
 * not survive.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { closingAfterEach } from "../../../test-support/closing.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { freshPaths } from "../../../test-support/stores/sqlite-paths.ts";
import type { SessionStore } from "../../contracts.ts";
import type { Auth } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { sqlite } from "../../stores/sqlite.ts";
import { overStore } from "../../testing/over-store.ts";

const freshPath = freshPaths();
const closing = closingAfterEach();

/** The same rows seen by two replicas. */
const STORES: { readonly [name: string]: () => readonly [SessionStore, SessionStore] } = {
  memory() {
    const store = memory();
    closing(() => store.close());
    return [store, store];
  },
  sqlite() {
    const path = freshPath();
    const both = [sqlite(path), sqlite(path)] as const;
    for (const store of both) closing(() => store.close());
    return both;
  },
};

const OWNER = "app alice";

function replica(store: SessionStore): Auth<unknown> {
  const { auth } = authWith<unknown>({ store });
  closing(() => auth.close());
  return auth;
}

const request = (cookie?: string): Request => new Request(ORIGIN, { headers: cookie === undefined ? {} : { cookie } });

/** The app signs alice in. Answers the cookie, or `null` if the login was overruled. */
async function login(auth: Auth<unknown>): Promise<string | null> {
  const response = await auth.handle(request(), (session) => {
    session.login({ issuer: "app", subject: "alice" });
    return new Response("welcome");
  });
  assert.ok([200, 401].includes(response.status), String(response.status));
  const [line] = response.headers.getSetCookie();
  assert.equal(line === undefined, response.status === 401);
  return line?.split(";")[0] ?? null;
}

async function assertSignedOut(auth: Auth<unknown>, store: SessionStore, cookie: string | null): Promise<void> {
  assert.deepEqual(await store.list({ owner: OWNER }, 10, Date.now()), []);
  if (cookie === null) return;
  const shown = await auth.handle(request(cookie), (session) => new Response(session.owner ?? "nobody"));
  assert.equal(await shown.text(), "nobody");
}

/** A store that stops at the first call of a kind, once `armed`: before it, or when it has taken effect. */
function halting(real: SessionStore, when: "before" | "after", method: "mark" | "end" | "put" | "marked") {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let halted = false;
  async function through<T>(name: string, call: () => T | Promise<T>): Promise<T> {
    if (name !== method || halted) return call();
    halted = true;
    const answer = when === "after" ? await call() : undefined;
    reached.resolve();
    await gate.promise;
    return answer ?? call();
  }
  const store = overStore(real, {
    put: (row, condition) => through("put", () => real.put(row, condition)),
    end: (target, reason, now) => through("end", () => real.end(target, reason, now)),
    mark: (key, until, now, value) => through("mark", () => real.mark(key, until, now, value)),
    marked: (key, now) => through("marked", () => real.marked(key, now)),
  });
  return { store, reached: reached.promise, release: gate.resolve };
}

for (const [kind, open] of Object.entries(STORES)) {
  test(`F-23 ${kind}: nothing is left of an earlier login, wherever between marker and ending it is stored`, async () => {
    for (const [when, method] of [
      ["before", "mark"],
      ["after", "mark"],
      ["before", "end"],
      ["after", "end"],
    ] as const) {
      const [a, b] = open();
      const here = replica(a);
      const started = halting(a, "before", "put");
      const leaving = halting(b, when, method);
      const signingIn = login(replica(started.store));
      await started.reached;
      const ending = replica(leaving.store).endAll(OWNER);
      await leaving.reached;
      started.release();
      const cookie = await signingIn;
      leaving.release();
      await ending;
      await assertSignedOut(here, a, cookie);
    }
  });

  test(`F-23 ${kind}: a session stored while all are ended is ended by one of the two; a later login is free`, async () => {
    for (const when of ["before", "after"] as const) {
      const [a, b] = open();
      const here = replica(a);
      const started = halting(a, when, "put");
      const signingIn = login(replica(started.store));
      await started.reached;
      await replica(b).endAll(OWNER);
      started.release();
      await assertSignedOut(here, a, await signingIn);
      assert.notEqual(await login(here), null);
    }
  });
}
