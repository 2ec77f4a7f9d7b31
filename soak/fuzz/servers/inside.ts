/**
 * Loaded into the gateway's process beside it (`--import`), where the gateway knows nothing of it: makes its SQLite
 * fail when told to, as a disk would, measures it, and tells of what was not handled without handling it.
 */
import { type SQLOutputValue, StatementSync } from "node:sqlite";
import { writeHeapSnapshot } from "node:v8";
import type { Measured, Order, Unhandled } from "./gateway.ts";

let outage = false;

class DiskError extends Error {
  readonly code = "ERR_SQLITE_ERROR";
  readonly errcode = 10;
}

function failing<Method extends (...given: never[]) => unknown>(method: Method): Method {
  return new Proxy(method, {
    apply(target, self: unknown, given: unknown[]) {
      if (outage) throw new DiskError("disk I/O error");
      return Reflect.apply(target, self, given);
    },
  });
}

const statements: {
  get: (...given: never[]) => Record<string, SQLOutputValue> | undefined;
  all: (...given: never[]) => Record<string, SQLOutputValue>[];
  run: (...given: never[]) => unknown;
} = StatementSync.prototype;
for (const name of ["get", "all", "run"] as const) Reflect.set(statements, name, failing(statements[name]));

function measure(collect: boolean, snapshot: string | null): Measured {
  for (let count = 0; collect && count < 4; count++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  if (snapshot !== null) writeHeapSnapshot(snapshot);
  return { kind: "measured", rss, heap: heapUsed, external, sockets };
}

const tell = (message: Measured | Unhandled): void => void process.send?.(message);

process.on("message", (order: Order) => {
  if (order.kind === "outage") outage = order.on;
  else tell(measure(order.collect, order.snapshot));
});

// The process that plays with us is gone, however that came.
process.once("disconnect", () => process.exit());

// A listener would count as handling; this only looks on.
const { emit } = process;
process.emit = new Proxy(emit, {
  apply(target, self: unknown, given: unknown[]) {
    const [name, error] = given;
    if (name === "unhandledRejection" || name === "uncaughtExceptionMonitor")
      tell({ kind: "unhandled", what: `${name}: ${error instanceof Error ? error.stack : String(error)}` });
    return Reflect.apply(target, self, given);
  },
});
