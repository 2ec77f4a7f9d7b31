/** A logout while the store is away: of which tickets it is promised, and what is answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authWith } from "../../../test-support/auth.ts";
import { engineOf, optionsOf } from "../../../test-support/engine/inside.ts";
import { view } from "../../../test-support/requests.ts";
import { failingStore } from "../../../test-support/stores/failing-store.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { hashSecret, mintTicket } from "../../crypto/ticket.ts";
import { signIn } from "../../testing/sign-in.ts";
import type { Unfinished } from "../lifecycle/unfinished-endings.ts";
import { UnfinishedEndings } from "../lifecycle/unfinished-endings.ts";
import { unseenLogout } from "./refused-logout.ts";

const tickets = Array.from({ length: 6 }, () => mintTicket(systemEntropy, Date.now() + 3_600_000));

/** What is answered to these cookies if so many endings may be promised, and what was. */
function loggedOut(values: readonly string[], room: number) {
  const { auth } = authWith();
  const options = optionsOf(auth);
  const wanted: Unfinished[] = [];
  class Promising extends UnfinishedEndings {
    override end(ending: Unfinished): boolean {
      return wanted.push(ending) <= room;
    }
  }
  const { store, clock, entropy, announce, report, background } = options;
  const served = { has: () => false };
  const unfinished = new Promising({ store, clock, entropy, announce, report, background, served, most: room });
  const cookie = values.map((value) => `${options.cookies.session.name}=${value}`).join("; ");
  const answer = unseenLogout(view(cookie), { ...options, unfinished });
  return { code: answer?.code ?? null, cleared: answer?.cookies.length ?? 0, wanted };
}

for (const [name, values, room, code, wanted] of [
  ["no ticket", [], 9, null, 0],
  ["what is no ticket", ["nonsense"], 9, null, 0],
  ["a ticket", [0], 9, "ERR_LOGOUT_PENDING", 1],
  ["a ticket and what is none", ["nonsense", 0], 9, "ERR_LOGOUT_PENDING", 1],
  ["a ticket without room", [0], 0, "ERR_LOGOUT_UNFINISHED", 1],
  ["two tickets, and room for one", [0, 1], 1, "ERR_LOGOUT_UNFINISHED", 2],
  ["two tickets, and room for both", [0, 1], 2, "ERR_LOGOUT_PENDING", 2],
  ["more than four", [0, 1, 2, 3, 4, 5], 9, "ERR_LOGOUT_PENDING", 4],
] as const) {
  test(`F-46 a logout while no session can be looked up, with ${name}: ${code ?? "nothing to promise"}`, () => {
    const cookies = values.map((value) => (typeof value === "number" ? (tickets[value]?.ticket ?? "") : value));
    const found = loggedOut(cookies, room);
    assert.deepEqual([found.code, found.cleared, found.wanted.length], [code, code === null ? 0 : 1, wanted]);
    const shown = values.filter((value) => typeof value === "number").slice(0, wanted);
    for (const [at, value] of shown.entries()) {
      const [id = "", secret = ""] = (tickets[value]?.ticket ?? "").split(".");
      assert.deepEqual(found.wanted[at], { id, reason: "logout", shown: hashSecret(secret) });
    }
  });
}

test("F-46 a logout with two live tickets is promised where both endings are", async () => {
  const { store, failing } = failingStore();
  for (const [most, code] of [
    [2, "ERR_LOGOUT_PENDING"],
    [1, "ERR_LOGOUT_UNFINISHED"],
  ] as const) {
    failing.clear();
    const { auth } = authWith({ store, maxPendingEndings: most });
    const cookies = [await signIn(auth, { subject: "alice" }), await signIn(auth, { subject: "alice" })];
    failing.add("end");
    const exchange = await engineOf(auth).open(view(cookies.join("; ")));
    exchange.logout();
    const { refusal, cookies: cleared } = await exchange.settle(200);
    assert.deepEqual([refusal?.code, cleared.length], [code, 1]);
    failing.clear();
    await auth.close();
  }
});
