/** The app's say at a login: over HTTP, from the provider's answer to what the next request sees. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { JsonObject, SignIn, SignInAnswer } from "../../contracts.ts";
import { CoatcheckError, unavailable } from "../../core/errors.ts";
import type { CoatcheckOptions } from "../../index.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";

type OnSignIn = NonNullable<CoatcheckOptions<JsonObject>["onSignIn"]>;

const ISSUER = "https://provider.test";
const MINUTE = 60_000;

/** An app that asks `onSignIn`, and a browser at it; its one page says whom it sees. */
function site(onSignIn: OnSignIn, options: Partial<CoatcheckOptions<JsonObject>> = {}) {
  const clock = manualClock();
  const claims: Record<string, string> = { name: "Alice", role: "guest" };
  const users = [
    { subject: "alice", claims, sid: null },
    { subject: "bob", sid: null },
  ];
  const provider = fakeProvider({ users, clock, tokenLifetime: 10 * MINUTE });
  const { store: _, clock: __, ...others } = options;
  const world = authWith({ provider, clock, onSignIn, ...others });
  const jar = new Map<string, string>();
  const visit = async (target: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = new Headers({ ...NAVIGATION, host: new URL(ORIGIN).host, ...(cookie === "" ? {} : { cookie }) });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    const response = await world.auth.handle(new Request(new URL(target, ORIGIN), { ...init, headers }), (session) =>
      Response.json({ owner: session.owner, claims: session.identity?.claims ?? {}, data: session.data }),
    );
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
      if (line.includes("Max-Age=0")) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const signIn = async (subject = "alice"): Promise<Response> => {
    const begun = await visit("/auth/login?return_to=/cart");
    const back = new URL(provider.approve(begun.headers.get("location") ?? "", subject));
    return visit(back.pathname + back.search);
  };
  const seen = async (): Promise<unknown> => (await visit("/me")).json();
  return { ...world, claims, provider, jar, visit, signIn, seen };
}

const ANONYMOUS = { owner: null, claims: {}, data: {} };

test("S-54 the app says who a user is: owner, claims of its own, what the session begins with", async () => {
  const asked: SignIn[] = [];
  const { signIn, seen, auth } = site((given) => {
    asked.push(given);
    return { owner: "user-42", claims: { role: "admin" }, data: { theme: "dark" } };
  });
  assert.equal((await signIn()).headers.get("location"), "/cart");
  assert.deepEqual(await seen(), {
    owner: "user-42",
    claims: { sub: "alice", name: "Alice", role: "admin" },
    data: { theme: "dark" },
  });
  const [{ identity, tokens, provider, request } = assert.fail()] = asked;
  assert.deepEqual([identity.issuer, identity.subject, identity.claims["role"]], [ISSUER, "alice", "guest"]);
  assert.deepEqual([tokens.accessToken.startsWith("access-"), provider, request.method], [true, "default", "GET"]);
  assert.equal(asked.length, 1);
  assert.deepEqual(
    (await auth.sessions.list("user-42")).map(({ owner }) => owner),
    ["user-42"],
  );
});

test("S-54 claims of the app's own stay when a refresh brings the provider's anew", async () => {
  const { signIn, seen, clock, claims } = site(() => ({ claims: { role: "admin", team: "a" } }));
  await signIn();
  claims["name"] = "Alice L.";
  claims["role"] = "owner";
  clock.advance(11 * MINUTE);
  assert.deepEqual(await seen(), {
    owner: `${ISSUER} alice`,
    claims: { sub: "alice", name: "Alice L.", role: "admin", team: "a" },
    data: {},
  });
});

test("S-63 who is not let in is told so in the app's words, gets no session, and stands in an event", async () => {
  const reason = "Your account is <suspended>. Write to help@example.com.";
  let asked: string | null = "";
  const { signIn, seen, told, provider, jar, store, auth } = site(({ tokens }) => {
    asked = tokens.refreshToken;
    return { blocked: true, reason };
  });
  const refused = await signIn();
  const page = await refused.text();
  assert.equal(refused.status, 403);
  assert.ok(page.includes("You cannot sign in here") && page.includes("Your account is &lt;suspended&gt;. Write to"));
  assert.ok(page.includes("/auth/login?return_to=%2Fcart&amp;prompt=select_account"));
  assert.equal(jar.size, 0);
  assert.deepEqual(await seen(), ANONYMOUS);
  const [event] = told("login.failed");
  assert.deepEqual(
    [event?.level, event?.code, event?.reason, event?.owner],
    ["warn", "ERR_FORBIDDEN", "blocked", `${ISSUER} alice`],
  );
  assert.deepEqual([told("session.created"), told("login.completed")], [[], []]);
  await auth.close();
  assert.deepEqual(provider.revoked, [asked]);
  assert.equal((await store.list({ owner: `${ISSUER} alice` }, 10, 0)).length, 0);
});

test("S-54 a user whom the app does not know is not let in, and the session that the browser has goes on", async () => {
  const { signIn, seen, told } = site(({ identity }) => (identity.subject === "bob" ? null : {}));
  await signIn("alice");
  const refused = await signIn("bob");
  const page = await refused.text();
  assert.equal(refused.status, 403);
  assert.ok(page.includes("This account may not sign in here.") && page.includes(">Go on<"));
  assert.equal(told("login.failed")[0]?.reason, "unknown");
  assert.deepEqual(await seen(), { owner: `${ISSUER} alice`, claims: { sub: "alice", name: "Alice", role: "guest" }, data: {} });
});

/** Answers that no types let through. */
const malformed: readonly (readonly [what: string, answer: unknown])[] = [
  ["nothing", undefined],
  ["a text", "alice"],
  ["an empty owner", { owner: "" }],
  ["an owner that is a number", { owner: 42 }],
  ["an owner with NUL", { owner: "a\0b" }],
  ["claims that are no object", { claims: "admin" }],
  ["data that are no object", { data: 1 }],
  ["blocked that is not true", { blocked: false }],
  ["a reason that is no text", { blocked: true, reason: 1 }],
  ["a reason without end", { blocked: true, reason: "x".repeat(501) }],
];

for (const [what, answer] of malformed) {
  test(`S-56 an answer of the app that is ${what} is its bug: 500, and nothing is stored`, async () => {
    const { signIn, seen, told, jar, provider } = site(() => untyped(answer));
    assert.equal((await signIn()).status, 500);
    assert.equal(jar.size, 0);
    assert.deepEqual(await seen(), ANONYMOUS);
    assert.deepEqual([told("login.failed")[0]?.code, told("login.failed")[0]?.reason], ["ERR_APP_HOOK", "app"]);
    assert.deepEqual(provider.revoked, []);
  });
}

/** As JavaScript would hand it over. */
function untyped(answer: unknown): ReturnType<OnSignIn> {
  const { value }: { readonly value: ReturnType<OnSignIn> } = JSON.parse(JSON.stringify({ value: answer }));
  return value;
}

test("S-56 what the app throws is 500, an outage that it declares 503; nothing is stored", async () => {
  const failures: readonly (readonly [OnSignIn, number, string])[] = [
    [() => assert.fail("a bug"), 500, "ERR_APP_HOOK"],
    [async () => unavailable(new Error("the database is away")), 503, "ERR_STORE_UNAVAILABLE"],
    [() => Promise.reject(new CoatcheckError("ERR_FORBIDDEN")), 500, "ERR_APP_HOOK"],
  ];
  for (const [onSignIn, status, code] of failures) {
    const { signIn, seen, told, jar } = site(onSignIn);
    const answer = await signIn();
    assert.equal(answer.status, status);
    assert.equal(jar.size, 0);
    assert.deepEqual(await seen(), ANONYMOUS);
    assert.deepEqual([told("login.failed")[0]?.level, told("login.failed")[0]?.code], ["error", code]);
  }
});

test("S-56 an app that never answers is an outage after five seconds", async () => {
  let isAsked = false;
  const { signIn, clock, told } = site(() => {
    isAsked = true;
    return new Promise(() => undefined);
  });
  const answer = signIn();
  while (!isAsked) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5_000);
  assert.equal((await answer).status, 503);
  assert.equal(told("login.failed")[0]?.code, "ERR_STORE_UNAVAILABLE");
});

