import { after, before, describe, test } from "node:test";
import { startPostgresProcess } from "../../../../tools/suite/postgres-server.ts";
import { startRedis } from "../../../../tools/suite/redis-server.ts";
import { postgresAddress, storeAt } from "../../../test-support/every-store.ts";
import { afterRestart, oneClockOff, oneSuccessor, reuses } from "../../../test-support/replicas/replica-cases.ts";
import { type ThreeReplicas, threeReplicas } from "../../../test-support/replicas/three-replicas.ts";

/** The stores of several machines; each replica has connections of its own. */
const STORES: readonly (readonly [name: string, address: (open: AsyncDisposableStack) => Promise<string>])[] = [
  ["PostgreSQL", async (open) => postgresAddress(open.use(await startPostgresProcess({ max_connections: "200" })).folder)],
  ["Redis", async (open) => `redis://127.0.0.1:${open.use(await startRedis()).port}`],
];

for (const [name, address] of STORES) {
  describe(name, () => {
    const open = new AsyncDisposableStack();
    let here: ThreeReplicas;
    before(async () => {
      const at = await address(open);
      here = open.use(await threeReplicas(() => storeAt(at)));
    });
    after(() => open.disposeAsync());

    test(`JT-04 S-18 ${name}: 100 uses of a refresh token over three gateways get one identical answer`, () =>
      oneSuccessor(here));
    test(`JT-03 S-20 ${name}: each case of reuse over three gateways has its documented result`, () => reuses(here));
    test(`S-39 S-19 ${name}: a replica whose clock is five minutes off does what the others do`, () => oneClockOff(here));
    test(`S-39 S-40 ${name}: after a restart of all, tokens hold on each; another secret refuses them`, () => afterRestart(here));
  });
}
