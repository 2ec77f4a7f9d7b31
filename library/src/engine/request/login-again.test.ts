/**
 * A login whose write met another is planned again, with the same tokens of the provider; what became of the first
 * record must not cost them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf, nameAndValue } from "../../../test-support/cookies.ts";
import { turns } from "../../../test-support/event-loop.ts";
import { LOOPBACK, SECRET } from "../../../test-support/origin.ts";
import { NAVIGATION } from "../../../test-support/requests.ts";
import type { SessionStore } from "../../contracts.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { fakeProvider } from "../../testing/fake-provider.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";

/** How another session of this user ends all of them. */
interface Ways {
  readonly endAll: () => Promise<unknown>;
  /** Each by its id, as a user who sees a list of them does: no marker is left for a login that is on its way. */
  readonly endEach: () => Promise<unknown>;
}

/** A user who is signed in signs in again, and the record of before changes in that moment. */
async function signInAgain(trouble: (store: SessionStore, ways: Ways) => Partial<SessionStore>) {
  const clock = manualClock(Date.UTC(2030, 0, 1));
  const provider = fakeProvider({ users: [{ subject: "alice" }], clock });
  const options = { publicUrl: LOOPBACK, secrets: SECRET, provider, clock, on: () => undefined };
  const store = memory();
  const plain = coatcheck({ ...options, store });
  const owner = { issuer: provider.issuer, subject: "alice" };
  const endEach = async (): Promise<void> => {
    for (const { id } of await plain.sessions.list(`${owner.issuer} ${owner.subject}`)) await plain.sessions.end(id, "admin");
  };
  const ways = { endAll: () => plain.endAll(owner), endEach };
  const troubled = coatcheck({ ...options, store: overStore(store, trouble(store, ways)) });
  const visit = async (auth: typeof plain, target: string, cookie: string): Promise<Response> =>
    auth.handle(new Request(new URL(target, LOOPBACK), { headers: { ...NAVIGATION, cookie } }), () => new Response());
  const login = async (auth: typeof plain, cookie: string): Promise<Response> => {
    const begun = await visit(auth, "/auth/login", cookie);
    return visit(auth, provider.approve(begun.headers.get("location") ?? ""), `${cookie}; ${cookieOf(begun)}`);
  };
  const sessionOf = (answer: Response): string =>
    nameAndValue(answer.headers.getSetCookie().find((line) => line.startsWith("coatcheck-3000=")));
  const first = sessionOf(await login(plain, ""));
  const answer = await login(troubled, first);
  // Whatever the store would not take at once is done by then.
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    await turns();
  }
  const live = await plain.sessions.list(`${owner.issuer} ${owner.subject}`);
  await plain.close();
  await troubled.close();
  return { answer, live, provider };
}

test("F-47 F-61 a login that is written again keeps its tokens, however late its first record ends", async () => {
  let conflicts = 0;
  const { answer, live, provider } = await signInAgain((store) => ({
    put: (row, condition) => (row.ended !== null && conflicts++ === 0 ? false : store.put(row, condition)),
    end: (target, reason, now) => {
      if (conflicts === 1 && "id" in target && reason === "replaced") {
        conflicts++;
        throw new Error("the store is away");
      }
      return store.end(target, reason, now);
    },
  }));
  assert.deepEqual([answer.status, live.length], [303, 1]);
  assert.deepEqual(provider.revoked, [], "the grant lives on in the session that there is now");
});

const ENDINGS = {
  "all of theirs at once": ({ endAll }: Ways) => endAll(),
  "each by its id": ({ endEach }: Ways) => endEach(),
};

for (const [how, end] of Object.entries(ENDINGS)) {
  test(`F-47 SE-09 a login whose record was ended before it was done is over, its tokens are revoked: ${how}`, async () => {
    let looks = 0;
    const { answer, live } = await signInAgain((store, ways) => ({
      marked: async (key, now) => {
        const found = await store.marked(key, now);
        // They end when the login has looked for that already, and has not ended the session of before yet.
        if (key.startsWith("sub:") && looks++ === 0) await end(ways);
        return found;
      },
    }));
    assert.deepEqual([answer.status, live.length], [401, 0]);
    assert.equal(
      answer.headers.getSetCookie().some((line) => /^coatcheck-3000=[^;]/.test(line)),
      false,
    );
  });
}
