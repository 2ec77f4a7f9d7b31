/** Starts worker processes, and replaces those that exit. */
import cluster, { type Worker } from "node:cluster";
import type { Server } from "node:http";
import { AggregatorRegistry } from "prom-client";
import type { Settings } from "../config/config.ts";
import { createAdmin, readinessOf } from "../observe/admin.ts";
import { adminApi } from "../observe/admin-api.ts";
import { adminHosts } from "../observe/admin-hosts.ts";
import type { Observation } from "../observe/observe.ts";
import { stopwatch } from "../observe/observer.ts";
import type { SessionLayer } from "../session/interface.ts";
import { listen, stop } from "./listener.ts";

/** A worker that dies again and again is started this much later each time, in milliseconds, up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** After this long without a death the next is the first again. */
const CALM = 60_000;

interface Workers {
  readonly port: number;
  readonly adminPort: number;
  close(): Promise<void>;
}

interface Parts {
  readonly settings: Settings;
  readonly sessions: SessionLayer;
  readonly observation: Observation;
}

/** A worker ended before it served. It has said why. */
export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
}

/** It was told to stop before all workers listened. */
export class StoppedEarly extends Error {
  override readonly name = "StoppedEarly";
}

/**
 * Several processes on one listener; this one keeps them running and answers the admin listener for all of them.
 * Rejects with `StoppedEarly` if it is told to stop before they listen: a worker waits for its store as long as that
 * takes.
 */
export async function startWorkers({ settings, sessions, observation }: Parts, stopped: Promise<void>): Promise<Workers> {
  let stopping = false;
  let pause = FIRST_PAUSE;
  let lastExit = 0;
  cluster.on("exit", (_worker, code, signal) => {
    if (stopping) return;
    const now = stopwatch();
    if (now - lastExit > CALM) pause = FIRST_PAUSE;
    lastExit = now;
    observation.observer.notice("worker.exited", { reason: signal ?? `exit ${code}` });
    setTimeout(() => stopping || cluster.fork(), pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
  const endWorkers = async (): Promise<void> => {
    stopping = true;
    const running = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(running.map(ended));
  };
  const stopAll = async (): Promise<void> => {
    const began = performance.now();
    await endWorkers();
    await sessions.close(Math.max(0, settings.limits.shutdown - (performance.now() - began)));
  };
  const early = stopped.then(() => Promise.reject(new StoppedEarly()));
  early.catch(() => {});
  try {
    // The first one alone, so that what is wrong with all of them is said once.
    const port = await Promise.race([portOf(cluster.fork()), early]);
    const others = Array.from({ length: settings.workers - 1 }, () => portOf(cluster.fork()));
    await Promise.race([Promise.all(others), early]);
    const admin = await openAdmin(settings, sessions, () => stopping);
    const close = async (): Promise<void> => {
      await stopAll();
      await stop(admin.server, 0, () => {});
      observation.log.flush();
    };
    return { port, adminPort: admin.port, close };
  } catch (error) {
    await (error instanceof StoppedEarly ? endWorkers() : stopAll());
    throw error;
  }
}

/** In a worker: its counters are asked for by the process that answers the admin listener. */
export function reportToPrimary({ metrics }: Observation): void {
  AggregatorRegistry.setRegistries(metrics.registry);
  new AggregatorRegistry();
}

async function openAdmin(
  settings: Settings,
  sessions: SessionLayer,
  isStopping: () => boolean,
): Promise<{ readonly server: Server; readonly port: number }> {
  const registry = new AggregatorRegistry();
  const server = createAdmin({
    readiness: () => readinessOf(sessions.health, isStopping()),
    metrics: async () => ({ type: registry.contentType, text: await registry.clusterMetrics() }),
    token: sessions.adminToken,
    api: adminApi(sessions),
    isHost: adminHosts(settings.admin),
  });
  return { server, port: await listen(server, settings.admin.listen) };
}

/** The port that a worker listens on. Rejects with `WorkerFailed` if it exits before. */
function portOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once("listening", ({ port }) => resolve(port));
    worker.once("exit", (code) => reject(new WorkerFailed(`a worker exited with ${code} before it listened`)));
  });
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) {
      resolve();
      return;
    }
    worker.once("exit", () => resolve());
    worker.process.kill("SIGTERM");
  });
}
