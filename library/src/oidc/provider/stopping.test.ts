/** F-30: a process stops while a provider takes its time over a refresh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf } from "../../../test-support/cookies.ts";
import { engineOf } from "../../../test-support/engine/inside.ts";
import { turns, until } from "../../../test-support/event-loop.ts";
import { ORIGIN, SECRET } from "../../../test-support/origin.ts";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { signIn } from "../../../test-support/provider/sign-on.ts";
import { REQUIRE_USER, view } from "../../../test-support/requests.ts";
import type { SessionRow } from "../../contracts.ts";
import { parseBody } from "../../core/record.ts";
import { systemEntropy } from "../../crypto/entropy.ts";
import { coatcheck } from "../../index.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { oidcProvider } from "./provider.ts";

/** An app on which one refresh is under way, and its provider keeps the answer back. */
async function refreshing() {
  const clock = manualClock(Date.now());
  const op = await lyingProvider({ now: () => clock.now() });
  const provider = oidcProvider(
    { issuer: op.issuer, clientId: op.clientId, clientSecret: op.clientSecret },
    { clock, entropy: systemEntropy, report: () => undefined },
  );
  const store = memory();
  let last: SessionRow | null = null;
  const put = store.put.bind(store);
  const keeping: typeof put = (row, version) => {
    last = row;
    return put(row, version);
  };
  Object.assign(store, { put: keeping });
  const auth = coatcheck({
    ...{ publicUrl: ORIGIN, secrets: SECRET, clock, provider, store, on: () => undefined },
    session: { idle: 86_400_000 },
  });
  const login = await signIn(op, provider);
  if (login.kind !== "login") return assert.fail(String(login.cause));
  const exchange = await engineOf(auth).open(view(""));
  exchange.loginFromProvider(login, "default");
  const cookie = cookieOf(await exchange.settle(200));
  clock.advance(3_601_000);
  let asked = false;
  let answer = (): void => undefined;
  op.lies.lost = (entry, response) => {
    if (entry.form.get("grant_type") !== "refresh_token") return false;
    asked = true;
    const end = response.end.bind(response);
    Object.assign(response, {
      end: (body: string) => {
        answer = () => void end(body);
        return response;
      },
    });
    return false;
  };
  const request = (await auth.engine.open(view(cookie))).admit(REQUIRE_USER);
  await until(() => asked);
  let closed = false;
  return {
    clock,
    row: (): SessionRow => last ?? assert.fail("nothing was written"),
    answer: () => answer(),
    close(within?: number) {
      void auth.close(within === undefined ? {} : { within }).then(() => {
        closed = true;
      });
    },
    closed: () => closed,
    async [Symbol.asyncDispose]() {
      await request;
      await op.close();
    },
  };
}

test("F-30 close({ within }) waits so long for an answer, which is stored as unknown; no lease stands", async () => {
  await using app = await refreshing();
  app.close(20_000);
  app.clock.advance(19_000);
  await turns(50);
  assert.equal(app.closed(), false, "an answer that is not heard is a token lost");
  app.clock.advance(1_500);
  await until(app.closed);
  const row = app.row();
  assert.equal(row.lease, null, "the next replica need not wait for anybody");
  assert.equal(parseBody(row).renewal?.unknown, true, "and shows the token once more and never again");
});

test("F-30 an answer that comes in time is stored, and close() waits for no more than that", async () => {
  await using app = await refreshing();
  app.close(20_000);
  await turns(50);
  app.clock.advance(15_000);
  app.answer();
  await until(app.closed);
  const row = app.row();
  assert.equal(row.lease, null);
  assert.equal(parseBody(row).renewal, undefined);
  assert.ok((row.tokenExpires ?? 0) > app.clock.now(), "with its new token");
});
