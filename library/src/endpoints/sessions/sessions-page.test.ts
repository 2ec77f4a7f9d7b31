import assert from "node:assert/strict";
import { after, test } from "node:test";
import { idOf } from "../../../test-support/cookies.ts";
import { LOOPBACK, SECRET } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { Heard } from "../../../test-support/talk.ts";
import { listen, say, sentBack } from "../../../test-support/talk.ts";
import { coatcheckNode } from "../../adapters/node.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const HOST = { host: "localhost:3000" };
const MINUTE = 60_000;

const clock = manualClock(1_800_000_000_000);
const people = ["ann", "ben", "cleo", "dora", "eve", "finn"];
const provider = fakeProvider({ users: people.map((subject) => ({ subject })), clock });
const auth = coatcheck({
  ...{ publicUrl: LOOPBACK, secrets: SECRET, store: memory(), clock, provider, on: () => undefined },
  keep: { userAgent: true, address: "truncated", addressOf: () => "192.0.2.77" },
  tokens: { audiences: { api: { scope: "read", users: true } }, accept: "api", personal: { audience: "api" } },
});
const server = await listen(
  coatcheckNode(auth).userHandler((_request, response, session) => response.end(session.identity.subject)),
);
after(async () => {
  await server[Symbol.asyncDispose]();
  await auth.close();
});

async function login(subject: string, userAgent: string, query = ""): Promise<string> {
  const headers = { ...NAVIGATION, ...HOST, "user-agent": userAgent };
  const begun = await say(server.port, `/auth/login${query}`, { headers });
  const back = new URL(provider.approve(String(begun.headers.location), subject));
  const [pair = ""] = (begun.cookies[0] ?? "").split(";");
  const landed = await say(server.port, back.pathname + back.search, { headers: { ...headers, cookie: pair } });
  assert.equal(landed.status, 303, landed.text);
  return sentBack(landed);
}
const visit = (cookie: string, headers: Record<string, string> = {}): Promise<Heard> =>
  say(server.port, "/auth/sessions", { headers: { ...NAVIGATION, ...HOST, cookie, ...headers } });
/** As a browser sends the form of a page. */
const submit = (path: string, cookie: string, body: string, headers: Record<string, string> = {}): Promise<Heard> =>
  say(server.port, `/auth/${path}`, {
    method: "POST",
    headers: {
      ...{ ...NAVIGATION, ...HOST, cookie, "sec-fetch-site": "same-origin", origin: LOOPBACK },
      ...{ "content-type": "application/x-www-form-urlencoded", ...headers },
    },
    body,
  });
const alive = async (cookie: string): Promise<number> =>
  (await say(server.port, "/", { headers: { cookie, accept: "application/json" } })).status;
const owner = (subject: string): string => `${provider.issuer} ${subject}`;

test("SE-10 S-61 a navigation to sessions is a page: where, since when, from which address, this one first", async () => {
  const phone = await login("ann", PHONE);
  clock.advance(5 * MINUTE);
  const mine = await login("ann", FIREFOX);
  await login("ben", FIREFOX);
  const page = await visit(mine);
  assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.equal(page.headers["cache-control"], "no-store");
  const entries = [...page.text.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, entry = ""]) =>
    entry.replace(/<[^>]+>/g, "|").replace(/\|[|\s]*/g, "|"),
  );
  assert.deepEqual(entries, [
    "|Firefox on Linux|This device|Signed in now|Last seen now|From 192.0.2.0/24|Sign out|",
    "|Safari on iPhone|Signed in 5 minutes ago|Last seen 5 minutes ago|From 192.0.2.0/24|End this session|",
  ]);
  assert.ok(page.text.includes(`name="session" value="${idOf(phone)}"`));
  for (const cookie of [mine, phone]) assert.ok(!page.text.includes(cookie.split(".")[1] ?? ""), "no ticket");
  assert.doesNotMatch(page.text, /<script/);
});

test("SE-10 CS-01 the page's forms end one session, or all others, and lead back; other sites' do not", async () => {
  const mine = await login("cleo", FIREFOX);
  const others = [await login("cleo", PHONE), await login("cleo", PHONE), await login("cleo", PHONE)];
  const [first = "", ...rest] = others;
  const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  for (const [path, body] of [
    ["sessions/end", `session=${idOf(first)}`],
    ["sessions/end-others", ""],
  ] as const)
    assert.equal((await submit(path, mine, body, foreign)).status, 403);
  assert.deepEqual(await Promise.all(others.map(alive)), [200, 200, 200]);
  const one = await submit("sessions/end", mine, `session=${idOf(first)}`);
  assert.deepEqual([one.status, one.headers.location, one.cookies], [303, "/auth/sessions", []]);
  assert.deepEqual(await Promise.all(others.map(alive)), [401, 200, 200]);
  const all = await submit("sessions/end-others", mine, "");
  assert.deepEqual([all.status, all.headers.location], [303, "/auth/sessions"]);
  assert.deepEqual(await Promise.all([mine, ...rest].map(alive)), [200, 401, 401]);
  assert.doesNotMatch((await visit(mine)).text, /<form/, "nothing is left to end");
});

