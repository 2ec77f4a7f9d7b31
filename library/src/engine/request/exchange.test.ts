/** What is stored if the handler sets a cookie of our name itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { optionsOf } from "../../../test-support/engine/inside.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import { assertedUser } from "../../../test-support/proxy-reader.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { JsonObject, Session } from "../../contracts.ts";
import { signIn } from "../../testing/sign-in.ts";

function siteOf(proxied: boolean) {
  const reader = { headers: ["x-user"], read: () => ({ kind: "asserted", identity: assertedUser("alice") }) as const };
  const { auth } = authWith(proxied ? { proxy: { reader } } : {});
  const { name } = optionsOf(auth).cookies.session;
  const own = `${name}=theirs`;
  const ask = (headers: Record<string, string>, act: (session: Session<JsonObject>) => void, cookies: readonly string[]) =>
    auth.handle(
      new Request(`${ORIGIN}/`, { headers }),
      (session) => {
        act(session);
        const answer = new Response();
        for (const cookie of cookies) answer.headers.append("set-cookie", cookie);
        return answer;
      },
      { peer: "192.0.2.1" },
    );
  return { auth, own, ask };
}

test("F-46 S-35 a proxy's user has no session begun by an answer that sets a cookie of our name", async () => {
  const { auth, own, ask } = siteOf(true);
  assert.deepEqual((await ask(NAVIGATION, () => {}, [own])).headers.getSetCookie(), [own]);
  assert.deepEqual(await auth.sessions.list("proxy:test alice"), []);
  assert.equal((await ask(NAVIGATION, () => {}, [])).headers.getSetCookie().length, 1);
  assert.equal((await auth.sessions.list("proxy:test alice")).length, 1);
  await auth.close();
});

test("F-46 what a handler records is stored whatever cookies it sets", async () => {
  const { auth, own, ask } = siteOf(false);
  const cookie = await signIn(auth, { subject: "alice" });
  await ask({ cookie }, (session) => session.set({ cart: 1 }), [own]);
  let read: unknown;
  await ask(
    { cookie },
    ({ data }) => {
      read = data;
    },
    [],
  );
  assert.deepEqual(read, { cart: 1 });
  await auth.close();
});
