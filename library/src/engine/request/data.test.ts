/** Session data that handlers set: what is taken, and what is told to the handler. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { ORIGIN } from "../../../test-support/origin.ts";
import type { JsonObject } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { signIn } from "../../testing/sign-in.ts";

const nested = (levels: number): JsonObject => JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`);

test("F-29 data that are nested too deeply are refused where they are set, and later writes go on", async () => {
  const { auth } = authWith();
  const cookie = await signIn(auth, { subject: "alice" });
  const ask = (data: JsonObject) =>
    auth.handle(new Request(`${ORIGIN}/`, { headers: { cookie } }), (session) => {
      let told = "";
      try {
        session.set(data);
      } catch (error) {
        told = error instanceof CoatcheckError ? error.code : String(error);
      }
      return new Response(told + JSON.stringify(session.data));
    });
  for (const levels of [33, 3_000, 100_000]) {
    const answer = await ask({ deep: nested(levels) });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "ERR_DATA_TOO_LARGE{}", String(levels));
  }
  const answer = await ask({ visits: 1, hostile: JSON.parse('{"__proto__":{"admin":true}}') });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), '{"visits":1,"hostile":{}}');
  assert.equal(await (await ask({ visits: 2 })).text(), '{"visits":2,"hostile":{}}');
  await auth.close();
});
