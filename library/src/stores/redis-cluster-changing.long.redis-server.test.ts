/** The suite of the stores on a cluster that does not come to rest. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterGroup } from "../../test-support/stores/redis-groups.ts";
import { eventually, startCluster, tell } from "../../test-support/stores/redis-groups.ts";
import { handlesOf, nodeRedisCluster } from "../../test-support/stores/redis-handles.ts";
import { CoatcheckError } from "../core/errors.ts";
import { playCase, storeCases } from "../testing/store-suite/store-suite.ts";

/** How many outages of a case lie in places that change without a pause. */
const RESTLESS = 3;

let cluster: ClusterGroup;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster[Symbol.asyncDispose]());

test("SE-12 the suite while masters and replicas change places: it fails by outages alone", async () => {
  const options = { make: () => handlesOf(nodeRedisCluster(() => cluster.addresses)), rows: 5, writers: 8 };
  let playing = true;
  let changes = 0;
  let rest = Promise.resolve();
  const changing = (async () => {
    for (let nth = 0; playing; nth++) {
      await rest;
      const { first, master } = (await cluster.shards())[nth % 3] ?? (await cluster.shardOf(0));
      await eventually("they change places", async () => {
        const { master: now, replica } = await cluster.shardOf(first);
        if (now === master) await tell(replica, ["CLUSTER", "FAILOVER"]);
        return now !== master && replica > 0;
      });
      changes += 1;
    }
  })();
  let outages = 0;
  const playAll = async (): Promise<void> => {
    try {
      for (const one of storeCases) {
        const resting = Promise.withResolvers<void>();
        const rests = (): void => {
          rest = resting.promise;
        };
        outages += await outagesOf(() => playCase(one, options), one.name, rests).finally(resting.resolve);
      }
    } finally {
      playing = false;
    }
  };
  await Promise.all([playAll(), changing]);
  assert.ok(changes > 3, `${changes} changes of places, ${outages} outages`);
});

/**
 * Plays until nothing fails; an outage is no failure, nor a scan that begins anew, over and over, since masters change
 * places. Answers how many there were. A case that takes longer than masters stay in their places never ends: after
 * some outages they rest until it has.
 */
async function outagesOf(play: () => Promise<void>, name: string, rests: () => void): Promise<number> {
  for (let outages = 0; ; outages++) {
    if (outages === RESTLESS) rests();
    try {
      await play();
      return outages;
    } catch (error) {
      const isOutage = error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE";
      const beganAnew = error instanceof Error && error.message === "a scan that does not end";
      assert.ok((isOutage || beganAnew) && outages < 20, `${name}: ${String(error)}`);
    }
  }
}
