/** What a store that may lose its last writes was only read of is written once more, before it is answered as done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FOR_PERSON, fromPage, nextOf, post, REFRESHED, refreshed, world } from "../../test-support/tokens.ts";
import type { SessionRow, SessionStore } from "../contracts.ts";
import { memory } from "../stores/memory.ts";
import { overStore } from "../testing/over-store.ts";
import { signIn } from "../testing/sign-in.ts";

const WANTED = { ...FOR_PERSON, refreshable: true };

/** An app on a store that takes each write, and says so only while its replica is there. */
function confirming() {
  const [real, line] = [memory(), { cut: false }];
  const puts: SessionRow[] = [];
  const confirmed = <T>(answer: T): T => {
    if (line.cut) throw new Error("no replica has it in time");
    return answer;
  };
  const store: SessionStore = overStore(real, {
    put(row, condition) {
      puts.push(row);
      return confirmed(real.put(row, condition));
    },
    end: (target, reason, now) => confirmed(real.end(target, reason, now)),
  });
  return { of: world({ store, tokens: REFRESHED }), line, puts };
}

test("JT-04 S-18 SE-12 an exchange that was only read is written again, as it is, before it is answered", async () => {
  const { of, line, puts } = confirming();
  const { refreshToken = "" } = await of.auth.tokens.issue(WANTED);
  line.cut = true;
  for (let repeat = 0; repeat < 3; repeat++) assert.equal((await refreshed(of, refreshToken)).status, 503);
  line.cut = false;
  const next = await nextOf(of, refreshToken);
  assert.equal(await nextOf(of, refreshToken), next);
  // One exchange, and the same row four times more.
  const [, exchanged, ...again] = puts;
  assert.equal(again.length, 4);
  for (const row of again) assert.deepEqual({ ...row }, { ...exchanged });
  assert.equal((await refreshed(of, next)).status, 200);
});

test("JT-08 SE-12 a revocation whose end was only read is ended again before it is answered", async () => {
  const { of, line } = confirming();
  const { refreshToken = "" } = await of.auth.tokens.issue(WANTED);
  line.cut = true;
  for (let repeat = 0; repeat < 2; repeat++) assert.equal((await post(of, "tokens/revoke", { token: refreshToken })).status, 503);
  line.cut = false;
  assert.equal((await post(of, "tokens/revoke", { token: refreshToken })).status, 200);
});

test("SE-16 S-18 a store that throws at once while tokens are asked for is an outage, and no error of ours", async () => {
  const [real, line] = [memory(), { reads: Number.POSITIVE_INFINITY }];
  const store = overStore(real, {
    get(id) {
      line.reads -= 1;
      if (line.reads < 0) throw new Error("the disk is full");
      return real.get(id);
    },
  });
  const of = world({ store, tokens: REFRESHED });
  const cookie = await signIn(of.auth, { subject: "alice" });
  for (const reads of [0, 1]) {
    line.reads = reads;
    assert.equal((await post(of, "tokens", { audience: "app", scope: "read" }, fromPage(cookie))).status, 503, String(reads));
  }
});
