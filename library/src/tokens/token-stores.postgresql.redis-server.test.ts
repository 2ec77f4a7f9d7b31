/** Tokens of every kind on every store that replicas share: what one issues, another takes, touches and ends. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RedisServer, startRedis } from "../../../tools/suite/redis-server.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { until } from "../../test-support/event-loop.ts";
import { onSchema } from "../../test-support/stores/postgres-schemas.ts";
import { type PostgresServer, startPostgres } from "../../test-support/stores/postgres-server.ts";
import { handlesOf, nodeRedis } from "../../test-support/stores/redis-handles.ts";
import { everyKind, kindsWorld, SID } from "../../test-support/token-kinds.ts";
import { OWNER, PERSON, shown } from "../../test-support/tokens.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import type { StoreUnderTest } from "../testing/store-suite/case.ts";

let postgres: PostgresServer;
let redis: RedisServer;
before(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});
after(() => Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]));

const STORES: Readonly<Record<string, () => Promise<StoreUnderTest>>> = {
  async memory() {
    const store = memory();
    return { store, another: () => store };
  },
  async sqlite() {
    const folder = temporaryFolder("sqlite");
    const another = () => sqlite(folder.file("sessions.db"));
    return { store: another(), another, dispose: () => folder[Symbol.dispose]() };
  },
  postgres: () => onSchema(postgres),
  redis: () => handlesOf(nodeRedis(() => ({ host: "127.0.0.1", port: redis.port }))),
};

for (const [name, make] of Object.entries(STORES)) {
  test(`S-58 S-44 on ${name}, tokens of each kind are taken, touched, listed and ended by another replica`, async () => {
    await using open = new AsyncDisposableStack();
    const under = await make();
    open.defer(() => under.dispose?.());
    const second = (await under.another?.()) ?? under.store;
    for (const store of new Set([under.store, second])) open.defer(() => store.close());
    const one = kindsWorld({ store: under.store });
    const { clock } = one;
    const other = kindsWorld({ store: second, clock });
    for (const { auth } of [one, other]) open.defer(() => auth.close());
    const { credentials, tokens, ids, family } = await everyKind(one);
    const at = async (token: string): Promise<number> => (await shown(other, token)).status;
    for (const token of [tokens.agent, tokens.personal, family.access_token]) assert.equal(await at(token), 200);
    clock.advance(120_000);
    assert.equal(await at(tokens.personal), 200);
    // Touches are gathered, and no request waits for them.
    let used: number | null | undefined = null;
    await until(() => {
      void one.auth.tokens.list(OWNER).then((all) => {
        used = all.find(({ kind }) => kind === "personal")?.lastUsedAt;
      });
      return used === clock.now();
    });
    await other.auth.sweep();
    assert.equal((await one.auth.tokens.list(OWNER)).length, 4);
    await other.auth.sessions.signedOut({ ...PERSON, sid: SID, issuedAt: clock.now() });
    const lives = async () => Promise.all(Object.values(credentials).map((good: () => Promise<boolean>) => good()));
    assert.deepEqual(await lives(), [false, false, false, true, true]);
    assert.equal(await other.auth.tokens.revoke(ids.access), true);
    assert.deepEqual(await lives(), [false, false, false, false, true]);
    assert.deepEqual(
      (await other.auth.tokens.list(OWNER)).map(({ id }) => id),
      [ids.personal],
    );
    // The row of the agent's too, which nobody had to end for it to be over.
    assert.equal(await other.auth.endAll(OWNER), 2);
    assert.deepEqual(await one.auth.tokens.list(OWNER), []);
  });
}
