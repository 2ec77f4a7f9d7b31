/**
 * `npm run bench -- [NAME] [--json]`: how quick we are beside our floors and our peers, measured in the same run.
 * Ratios of one run mean something, figures of two do not. Exit status 1 when a goal is not met.
 */
import { checkBench } from "./benchmarks/check.ts";
import { cleanupBench } from "./benchmarks/cleanup.ts";
import { peersBench } from "./benchmarks/peers.ts";
import { proxyBench } from "./benchmarks/proxy.ts";
import { reconcileBench } from "./benchmarks/reconcile.ts";
import { refreshBench } from "./benchmarks/refresh.ts";
import { requestBench } from "./benchmarks/request.ts";
import { startBench } from "./benchmarks/start.ts";
import { storesBench } from "./benchmarks/stores.ts";
import type { Bench } from "./harness/command.ts";
import { command } from "./harness/command.ts";
import type { Findings } from "./harness/report.ts";
import { Stage } from "./harness/stage.ts";

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["request", staged(requestBench)],
  ["check", staged(checkBench)],
  ["proxy", staged(proxyBench)],
  ["refresh", staged(refreshBench)],
  ["reconcile", staged(reconcileBench)],
  ["peers", staged(peersBench)],
  ["stores", staged(storesBench)],
  ["cleanup", staged(cleanupBench)],
  ["start", staged(startBench)],
]);

/** On a stage of its own, which is cleared however it ends. */
function staged(bench: (stage: Stage, only: RegExp) => Promise<Findings>): Bench {
  return async (effort, only) => {
    const stage = await Stage.set(effort);
    try {
      return await bench(stage, only);
    } finally {
      await stage.clear();
    }
  };
}

process.exitCode = await command(process.argv.slice(2), BENCHES, {
  out: (text) => process.stdout.write(text),
  errors: (text) => process.stderr.write(text),
});
