/** Names of events, log lines and metrics do not change: dashboards and alerts elsewhere are made of them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERRORS } from "coatcheck/errors";
import frozen from "./frozen-names.json" with { type: "json" };
import { PROCESS_EVENTS } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { NOTICES, OUTCOMES } from "./observer.ts";

const WHY =
  "dashboards and alerts are made of these names, so none may change or go. If one is new, add it by hand " +
  "to gateway/src/observe/frozen-names.json and to docs/events.md";

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

function libraryEvents(): readonly string[] {
  const source = readFileSync(new URL("contracts/events.ts", import.meta.resolve("coatcheck")), "utf8");
  const union = /export type EventName =([^;]*);/.exec(source)?.[1] ?? "";
  return [...union.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
}

const contracts = (name: string): string =>
  readFileSync(new URL(`contracts/${name}.ts`, import.meta.resolve("coatcheck")), "utf8");
const namesIn = (union: string): readonly string[] => [...union.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);

/** The unions that lists of reasons name, by their names. */
const NAMED: { readonly [type: string]: string } = {
  EndReason: /export type EndReason =([^;]*);/.exec(contracts("store"))?.[1] ?? "",
  TokenKind: /export type TokenKind =([^;]*);/.exec(contracts("token-kind"))?.[1] ?? "",
  LoginFailure: /export type LoginFailure =([^;]*);/.exec(contracts("event-reasons"))?.[1] ?? "",
  'ProviderFailure["kind"]': /interface ProviderFailure \{\s*readonly kind:([^;]*);/.exec(contracts("provider"))?.[1] ?? "",
};

/** The lists of an interface of unions, as it stands in its source. */
function reasonsIn(source: string, name: string): { readonly [event: string]: readonly string[] } {
  const body = new RegExp(`interface ${name} \\{([^}]*)\\}`).exec(source)?.[1] ?? "";
  const lists = [...body.matchAll(/readonly "([^"]+)":([^;]*);/g)].map(([, event = "", union = ""]) => {
    // In their order: a list can name one that stands behind it.
    const resolved = Object.entries(NAMED).reduce((text, [type, members]) => text.replace(type, members), union);
    assert.doesNotMatch(resolved.replaceAll(/"[^"]+"/g, ""), /\w/, `a list of ${event} that this test cannot read: ${resolved}`);
    return [event, namesIn(resolved)] as const;
  });
  return Object.fromEntries(lists);
}

/** Every metric of ours with its type and labels. Those of Node and of the process are prom-client's. */
async function metricsAsServed(): Promise<{ readonly [name: string]: string }> {
  const metrics = createMetrics({
    upstreams: ["app"],
    openStreams: () => 0,
    connections: () => [{ upstream: "app", busy: 0, lasting: 0, waiting: 0 }],
  });
  metrics.event({ name: "sweep.completed", level: "info", rows: { live: 0, dead: 0 } });
  metrics.store("get", 1);
  const text = await metrics.registry.metrics();
  const found: Record<string, string> = {};
  for (const [, name = "", type = ""] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (/^coatcheck_(?:process|nodejs)_/.test(name)) continue;
    const [, labels = ""] = new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, "m").exec(text) ?? [];
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label).filter((label) => label !== "le");
    found[name] = names.length === 0 ? type : `${type} by ${names.join(", ")}`;
  }
  return found;
}

test("OP-01 names of events, notices, outcomes and lines about the process are those of the frozen list", () => {
  assert.deepEqual(libraryEvents(), frozen.events, WHY);
  assert.deepEqual([...NOTICES], frozen.notices, WHY);
  assert.deepEqual([...OUTCOMES], frozen.outcomes, WHY);
  assert.deepEqual([...PROCESS_EVENTS], frozen.process, WHY);
});

test("OP-01 reasons that events and notices give are those of the frozen lists", () => {
  const observer = readFileSync(new URL("observer.ts", import.meta.url), "utf8");
  const found = { ...reasonsIn(contracts("event-reasons"), "ClosedReasons"), ...reasonsIn(observer, "NoticeReasons") };
  assert.deepEqual(found, frozen.reasons, WHY);
});

test("OP-01 codes of problem documents are those of the frozen list", () => {
  assert.deepEqual(Object.keys(ERRORS), frozen.codes, WHY);
});

test("OP-01 metrics, their types and their labels are those of the frozen list", async () => {
  assert.deepEqual(await metricsAsServed(), frozen.metrics, WHY);
});

test("OP-01 every frozen name is documented, and nothing else is", () => {
  const rows = [...page("events.md").matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([\w-]+[._][\w.-]+)`/g)].map(([, name = ""]) => name),
  );
  const names = [...frozen.events, ...frozen.notices, ...Object.keys(frozen.metrics)];
  assert.deepEqual([...new Set(rows)].toSorted(), names.toSorted());
  const gateway = page("gateway.md");
  const lacking = [...frozen.outcomes, ...frozen.notices].filter((name) => !gateway.includes(`\`${name}\``));
  assert.deepEqual(lacking, [], "docs/gateway.md lacks them");
});
