/** Opens log and metrics as configured. */
import type { AuditEvent } from "coatcheck/contracts";
import type { DestinationStream } from "pino";
import type { Settings } from "../config/config.ts";
import type { ConnectionUse } from "../upstream/connections/connection-limit.ts";
import type { Log } from "./log.ts";
import { openLog } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { createMetrics } from "./metrics.ts";
import type { Observer } from "./observer.ts";

/** What is open now. */
interface Open {
  streams(): number;
  connections(): readonly ConnectionUse[];
}

/** Log and counters together. */
export interface Observation {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly observer: Observer;
  /** For the library: each event becomes a line and a count of the same name. */
  readonly report: (event: AuditEvent) => void;
  /** The dispatcher tells what is open, once it is there. */
  countOpen(open: Open): void;
}

/** Opens log and counters as configured. */
export function observe(settings: Settings, destination?: DestinationStream): Observation {
  let open: Open = { streams: () => 0, connections: () => [] };
  const log = openLog(settings.log.level, destination);
  const upstreams = settings.upstreams.map(({ name, url }) => name ?? new URL(url).host);
  const metrics = createMetrics({ upstreams, openStreams: () => open.streams(), connections: () => open.connections() });
  const logged = settings.accessLog ? log.request : undefined;
  return {
    log,
    metrics,
    observer: {
      finished(request) {
        metrics.request(request);
        logged?.(request);
      },
      notice(name, fields) {
        metrics.notice(name);
        log.notice(name, fields);
      },
    },
    report(event) {
      metrics.event(event);
      log.event(event);
    },
    countOpen(counted) {
      open = counted;
    },
  };
}
