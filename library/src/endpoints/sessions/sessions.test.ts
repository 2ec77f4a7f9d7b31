import assert from "node:assert/strict";
import { after, test } from "node:test";
import { idOf } from "../../../test-support/cookies.ts";
import { LOOPBACK, SECRET } from "../../../test-support/origin.ts";
import type { Heard } from "../../../test-support/talk.ts";
import { listen, say, sentBack } from "../../../test-support/talk.ts";
import { coatcheckNode } from "../../adapters/node.ts";
import type { AuditEvent, SessionStore } from "../../contracts.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { signIn } from "../../testing/sign-in.ts";

const OWN = { "sec-fetch-site": "same-origin" };
const ROBOTS = { issuer: "test", subject: "alice", claims: {}, authenticatedAt: 0, method: "bearer" };
const ROBOT = { authorization: "Bearer robot" };

const clock = manualClock(1_800_000_000_000);
const events: AuditEvent[] = [];
const line = { down: false };
const store = cuttable(memory());
const provider = fakeProvider({ users: [{ subject: "carol" }], clock });
const auth = coatcheck({
  publicUrl: LOOPBACK,
  secrets: SECRET,
  store,
  clock,
  provider,
  keep: { userAgent: true },
  strategies: [
    {
      name: "bearer",
      ambient: false,
      presented: (request) => request.header("authorization") !== undefined,
      examine: ({ request }) =>
        request.header("authorization") === undefined
          ? { kind: "abstain" }
          : { kind: "principal", principal: { identity: ROBOTS, owner: "test alice", ambient: false } },
    },
  ],
  on: (event) => events.push(event),
});
const server = await listen(
  coatcheckNode(auth).userHandler((_request, response, session) => response.end(session.identity.subject)),
);
after(async () => {
  await server[Symbol.asyncDispose]();
  await auth.close();
});

/** The same store behind a line that a test can cut. */
function cuttable(inner: SessionStore): SessionStore {
  return new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...given: readonly unknown[]): unknown => {
        if (line.down) throw new Error("the line is cut");
        return Reflect.apply(member, target, given);
      };
    },
  });
}

const ask = (method: string, path: string, cookie: string, headers: Record<string, string> = OWN): Promise<Heard> =>
  say(server.port, `/auth/${path}`, { method, headers: { ...headers, ...(cookie === "" ? {} : { cookie }) } });
const alive = async (cookie: string): Promise<number> => (await say(server.port, "/", { headers: { cookie } })).status;
const listed = (heard: Heard): readonly Record<string, unknown>[] => {
  assert.equal(heard.status, 200, heard.text);
  return JSON.parse(heard.text).sessions;
};
const code = (heard: Heard): unknown => JSON.parse(heard.text).code;
let people = 0;
/** A new user, so that no test sees another's sessions. */
const newUser = (): string => `person-${++people}`;

async function login(subject: string): Promise<string> {
  clock.advance(1_000);
  return signIn(auth, { subject, claims: { name: "canary-claim" } });
}

test("SE-10 A-33 GET sessions lists one's own, newest first, without a ticket, a token or a claim", async () => {
  const subject = newUser();
  const [one, two, other] = [await login(subject), await login(subject), await login(newUser())];
  const heard = await ask("GET", "sessions", one);
  const sessions = listed(heard);
  assert.deepEqual(
    sessions.map(({ id, current }) => [id, current]),
    [
      [idOf(two), false],
      [idOf(one), true],
    ],
  );
  const [newest] = sessions;
  assert.deepEqual(newest, {
    id: idOf(two),
    current: false,
    createdAt: clock.now() - 1_000,
    seenAt: clock.now() - 1_000,
    expiresAt: clock.now() - 1_000 + 86_400_000,
    idleExpiresAt: clock.now() - 1_000 + 3_600_000,
    method: "app",
    userAgent: null,
    address: null,
  });
  for (const secret of [one, two, other].map((cookie) => cookie.split(".")[1] ?? "")) assert.ok(!heard.text.includes(secret));
  assert.ok(!heard.text.includes("canary") && !heard.text.includes(idOf(other)));
  assert.deepEqual(
    [
      heard.headers["cache-control"],
      heard.headers["cross-origin-resource-policy"],
      heard.headers.vary,
      heard.headers["content-type"],
    ],
    ["no-store", "same-origin", "Cookie, Sec-Fetch-Site", "application/json"],
  );
});

