import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { idOf } from "../../../test-support/cookies.ts";
import { LOOPBACK, SECRET } from "../../../test-support/origin.ts";
import type { SessionRow } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { signIn } from "../../testing/sign-in.ts";
import { openTokens, sealTokens } from "./sealed-tokens.ts";

const TOKENS = { accessToken: "at-alice", refreshToken: null, idToken: null, scope: null, expires: 1 };

test("S-11 F-45 sealed tokens open with the id of their own session, and with no other", () => {
  const keyring = createKeyring(SECRET);
  const tokens = sealTokens(TOKENS, "alices-session", keyring);
  assert.deepEqual(openTokens({ id: "alices-session" }, { tokens }, keyring), TOKENS);
  for (const id of ["mallorys-session", "", "alices-sessio"]) assert.equal(openTokens({ id }, { tokens }, keyring), null, id);
});

test("S-11 an attacker who can write to the store cannot put a user's tokens into another's session", async () => {
  const { auth, store } = authWith({ publicUrl: LOOPBACK });
  const rowOf = async (cookie: string): Promise<SessionRow> => {
    return (await store.get(idOf(cookie))) ?? assert.fail("there should be a row");
  };
  const tokenOf = async (cookie: string): Promise<string> => {
    const request = new Request(`${LOOPBACK}/`, { headers: { cookie } });
    const answer = await auth.handle(request, async (session) => new Response(await session.accessToken()));
    return answer.status === 200 ? answer.text() : String(answer.status);
  };
  const alice = await signIn(auth, { subject: "alice", accessToken: "at-alice" });
  const mallory = await signIn(auth, { subject: "mallory", accessToken: "at-mallory" });
  const [hers, his] = [await rowOf(alice), await rowOf(mallory)];
  const body = serializeBody({ ...parseBody(his), tokens: parseBody(hers).tokens });
  assert.equal(await store.put({ ...his, body, version: his.version + 1 }, his.version), true);
  assert.deepEqual([await tokenOf(alice), await tokenOf(mallory)], ["at-alice", "503"]);
  await auth.close();
});
