/** What a session says of whom it is, by every way of authenticating, and when it has a token. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { type AuthOptions, authWith } from "../../../test-support/auth.ts";
import { cookieOf } from "../../../test-support/cookies.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { proxyReader } from "../../../test-support/proxy-reader.ts";
import type { Identity, JsonObject, Session, Strategy } from "../../contracts.ts";
import { signIn } from "../../testing/sign-in.ts";

const NAMED = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

function worldOf(options: AuthOptions<JsonObject> = {}) {
  const { auth, store, told } = authWith(options);
  const visit = async (handler: (session: Session<JsonObject>) => unknown, headers: Record<string, string> = {}) => {
    const request = new Request(`${ORIGIN}/`, { headers: { "sec-fetch-site": "same-origin", ...headers } });
    let said: unknown;
    const answer = await auth.handle(
      request,
      async (session) => {
        said = await handler(session);
        return new Response("page");
      },
      { peer: "192.0.2.1" },
    );
    return { said, status: answer.status, cached: answer.headers.get("cache-control"), cookie: cookieOf(answer) };
  };
  return { auth, store, told, visit };
}

/** Whom a proxy asserts by one header, with the role that another names. */
const PROXY: AuthOptions<JsonObject> = {
  proxy: {
    reader: {
      ...proxyReader((request) => ({ role: request.header("x-role") ?? "none" })),
      headers: ["x-user", "x-role"],
    },
  },
};

const whoIs = ({ identity, owner, via }: Session<JsonObject>): unknown => [identity?.subject, identity?.claims, owner, via];
const codeOf = (asked: Promise<string>): Promise<unknown> => asked.catch((error: unknown) => Reflect.get(Object(error), "code"));

const READS: readonly (readonly [what: string, read: (session: Session<JsonObject>) => unknown, shows: boolean])[] = [
  ["identity", (session) => session.identity, true],
  ["owner", (session) => session.owner, true],
  ["data", (session) => session.data, true],
  ["id", (session) => session.id, false],
  ["via", (session) => session.via, false],
  ["expiresAt", (session) => session.expiresAt, false],
];

for (const [what, read, shows] of READS) {
  test(`F-46 an answer in which a user's ${what} is read is ${shows ? "no-store" : "the handler's to cache"}`, async () => {
    const { auth, visit } = worldOf();
    const cookie = await signIn(auth, { subject: "alice" });
    assert.equal((await visit(read, { cookie })).cached, shows ? "no-store" : null);
    assert.equal((await visit(read)).cached, null, "of nobody nothing is shown");
    await auth.close();
  });
}

test("F-46 a credential's user is who it says, by its name, with no session and no data", async () => {
  const identity: Identity = { issuer: "keys", subject: "robot", claims: { scope: "read" }, authenticatedAt: 0, method: "key" };
  const key: Strategy = {
    name: "key",
    ambient: false,
    presented: (request) => request.header("x-key") !== undefined,
    examine: () => ({ kind: "principal", principal: { identity, owner: "keys robot", ambient: false } }),
  };
  const { auth, visit } = worldOf({ strategies: [key] });
  const { said, cached } = await visit((session) => [whoIs(session), session.id, session.data], { "x-key": "1" });
  assert.deepEqual(said, [["robot", { scope: "read" }, "keys robot", "key"], null, {}]);
  assert.equal(cached, "no-store");
  await auth.close();
});

test("F-46 A-34 a proxy's user is who the proxy says now, whatever their session was begun with", async () => {
  const { auth, visit } = worldOf(PROXY);
  const alice = { "x-user": "alice" };
  const first = await visit(whoIs, { ...alice, "x-role": "reader", ...NAMED });
  assert.deepEqual(first.said, ["alice", { role: "reader" }, "proxy:test alice", "proxy"]);
  assert.notEqual(first.cookie, "");
  const again = await visit(whoIs, { ...alice, "x-role": "admin", cookie: first.cookie });
  assert.deepEqual(again.said, ["alice", { role: "admin" }, "proxy:test alice", "proxy"]);
  const out = (session: Session<JsonObject>): unknown => {
    session.logout();
    return whoIs(session);
  };
  assert.deepEqual((await visit(out, { ...alice, cookie: first.cookie })).said, [undefined, undefined, null, null]);
  await auth.close();
});

