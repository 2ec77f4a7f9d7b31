import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";
import type { Finished } from "./observer.ts";

const finished = (parts: Partial<Finished>): Finished => ({
  outcome: "proxied",
  method: "GET",
  path: "/",
  status: 200,
  started: 0,
  answered: 0,
  upstream: undefined,
  sessionId: null,
  via: null,
  ...parts,
});

test("OP-01 every outcome is a series from the start, and counts are exact", async () => {
  const metrics = createMetrics({
    upstreams: ["app"],
    openStreams: () => 3,
    connections: () => [{ upstream: "app", busy: 2, lasting: 1, waiting: 0 }],
  });
  metrics.request(finished({ upstream: "app", started: 100, answered: 103 }));
  metrics.request(finished({ upstream: "app", started: 100, answered: 100_100 }));
  metrics.request(finished({ outcome: "misdirected", via: "bearer" }));
  metrics.notice("upstream.failed");
  metrics.event({ name: "session.ended", level: "info", reason: "logout" });
  metrics.event({ name: "sweep.completed", level: "info", count: 1, rows: { live: 7, dead: 2 } });
  metrics.store("get", 0.02);
  const text = await metrics.registry.metrics();
  const again = await metrics.registry.metrics();
  for (const line of [
    'coatcheck_requests_total{outcome="proxied"} 2',
    'coatcheck_requests_total{outcome="misdirected"} 1',
    'coatcheck_requests_total{outcome="failed"} 0',
    'coatcheck_authenticated_total{via="bearer"} 1',
    'coatcheck_authenticated_total{via="proxy"} 0',
    'coatcheck_notices_total{notice="upstream.failed"} 1',
    'coatcheck_events_total{event="session.ended",reason="logout"} 1',
    'coatcheck_upstream_seconds_bucket{upstream="app",le="0.0025"} 0',
    'coatcheck_upstream_seconds_bucket{upstream="app",le="0.005"} 1',
    'coatcheck_upstream_seconds_bucket{upstream="app",le="+Inf"} 2',
    'coatcheck_upstream_seconds_sum{upstream="app"} 100.003',
    'coatcheck_upstream_seconds_count{upstream="app"} 2',
    'coatcheck_store_seconds_count{operation="get"} 1',
    "coatcheck_open_streams 3",
    'coatcheck_sessions{state="live"} 7',
    'coatcheck_sessions{state="dead"} 2',
    "coatcheck_swept_total 1",
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is missing`);
    assert.ok(again.split("\n").includes(line), `${line} does not hold when it is asked for again`);
  }
});

test("S-53 refreshes, endings with their reasons, and identities that changed are counted apart", async () => {
  const metrics = createMetrics({ upstreams: [], openStreams: () => 0, connections: () => [] });
  metrics.event({ name: "refresh.completed", level: "info" });
  metrics.event({ name: "refresh.failed", level: "warn", code: "ERR_PROVIDER_UNAVAILABLE" });
  for (const reason of ["identity-changed", "refresh-lost", "refresh-lost"] as const)
    metrics.event({ name: "session.ended", level: "info", reason });
  const lines = (await metrics.registry.metrics()).split("\n");
  for (const [event, reason, count] of [
    ["refresh.completed", "", 1],
    ["refresh.failed", "ERR_PROVIDER_UNAVAILABLE", 1],
    ["session.ended", "identity-changed", 1],
    ["session.ended", "refresh-lost", 2],
  ] as const)
    assert.ok(lines.includes(`coatcheck_events_total{event="${event}",reason="${reason}"} ${count}`), `${event} ${reason}`);
});
