import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startRedis } from "../../../../tools/suite/redis-server.ts";
import { readKind } from "../../../test-support/read-kind.ts";
import { afterRestart, oneClockOff, oneSuccessor, reuses } from "../../../test-support/replicas/replica-cases.ts";
import { type ThreeReplicas, threeReplicas } from "../../../test-support/replicas/three-replicas.ts";
import { store as kind } from "../../config/kinds/store-kind.ts";
import { openStore } from "../open-store.ts";

type Kept = Parameters<typeof openStore>[0];
const isKept = (setting: unknown): setting is Kept => typeof setting === "object" && setting !== null && "kind" in setting;

const open = new AsyncDisposableStack();
let here: ThreeReplicas;

before(async () => {
  const server = open.use(await startRedis());
  const address = `redis://127.0.0.1:${server.port}`;
  here = open.use(
    await threeReplicas(async () => {
      const setting = readKind(kind, address);
      assert.ok(isKept(setting));
      return openStore(setting, { onWarning: () => undefined });
    }),
  );
});
after(() => open.disposeAsync());

test("JT-04 S-18 Redis: 100 uses of a refresh token over three gateways get one identical answer", () => oneSuccessor(here));
test("JT-03 S-20 Redis: each case of reuse over three gateways has its documented result", () => reuses(here));
test("S-39 S-19 Redis: a replica whose clock is five minutes off does what the others do", () => oneClockOff(here));
test("S-39 S-40 Redis: after a restart of all, tokens hold on each; another secret refuses them", () => afterRestart(here));