test("SE-10 a handle of the list authenticates no caller", async () => {
  const cookie = await login(newUser());
  const [name] = cookie.split("=");
  const handle = idOf(cookie);
  for (const forged of [handle, `${handle}.`, `${handle}.${handle}`, `${handle}.${"A".repeat(43)}`]) {
    assert.equal((await ask("GET", "sessions", `${name}=${forged}`)).status, 401, forged);
  }
});

test("S-44 A-31 DELETE sessions/{id} ends that one, at once and for the copied cookie", async () => {
  const subject = newUser();
  const [mine, lost, third] = [await login(subject), await login(subject), await login(subject)];
  const heard = await ask("DELETE", `sessions/${idOf(lost)}`, mine);
  assert.deepEqual([heard.status, heard.text, heard.cookies], [204, "", []]);
  assert.deepEqual([await alive(mine), await alive(lost), await alive(third)], [200, 401, 200]);
  assert.equal((await store.get(idOf(lost)))?.reason, "elsewhere");
  assert.equal(listed(await ask("GET", "sessions", mine)).length, 2);
  const told = events.filter(({ name, sessionId }) => name === "session.ended" && sessionId === idOf(lost));
  assert.deepEqual(
    told.map(({ reason }) => reason),
    ["elsewhere"],
  );
  assert.equal((await ask("DELETE", `sessions/${idOf(lost)}`, mine)).status, 404, "it is over");
});

test("SE-10 another user's id, an unknown one and a malformed one are the same 404, and end nothing", async () => {
  const mine = await login(newUser());
  const theirs = await login(newUser());
  const anonymous = await store.get(idOf(theirs));
  assert.ok(anonymous !== undefined);
  await store.put({ ...anonymous, id: "AAAAAAAAAAAAAAAAAAAAAA", owner: null }, "absent");
  const answers = await Promise.all(
    [
      idOf(theirs),
      "AAAAAAAAAAAAAAAAAAAAAA",
      "AAAAAAAAAAAAAAAAAAAAAQ",
      "AAAAAAAAAAAAAAAAAAAAAB",
      "x",
      "",
      "%00",
      "%zz",
      "..%2f..",
      "{id}",
      `${idOf(mine)}x`,
      encodeURIComponent(`${idOf(mine)} `),
      "a".repeat(5_000),
    ].map((id) => ask("DELETE", `sessions/${id}`, mine)),
  );
  for (const heard of answers) {
    assert.deepEqual([heard.status, heard.text, heard.cookies], [404, answers[0]?.text, []]);
    assert.deepEqual(Object.keys(heard.headers), Object.keys(answers[0]?.headers ?? {}));
  }
  assert.deepEqual([await alive(mine), await alive(theirs)], [200, 200]);
});

test("SE-10 ending the session that asks is a logout: ended in the store, cookie cleared, tokens revoked", async () => {
  const begun = await say(server.port, "/auth/login", {
    headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", host: "localhost:3000" },
  });
  const back = new URL(provider.approve(String(begun.headers.location), "carol"));
  const [pair = ""] = (begun.cookies[0] ?? "").split(";");
  const landed = await say(server.port, back.pathname + back.search, { headers: { cookie: pair, host: "localhost:3000" } });
  const cookie = sentBack(landed);
  assert.equal(listed(await ask("GET", "sessions", cookie))[0]?.["method"], "oidc:default");
  const heard = await ask("DELETE", `sessions/${idOf(cookie)}`, cookie);
  assert.equal(heard.status, 204, heard.text);
  assert.match(heard.cookies[0] ?? "", /^coatcheck-3000=; .*Max-Age=0/);
  assert.match(String(heard.headers["clear-site-data"]), /"cache"/);
  assert.equal(await alive(cookie), 401);
  assert.equal((await store.get(idOf(cookie)))?.reason, "logout");
  assert.equal(provider.calls.filter(({ kind }) => kind === "revoke").length, 1);
});

test("SE-09 S-44 POST sessions/end-others ends all of one's own but the one that asks", async () => {
  const subject = newUser();
  const mine = await login(subject);
  const others = [await login(subject), await login(subject)];
  const stranger = await login(newUser());
  const heard = await ask("POST", "sessions/end-others", mine);
  assert.deepEqual([heard.status, heard.text], [200, '{"ended":2}']);
  assert.equal(heard.headers["cache-control"], "no-store");
  assert.deepEqual(await Promise.all([mine, stranger, ...others].map(alive)), [200, 200, 401, 401]);
  assert.equal((await ask("POST", "sessions/end-others", mine)).text, '{"ended":0}');
});

