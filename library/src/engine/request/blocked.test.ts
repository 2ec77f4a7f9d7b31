/** People whom the app does not let in, and browsers whose session ended before the request counted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { nameAndValue } from "../../../test-support/cookies.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { proxyReader } from "../../../test-support/proxy-reader.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { JsonObject, Session } from "../../contracts.ts";
import type { Known, ResolverOptions } from "./authenticate/resolver.ts";

const CLEARED = /^[\w-]*coatcheck[\w-]*=; Max-Age=0/;

function app(proxy: ResolverOptions) {
  const { auth, told } = authWith({ proxy: { reader: proxyReader(), cacheFor: 0, ...proxy } });
  const ask = async (headers: Record<string, string>, act: (session: Session<JsonObject>) => void = () => undefined) => {
    const answer = await auth.handle(
      new Request(`${ORIGIN}/`, { headers }),
      (session) => {
        act(session);
        return new Response("served");
      },
      { peer: "10.0.0.1" },
    );
    const cookies = answer.headers.getSetCookie();
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text(), cookies };
  };
  return { auth, ask, told };
}

for (const kind of ["blocked", "unknown"] as const) {
  test(`F-65 S-63 a navigation of a user ${kind} is a page with 403, clears the dead cookie, told by name`, async () => {
    let known: Known = { owner: "u1" };
    const { auth, ask, told } = app({ resolve: () => known, unknown: "refuse" });
    const [line = ""] = (await ask({ ...NAVIGATION, "x-user": "alice" })).cookies;
    const cookie = nameAndValue(line);
    assert.notEqual(cookie, "");
    known = kind === "blocked" ? { blocked: true, owner: "u1" } : null;
    const api = await ask({ accept: "application/json", "x-user": "alice", cookie });
    assert.deepEqual([api.status, api.type, api.cookies], [403, "application/problem+json", []]);
    const page = await ask({ ...NAVIGATION, "x-user": "alice", cookie });
    assert.deepEqual([page.status, page.type], [403, "text/html; charset=utf-8"]);
    assert.match(page.text, /\/auth\/logout/);
    assert.match(page.cookies.join(), CLEARED);
    const refused = told("session.refused").filter(({ level }) => level === "warn");
    const owner = kind === "blocked" ? "u1" : "proxy:test alice";
    assert.deepEqual(
      refused.map((event) => [event.reason, event.owner, event.code]),
      [
        [kind, owner, "ERR_FORBIDDEN"],
        [kind, owner, "ERR_FORBIDDEN"],
      ],
    );
    await auth.close();
  });
}

test("F-64 a handler's logout in a navigation of another user clears the cookie of the session that ended", async () => {
  const { auth, ask } = app({});
  const [line = ""] = (await ask({ ...NAVIGATION, "x-user": "alice" })).cookies;
  const cookie = nameAndValue(line);
  const left = await ask({ ...NAVIGATION, "x-user": "bob", cookie }, (session) => session.logout());
  assert.equal(left.status, 200);
  assert.match(left.cookies.join(), CLEARED);
  await auth.close();
});
