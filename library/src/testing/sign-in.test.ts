import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOPBACK, SECRET } from "../../test-support/origin.ts";
import { coatcheck } from "../index.ts";
import { memory } from "../stores/memory.ts";
import { fakeProvider } from "./fake-provider.ts";
import { manualClock } from "./manual-clock.ts";
import { signIn } from "./sign-in.ts";

test("F-58 a test signs a user in with an access token, which the app then gets", async () => {
  const clock = manualClock(Date.UTC(2030, 0, 1));
  const provider = fakeProvider({ users: [{ subject: "alice" }], clock });
  const auth = coatcheck({ publicUrl: LOOPBACK, secrets: SECRET, store: memory(), provider, clock });
  const tokenOf = async (cookie: string): Promise<string> => {
    const request = new Request(`${LOOPBACK}/`, { headers: { cookie } });
    const answer = await auth.handle(request, async (session) => new Response(await session.accessToken()));
    return answer.status === 200 ? answer.text() : String(answer.status);
  };
  const cookie = await signIn(auth, { subject: "alice", accessToken: "at-1", accessTokenExpiresIn: 60_000 });
  assert.equal(await tokenOf(cookie), "at-1");
  clock.advance(60_000);
  assert.equal(await tokenOf(cookie), "401", "only a fresh login gives another");
  assert.equal(await tokenOf(await signIn(auth, { subject: "bob" })), "503", "whom the app signed in has none");
});