test("F-46 an anonymous caller keeps their data when they sign in, unless the login is to be fresh", async () => {
  const { auth, visit } = worldOf();
  const login = (options?: { readonly fresh?: boolean }) => (session: Session<JsonObject>) => {
    session.login({ issuer: "app", subject: "alice" }, options);
    return session.data;
  };
  for (const [options, kept] of [
    [undefined, { cart: 1 }],
    [{ fresh: false }, { cart: 1 }],
    [{ fresh: true }, {}],
  ] as const) {
    const { cookie } = await visit((session) => session.set({ cart: 1 }));
    const signed = await visit(login(options), { cookie });
    assert.deepEqual(signed.said, kept);
    assert.deepEqual((await visit((session) => session.data, { cookie: signed.cookie })).said, kept);
  }
  await auth.close();
});

test("F-46 what was stored is read by the next request, and not after a logout", async () => {
  const { auth, visit } = worldOf();
  const cookie = await signIn(auth, { subject: "alice" });
  await visit((session) => session.set({ cart: 1 }), { cookie });
  const read = await visit(
    (session) => {
      const { data } = session;
      session.logout();
      return [data, session.data];
    },
    { cookie },
  );
  assert.deepEqual(read.said, [{ cart: 1 }, {}]);
  await auth.close();
});

test("F-46 who signs in where another was signed in is shown nothing of what that one stored", async () => {
  const { auth, visit } = worldOf();
  const cookie = await signIn(auth, { subject: "alice" });
  await visit((session) => session.set({ cart: 1 }), { cookie });
  const bob = await visit(
    (session) => {
      session.login({ issuer: "test", subject: "bob" });
      return session.data;
    },
    { cookie },
  );
  assert.deepEqual(bob.said, {});
  assert.deepEqual((await visit((session) => session.data, { cookie: bob.cookie })).said, {});
  await auth.close();
});

test("F-46 data that do not fit any more are told of by the session that has them", async () => {
  const { auth, store, visit } = worldOf();
  const cookie = await signIn(auth, { subject: "alice" });
  await visit((session) => session.set({ cart: 7 }), { cookie });
  const newer = worldOf({ store, data: z.object({ cart: z.array(z.string()).default([]) }) });
  const { said } = await newer.visit((session) => [session.id, session.data], { cookie });
  const [id, data] = Array.isArray(said) ? said : [];
  assert.deepEqual(data, { cart: [] });
  assert.deepEqual(
    newer.told("session.data-invalid").map(({ level, sessionId, error }) => [level, sessionId, error instanceof Error]),
    [["warn", id, true]],
  );
  await Promise.all([auth.close(), newer.auth.close()]);
});

test("F-46 S-11 a token is for whom it was issued to; a caller without a session any more is told that", async () => {
  const { auth, visit } = worldOf();
  const cookie = await signIn(auth, { subject: "alice", accessToken: "at-alice" });
  const token = (session: Session<JsonObject>) => codeOf(session.accessToken());
  const after = (act: (session: Session<JsonObject>) => void) => async (session: Session<JsonObject>) => {
    act(session);
    const code = await token(session);
    // Nothing of this is to be stored.
    session.logout();
    return code;
  };
  assert.equal((await visit(token, { cookie })).said, "at-alice");
  assert.equal((await visit(token)).said, "ERR_SESSION_ENDED");
  const anonymous = await visit((session) => session.set({ cart: 1 }));
  assert.equal((await visit(token, { cookie: anonymous.cookie })).said, "ERR_SESSION_ENDED");
  const { said: herself } = await visit(
    (session) => {
      session.login({ issuer: "test", subject: "alice" });
      return token(session);
    },
    { cookie },
  );
  assert.equal(herself, "at-alice");
  const fresh = { cookie: await signIn(auth, { subject: "alice", accessToken: "at-alice" }) };
  const another = after((session) => session.login({ issuer: "test", subject: "bob" }));
  assert.equal((await visit(another, fresh)).said, "ERR_TOKEN_UNAVAILABLE");
  const last = { cookie: await signIn(auth, { subject: "alice", accessToken: "at-alice" }) };
  assert.equal(
    (
      await visit(
        after((session) => session.logout()),
        last,
      )
    ).said,
    "ERR_SESSION_ENDED",
  );
  await auth.close();
});

test("F-31 F-46 a proxy's user who logs out has no session to ask for a token", async () => {
  const { auth, visit } = worldOf(PROXY);
  const asks = (act: (session: Session<JsonObject>) => void) => (session: Session<JsonObject>) => {
    act(session);
    return codeOf(session.accessToken());
  };
  assert.equal(
    (
      await visit(
        asks(() => {}),
        { "x-user": "alice" },
      )
    ).said,
    "ERR_TOKEN_UNAVAILABLE",
  );
  assert.equal(
    (
      await visit(
        asks((session) => session.logout()),
        { "x-user": "alice" },
      )
    ).said,
    "ERR_SESSION_ENDED",
  );
  await auth.close();
});
