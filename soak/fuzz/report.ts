/** The closing table of a run, and whether the gateway's memory has stopped growing. */
import type { Violation } from "./judge.ts";
import type { Measured } from "./servers/gateway.ts";

export interface Sums {
  readonly connections: number;
  readonly requests: number;
  readonly answers: number;
  /** Answers of the app. */
  readonly app: number;
  readonly outages: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly violations: readonly Violation[];
  readonly crashes: number;
  readonly unhandled: readonly string[];
  /** What the gateway's process said on stderr that no operator should have to read. */
  readonly complaints: readonly string[];
  /** What the gateway sent to the app that is no request. */
  readonly faults: readonly string[];
  /** At a tenth of the way, at a quarter, …, at the end. */
  readonly measured: readonly Measured[];
  readonly seconds: number;
}

/** From so many requests on a process has grown to its size by a tenth of the way; its heap has long before. */
export const WORTH_MEMORY = 500_000;
/** How much larger it may be at the end. */
const GROWTH = 0.2;

const number = (value: number): string => value.toLocaleString("en-US");
export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
const KINDS: readonly Violation["kind"][] = ["foreign", "leaked", "framing", "wrong", "unanswered", "open"];

/** The table of a run. */
export function table(sums: Sums): string {
  const rate = Math.round(sums.requests / sums.seconds);
  const codes = [...sums.statuses].toSorted(([one], [other]) => one - other);
  const rows: readonly (readonly [string, string])[] = [
    ["time", `${Math.round(sums.seconds)} s, ${number(rate)} requests a second`],
    ["connections", number(sums.connections)],
    ["requests", number(sums.requests)],
    ["answers", `${number(sums.answers)}, of the app ${number(sums.app)}`],
    ["  by status", codes.map(([status, count]) => `${status} ${number(count)}`).join(", ")],
    ["store outages", number(sums.outages)],
    ["memory after a collection", sums.measured.map(({ rss }) => mebibytes(rss)).join(", ")],
    ["  of it on the heap", sums.measured.map(({ heap }) => mebibytes(heap)).join(", ")],
    ["  of it in buffers", sums.measured.map(({ external }) => mebibytes(external)).join(", ")],
    ["connections left open", sums.measured.map(({ sockets }) => number(sockets)).join(", ")],
    ["gateway ended by itself", number(sums.crashes)],
    ["unhandled", number(sums.unhandled.length)],
    ...KINDS.map((kind) => [kind, number(countOf(sums, kind))] as const),
    ["requests to the app that are none", number(sums.faults.length)],
    ["complaints on stderr", number(sums.complaints.length)],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(36)}${value}`).join("\n");
}

const countOf = ({ violations }: Sums, kind: Violation["kind"]): number =>
  violations.filter((violation) => violation.kind === kind).length;

/** By how much the process grew between a tenth of the way and the end; `null` where a run is too short to tell. */
export function growthOf({ measured, requests }: Pick<Sums, "measured" | "requests">): number | null {
  const [first, last] = [measured[0], measured.at(-1)];
  if (requests < WORTH_MEMORY || first === undefined || last === undefined || first === last) return null;
  return Math.max(last.rss / first.rss, (last.heap + last.external) / (first.heap + first.external)) - 1;
}

/** The last line, and whether everything held. */
export function closingLine(sums: Sums, broken: string | null): { readonly line: string; readonly holds: boolean } {
  const growth = growthOf(sums);
  const open = sums.measured.reduce((most, { sockets }) => Math.max(most, sockets), 0);
  const others = sums.violations.length - countOf(sums, "foreign") + sums.faults.length + sums.complaints.length;
  const line = [
    `soak fuzz: requests ${sums.requests}`,
    `connections ${sums.connections}`,
    `ended ${sums.crashes}`,
    `unhandled ${sums.unhandled.length}`,
    `foreign ${countOf(sums, "foreign")}`,
    `other faults ${others}`,
    `left open ${open}`,
    `growth ${growth === null ? "not judged" : `${(growth * 100).toFixed(1)} %`}`,
  ].join(", ");
  const bad = sums.crashes + sums.unhandled.length + sums.violations.length + sums.faults.length + sums.complaints.length + open;
  const holds = bad === 0 && broken === null && (growth === null || growth <= GROWTH);
  return { line: broken === null ? line : `${line} (${broken})`, holds };
}
