/** The metrics of the process. */
import type { AuditEvent } from "coatcheck/contracts";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { VIA } from "../config/upstream.ts";
import type { ConnectionUse } from "../upstream/connections/connection-limit.ts";
import { FastCounter, FastHistogram } from "./fast-metrics.ts";
import type { Finished, NoticeName } from "./observer.ts";
import { NOTICES, OUTCOMES } from "./observer.ts";

/** The counters of this process. Labels come from closed lists and from the configuration, never from a request. */
export interface Metrics {
  readonly registry: Registry;
  request(request: Finished): void;
  notice(name: NoticeName): void;
  event(event: AuditEvent): void;
  /** One call of the store, in milliseconds. */
  store(operation: string, milliseconds: number): void;
}

const WAYS: readonly string[] = VIA;
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STORE_SECONDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

interface MetricsOptions {
  /** The names of the upstreams, for their label. */
  readonly upstreams: readonly string[];
  /** How many WebSockets and event streams are open. */
  openStreams(): number;
  /** How the connections to each upstream are used. */
  connections(): readonly ConnectionUse[];
}

/** Makes the counters, each with all its labels, so that a rate is there from the first event on. */
export function createMetrics({ upstreams, openStreams, connections }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "coatcheck_" });
  const requests = new FastCounter(
    { name: "coatcheck_requests_total", help: "Requests by outcome.", label: "outcome", registry },
    OUTCOMES,
  );
  const authenticated = new FastCounter(
    {
      name: "coatcheck_authenticated_total",
      help: "Requests that went on to an upstream, by what authenticated.",
      label: "via",
      registry,
    },
    WAYS,
  );
  const notices = new FastCounter(
    { name: "coatcheck_notices_total", help: "Things worth a look.", label: "notice", registry },
    NOTICES,
  );
  const events = new Counter({
    name: "coatcheck_events_total",
    help: "What happened to sessions, logins and the store, by name and reason.",
    labelNames: ["event", "reason"],
    registers,
  });
  const answering = new FastHistogram(
    {
      name: "coatcheck_upstream_seconds",
      help: "From the request's start to the beginning of the upstream's answer.",
      label: "upstream",
      registry,
    },
    SECONDS,
    upstreams,
  );
  const stored = new FastHistogram(
    {
      name: "coatcheck_store_seconds",
      help: "Calls of the session store; of the many look-ups that answer at once only a sample.",
      label: "operation",
      registry,
    },
    STORE_SECONDS,
    [],
  );
  new Gauge({
    name: "coatcheck_open_streams",
    help: "Open WebSockets and event streams.",
    registers,
    collect() {
      this.set(openStreams());
    },
  });
  new Gauge({
    name: "coatcheck_upstream_connections",
    help: "Connections to upstreams: busy, lasting (streams, readers that stand still), and requests waiting for one.",
    labelNames: ["upstream", "use"],
    registers,
    collect() {
      this.reset();
      for (const { upstream, busy, lasting, waiting } of connections()) {
        for (const [use, count] of Object.entries({ busy, lasting, waiting })) this.inc({ upstream, use }, count);
      }
    },
  });
  const rows = new Gauge({
    name: "coatcheck_sessions",
    help: "Rows of the session store, live and dead (ended or expired), as the last sweep found them.",
    labelNames: ["state"],
    registers,
    // Every worker sweeps the same store.
    aggregator: "max",
  });
  const swept = new Counter({
    name: "coatcheck_swept_total",
    help: "Dead rows and markers that sweeps of this process deleted.",
    registers,
  });
  return {
    registry,
    request({ outcome, started, answered, upstream, via }) {
      requests.count(outcome);
      if (via !== null) authenticated.count(via);
      if (answered > 0 && upstream !== undefined) answering.count(upstream, (answered - started) / 1000);
    },
    notice: (name) => notices.count(name),
    event({ name, reason, code, count, rows: found }) {
      events.labels(name, reason ?? code ?? "").inc();
      if (name === "sweep.completed") swept.inc(count ?? 0);
      for (const [state, stay] of Object.entries(found ?? {})) rows.set({ state }, stay);
    },
    store: (operation, milliseconds) => stored.count(operation, milliseconds / 1000),
  };
}