test("S-43 over HTTP a user who is blocked since is out at the next refresh, and is told so at the login", async () => {
  const app = { blocked: false };
  const onRefresh = (): SignInAnswer => (app.blocked ? { blocked: true } : { claims: { role: "editor" } });
  const { signIn, seen, visit, clock, jar } = site(() => ({ claims: { role: "admin" } }), { onRefresh });
  await signIn();
  clock.advance(11 * MINUTE);
  assert.equal(Reflect.get(Object(Reflect.get(Object(await seen()), "claims")), "role"), "editor");
  app.blocked = true;
  clock.advance(11 * MINUTE);
  const copy = new Map(jar);
  assert.deepEqual(await seen(), ANONYMOUS);
  assert.equal(jar.size, 0, "a navigation clears the ticket");
  for (const [name, value] of copy) jar.set(name, value);
  const told = await visit("/auth/session", { headers: { "sec-fetch-mode": "cors", accept: "application/json" } });
  assert.equal(told.status, 401, "a copy of the cookie is no better");
});

test("S-56 over HTTP a failure of the app at a refresh is 503 or 500, and the session goes on after it", async () => {
  const app: { fails: (() => never) | null } = { fails: null };
  const { signIn, visit, seen, clock, jar } = site(() => ({}), { onRefresh: () => app.fails?.() ?? {} });
  await signIn();
  const cookie = new Map(jar);
  for (const [fails, status] of [
    [() => unavailable(new Error("the database is away")), 503],
    [() => assert.fail("a bug"), 500],
  ] as const) {
    app.fails = fails;
    clock.advance(11 * MINUTE);
    assert.equal((await visit("/me")).status, status);
    assert.deepEqual(jar, cookie, "no cookie is set or cleared");
    app.fails = null;
    clock.advance(5_000);
    assert.equal(Reflect.get(Object(await seen()), "owner"), `${ISSUER} alice`);
  }
});

