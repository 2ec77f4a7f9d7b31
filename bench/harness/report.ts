/** The report of a run, as a table and as JSON: rows of figures, and goals that are met or missed. */
import { QUIET } from "./machine.ts";

/** What a benchmark found. `--json` prints exactly this. */
export interface Report {
  readonly bench: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

/** What one benchmark adds to a report. */
export type Findings = Pick<Report, "rows" | "goals">;

export interface Row {
  readonly name: string;
  /** Requests per second, as long as they lasted. Shown, not judged: on a shared machine it is not steady. */
  readonly rate: number;
  /** Processor time of the server's process for one request. */
  readonly cpuMicros: number;
  /** Of that, what the bare server of the same rounds did not need; `null` for a bare server. */
  readonly addedMicros: number | null;
  /** How many requests the same processor time answers, of those that the bare server answers in it. */
  readonly ofBare: number | null;
  /** How long answers took, milliseconds, where that is what is measured. */
  readonly p50Millis?: number;
  readonly p99Millis?: number;
  /** Resident memory of all its processes, before it was asked anything and after all that was measured until then. */
  readonly idleMegabytes?: number;
  readonly loadMegabytes?: number;
  /** From its start to its first answer. */
  readonly startMillis?: number;
}

export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly rounds: number;
  readonly sessions: number;
  /**
   * The part of the processors that the host of a virtual machine took away while it was measured; `null` where that is
   * not known.
   */
  readonly stolen: number | null;
  readonly versions: { readonly [name: string]: string };
}

export const atMost = (name: string, value: number, most: number): Goal => ({
  name,
  value: rounded(value),
  goal: `<= ${rounded(most)}`,
  met: value <= most,
});

export const atLeast = (name: string, value: number, least: number): Goal => ({
  name,
  value: rounded(value),
  goal: `>= ${rounded(least)}`,
  met: value >= least,
});

/** The same goal, a third easier. One that is another's figure stays. */
export function loosened(goal: Goal): Goal {
  const [, sign, limit] = /^(<=|>=) (.+)$/.exec(goal.goal) ?? [];
  if (sign === "<=") return atMost(goal.name, goal.value, (Number(limit) * 4) / 3);
  return sign === ">=" ? atLeast(goal.name, goal.value, (Number(limit) * 2) / 3) : goal;
}

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function stolenLine(share: number): string {
  const percent = `${(share * 100).toFixed(1)} % of the processors were taken away by the machine's host meanwhile`;
  return share <= QUIET ? percent : `${percent}: NOT A QUIET MACHINE, times say nothing`;
}

/** For people. */
export function table({ bench, machine, rows, goals }: Report): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const lines = rows.map((row) => [
    row.name,
    Math.round(row.rate).toLocaleString("en-GB"),
    row.cpuMicros.toFixed(2),
    row.addedMicros?.toFixed(2) ?? "",
    row.ofBare?.toFixed(3) ?? "",
    row.p50Millis?.toFixed(2) ?? "",
    row.p99Millis?.toFixed(2) ?? "",
    row.idleMegabytes?.toFixed(0) ?? "",
    row.loadMegabytes?.toFixed(0) ?? "",
    row.startMillis?.toFixed(0) ?? "",
  ]);
  const head = ["", "req/s", "CPU µs", "added µs", "of bare", "p50 ms", "p99 ms", "idle MB", "load MB", "start ms"];
  const shown = head.map((_, column) => column === 0 || lines.some((line) => line[column] !== ""));
  const visible = [head, ...lines].map((line) => line.filter((_, column) => shown[column]));
  return [
    `${bench} on ${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}`,
    `${machine.rounds} interleaved rounds, ${machine.sessions} sessions; ${versions.join(", ")}`,
    ...(machine.stolen === null ? [] : [stolenLine(machine.stolen)]),
    "",
    ...columns(visible),
    "",
    ...goals.map((goal) => `${goal.met ? "met   " : "MISSED"} ${goal.name}: ${goal.value} (${goal.goal})`),
  ].join("\n");
}

function columns(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