test("SE-10 A-31 by the form too nothing of another user's ends, and what is malformed ends nothing", async () => {
  const [mine, theirs] = [await login("ann", FIREFOX), await login("ben", FIREFOX)];
  for (const body of [`session=${idOf(theirs)}`, `token=${idOf(theirs)}`, "session=x", "", "session=%00"])
    assert.deepEqual([(await submit("sessions/end", mine, body)).status, await alive(theirs)], [303, 200], body);
  assert.equal((await submit("sessions/end", mine, `session=${idOf(mine)}&session=x`)).status, 400);
  assert.equal((await submit("sessions/end", mine, "a".repeat(2_000))).status, 413);
  const own = await submit("sessions/end", mine, `session=${idOf(mine)}`);
  assert.deepEqual([own.status, own.headers.location, await alive(mine)], [303, "/auth/signed-out", 401]);
  assert.match(own.cookies[0] ?? "", /Max-Age=0/);
});

test("SE-10 who signed in long ago signs in again before they end anything: by a page, or RFC 9470", async () => {
  const mine = await login("dora", FIREFOX);
  const other = await login("dora", PHONE);
  clock.advance(15 * MINUTE);
  assert.match((await visit(mine)).text, />End this session</);
  clock.advance(1);
  const page = await visit(mine);
  const again = "/auth/login?prompt=login&amp;return_to=%2Fauth%2Fsessions";
  assert.ok(page.text.includes(`href="${again}"`) && !page.text.includes("<form"), page.text);
  for (const [path, body] of [
    ["sessions/end", `session=${idOf(other)}`],
    ["sessions/end-others", ""],
  ] as const) {
    const refused = await submit(path, mine, body);
    assert.deepEqual([refused.status, refused.text.includes(`href="${again}"`)], [401, true]);
    const script = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    const heard = await submit(path, mine, body, script);
    assert.equal(heard.status, 401);
    assert.equal(heard.headers["www-authenticate"], 'Bearer error="insufficient_user_authentication", max_age="900"');
  }
  const deleted = await say(server.port, `/auth/sessions/${idOf(other)}`, {
    method: "DELETE",
    headers: { cookie: mine, "sec-fetch-site": "same-origin" },
  });
  assert.deepEqual([deleted.status, await alive(other)], [401, 200]);
  const fresh = await login("dora", FIREFOX, "?prompt=login&return_to=%2Fauth%2Fsessions");
  assert.equal((await submit("sessions/end", fresh, `session=${idOf(other)}`)).status, 303);
  assert.equal(await alive(other), 401);
});

test("S-58 personal and agents' tokens stand beside the sessions, and are revoked there", async () => {
  const mine = await login("eve", FIREFOX);
  const subject = { issuer: provider.issuer, subject: "eve", claims: {} };
  const personal = await auth.tokens.issuePersonal({ subject, owner: owner("eve"), name: "<b>backup</b>", scope: "read" });
  const agent = await auth.tokens.issue({ subject: "assistant", audience: "api", parent: { id: idOf(mine) } });
  const foreign = await auth.tokens.issuePersonal({ subject: { ...subject, subject: "ben" }, owner: owner("ben"), name: "his" });
  const page = await visit(mine);
  assert.ok(page.text.includes("&lt;b&gt;backup&lt;/b&gt;") && page.text.includes("assistant (acts for you)"), page.text);
  assert.ok(page.text.includes("For api: read") && page.text.includes("Never used") && !page.text.includes("his<"));
  assert.ok(!page.text.includes(personal.token) && !page.text.includes(agent.accessToken));
  const names = async (subject: string) => (await auth.tokens.list(owner(subject))).map(({ id }) => id);
  assert.equal((await submit("sessions/end", mine, `token=${foreign.id}`)).status, 303);
  assert.deepEqual(await names("ben"), [foreign.id]);
  for (const { id } of [personal, agent]) assert.equal((await submit("sessions/end", mine, `token=${id}`)).status, 303);
  assert.deepEqual([await names("eve"), await alive(mine)], [[], 200]);
});

test("SE-10 who is not signed in is led to the login and back, a prefetch and a program are not", async () => {
  const led = await visit("");
  assert.deepEqual([led.status, led.headers.location], [303, "/auth/login?return_to=%2Fauth%2Fsessions"]);
  assert.equal((await submit("sessions/end", "", "session=x")).headers.location, "/auth/login?return_to=%2Fauth%2Fsessions");
  assert.equal((await visit("", { "sec-purpose": "prefetch" })).status, 401);
  const mine = await login("finn", FIREFOX);
  const script = await visit(mine, {
    accept: "*/*",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
    "sec-fetch-site": "same-origin",
  });
  assert.equal(script.headers["content-type"], "application/json");
  assert.equal((await visit(mine, { "accept-language": "ja" })).text.includes("サインインしている場所"), true);
});