test("LO-10 a provider's logout of all of a subject finds them under the app's own name, and no one else", async () => {
  const mine = site(({ identity }) => ({ owner: `user-of-${identity.subject}` }));
  await mine.signIn();
  const other = site(() => ({ owner: "user-of-alice" }), {});
  assert.equal((await mine.auth.sessions.list("user-of-alice")).length, 1);
  const signedOut = { issuer: ISSUER, sid: null, issuedAt: mine.clock.now() + MINUTE };
  assert.equal(await mine.auth.sessions.signedOut({ ...signedOut, subject: "bob" }), 0);
  assert.equal(await mine.auth.sessions.signedOut({ ...signedOut, issuer: "https://other.test", subject: "alice" }), 0);
  assert.equal(await mine.auth.sessions.signedOut({ ...signedOut, subject: "alice" }), 1);
  assert.deepEqual(await mine.seen(), ANONYMOUS);
  await other.auth.close();
});

test("LO-10 of two subjects of one owner, a provider's logout ends the sessions of the one that it names", async () => {
  const mine = site(() => ({ owner: "family" }));
  await mine.signIn("alice");
  mine.jar.clear();
  await mine.signIn("bob");
  const signedOut = { issuer: ISSUER, sid: null, issuedAt: mine.clock.now() + MINUTE };
  assert.equal(await mine.auth.sessions.signedOut({ ...signedOut, subject: "alice" }), 1);
  assert.deepEqual(await mine.seen(), { owner: "family", claims: { sub: "bob" }, data: {} });
});