const REQUESTS: readonly (readonly [method: string, path: (id: string) => string])[] = [
  ["GET", () => "sessions"],
  ["DELETE", (id) => `sessions/${id}`],
  ["POST", () => "sessions/end-others"],
];

test("SE-10 CS-12 other sites are refused, and anonymous callers get 401, at each of the endpoints", async () => {
  const subject = newUser();
  const [mine, other] = [await login(subject), await login(subject)];
  for (const [method, path] of REQUESTS) {
    for (const site of ["cross-site", "same-site"]) {
      for (const cookie of [mine, ""]) {
        const heard = await ask(method, path(idOf(other)), cookie, { "sec-fetch-site": site });
        assert.deepEqual([heard.status, code(heard)], [403, "ERR_CROSS_SITE"], `${method} ${site}`);
        assert.match(heard.headers.vary ?? "", /Sec-Fetch-Site/);
      }
    }
    const heard = await ask(method, path(idOf(other)), "");
    assert.deepEqual([heard.status, code(heard)], [401, "ERR_UNAUTHENTICATED"], method);
    assert.equal(heard.headers["cross-origin-resource-policy"], "same-origin");
    const origin = await ask(method, path(idOf(other)), mine, { origin: "https://evil.example" });
    assert.equal(origin.status, method === "GET" ? 200 : 403, "without Sec-Fetch-Site the origin counts");
    if (method !== "GET") assert.equal((await ask(method, path(idOf(other)), mine, {})).status, 403, "neither of the two");
  }
  assert.deepEqual([await alive(mine), await alive(other)], [200, 200]);
});

test("SE-10 HEAD is GET without a body; other methods are 405 and say which are allowed", async () => {
  const mine = await login(newUser());
  const head = await ask("HEAD", "sessions", mine);
  assert.deepEqual([head.status, head.text], [200, ""]);
  for (const [method, path, allow] of [
    ["DELETE", "sessions", "GET, HEAD"],
    ["POST", "sessions", "GET, HEAD"],
    ["GET", `sessions/${idOf(mine)}`, "DELETE"],
    ["PUT", `sessions/${idOf(mine)}`, "DELETE"],
    ["GET", "sessions/end-others", "POST"],
    ["DELETE", "sessions/end-others", "POST"],
  ] as const) {
    const heard = await ask(method, path, mine);
    assert.deepEqual([heard.status, heard.headers.allow], [405, allow], `${method} ${path}`);
  }
  assert.equal(await alive(mine), 200);
});

test("SE-06 asking for the list keeps no user signed in", async () => {
  const mine = await login(newUser());
  clock.advance(10 * 60_000);
  assert.equal((await ask("GET", "sessions", mine)).status, 200);
  assert.equal((await store.get(idOf(mine)))?.seen, clock.now() - 10 * 60_000);
});

test("SE-16 a store that does not answer is 503 with Retry-After, and no cookie changes", async () => {
  const mine = await login(newUser());
  line.down = true;
  try {
    for (const [method, path] of REQUESTS) {
      const heard = await ask(method, path(idOf(mine)), mine);
      assert.deepEqual([heard.status, code(heard), heard.cookies], [503, "ERR_STORE_UNAVAILABLE", []], method);
      assert.match(heard.headers["retry-after"] ?? "", /^\d+$/);
    }
  } finally {
    line.down = false;
  }
  assert.equal(await alive(mine), 200);
});

test("F-17 SE-10 a credential of the same user sees and ends nothing, whatever its scope: 403", async () => {
  const [one, two] = [await login("alice"), await login("alice")];
  for (const [method, path] of REQUESTS) {
    for (const cookie of ["", one]) {
      const heard = await ask(method, path(idOf(two)), cookie, { ...OWN, ...ROBOT });
      assert.deepEqual([heard.status, code(heard), heard.cookies], [403, "ERR_FORBIDDEN", []], `${method} ${cookie !== ""}`);
      assert.ok(!heard.text.includes(idOf(two)));
    }
  }
  assert.deepEqual([await alive(one), await alive(two)], [200, 200]);
});
