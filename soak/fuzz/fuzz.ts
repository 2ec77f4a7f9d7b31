/** `npm run soak -- fuzz`: plays connections at once until enough requests were sent, and tells how it went. */
import { Crowd } from "./clients/crowd.ts";
import { Findings } from "./findings.ts";
import { closingLine, mebibytes, type Sums, table, WORTH_MEMORY } from "./report.ts";
import type { Measured } from "./servers/gateway.ts";
import { Stage, type Told } from "./stage.ts";
import { traceOf } from "./trace.ts";

export interface FuzzOptions {
  /** Requests, over all connections. */
  readonly requests: number;
  readonly seed: number;
  /** The first connection to play, and how many; else as many as the requests take. */
  readonly from: number;
  readonly connections: number | null;
  /** After so many the run ends, and reports what it has. */
  readonly minutes?: number | null;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  readonly plants?: readonly string[];
  /** Where what went wrong is kept; else the system's folder for what is temporary. */
  readonly keepIn?: string;
}

/** Connections that act at the same time. Some more wait to be closed. */
const AT_ONCE = 48;
const PROGRESS = 10_000;
/** So many that went wrong are enough to know. */
const ENOUGH = 100;
const ENOUGH_CRASHES = 5;
const RECENT = 32;

/** Plays connections against a gateway until all requests are through. Answers whether all held. */
export async function soakFuzz(options: FuzzOptions): Promise<boolean> {
  const { seed, requests, from, connections, print } = options;
  const what =
    connections === null ? `${requests.toLocaleString("en-US")} requests` : `connections ${from} to ${from + connections - 1}`;
  print(`soak fuzz: seed ${seed}, ${what}, ${AT_ONCE} connections at a time`);
  const stage = await Stage.set(options.plants ?? []);
  try {
    if (connections === null && requests >= WORTH_MEMORY) await stage.warm();
    const run = new Run(stage, options);
    await run.play();
    return run.conclude();
  } finally {
    await stage.clear();
  }
}

class Run {
  readonly #stage: Stage;
  readonly #options: FuzzOptions;
  readonly #begun = performance.now();
  readonly #crowd = new Crowd(AT_ONCE);
  readonly #findings: Findings;
  readonly #overheard = new Set<string>();
  /** Indexes of connections that were under way when the gateway ended, and who did it as far as can be told. */
  readonly #culprits: string[] = [];
  readonly #measured: Measured[] = [];
  readonly #counts = { connections: 0, requests: 0, answers: 0, app: 0, outages: 0 };
  readonly #statuses = new Map<number, number>();
  /** The last connections that came to their end: what they left behind may end the process a little later. */
  readonly #recent: number[] = [];
  #next: number;

  constructor(stage: Stage, options: FuzzOptions) {
    this.#stage = stage;
    this.#options = options;
    this.#findings = new Findings(options.seed, options.print, options.keepIn);
    this.#next = options.from;
  }

  async play(): Promise<void> {
    const progress = setInterval(() => void this.#progress(), PROGRESS);
    try {
      // A tenth of the way, and the end: what grows in between is a leak.
      for (const share of this.#options.connections === null ? [0.1, 0.25, 0.5, 0.75, 1] : [1]) {
        await this.#playTo(share);
        if (this.#stage.gateway.alive) this.#measured.push(await this.#stage.settle());
        if (this.#over) break;
      }
    } finally {
      clearInterval(progress);
    }
  }

  get #seconds(): number {
    return (performance.now() - this.#begun) / 1_000;
  }

  get #late(): boolean {
    return this.#seconds >= (this.#options.minutes ?? Number.POSITIVE_INFINITY) * 60;
  }

  get #over(): boolean {
    return this.#options.signal.aborted || this.#late || this.#findings.count >= ENOUGH || this.#stage.crashes >= ENOUGH_CRASHES;
  }

  /** Plays until this share of the way is behind us, and nothing is under way. */
  async #playTo(share: number): Promise<void> {
    const { requests, connections, from } = this.#options;
    const done = (): boolean =>
      connections === null ? this.#counts.requests >= requests * share : this.#next >= from + Math.ceil(connections * share);
    while (!done() && !this.#over) {
      if (!this.#stage.gateway.alive) await this.#crashed();
      this.#begin(this.#next++);
      await this.#crowd.room();
    }
    await this.#crowd.over();
    if (!this.#stage.gateway.alive && !this.#over) await this.#crashed();
  }

  #begin(index: number): void {
    this.#crowd.begin(index, async (acted) => {
      const told = await this.#stage.play(this.#options.seed, index, acted);
      this.#recent.unshift(index);
      this.#recent.splice(RECENT);
      this.#count(told);
      this.#findings.hear(told);
    });
  }

  #count({ plan, played }: Told): void {
    const counts = this.#counts;
    counts.connections += 1;
    counts.requests += played.begun;
    counts.answers += played.answers.length;
    if (plan.outage) counts.outages += 1;
    for (const { status, headers } of played.answers) {
      if (headers.some(([name]) => name === "x-fuzz-id")) counts.app += 1;
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    }
  }

  /** The gateway ended: plays each connection that was under way again, alone, to see which one does it. */
  async #crashed(): Promise<void> {
    const suspects = [...this.#crowd.indexes, ...this.#recent];
    const { words } = this.#stage.gateway;
    this.#options.print(
      `\nthe gateway ended by itself:\n${words
        .slice(-14)
        .map((line) => `  ${line}`)
        .join("\n")}`,
    );
    await this.#crowd.over();
    await this.#stage.revive();
    for (const index of suspects) {
      const told = await this.#stage.play(this.#options.seed, index);
      if (this.#stage.gateway.alive) continue;
      this.#culprits.push(`--from ${index} --connections 1`);
      this.#options.print(`\nit does so for one connection alone:\n${traceOf(told.plan, told.steps, told.played)}`);
      await this.#stage.revive();
      return;
    }
    this.#culprits.push(`none alone of ${suspects.join(", ")}`);
  }

  conclude(): boolean {
    const { print, seed, requests, connections, signal } = this.#options;
    const { gateway, upstream } = this.#stage;
    const sums: Sums = {
      ...this.#counts,
      statuses: this.#statuses,
      violations: this.#findings.violations,
      crashes: this.#stage.crashes,
      unhandled: gateway.unhandled,
      complaints: gateway.complaints,
      faults: upstream.faults,
      measured: this.#measured,
      seconds: this.#seconds,
    };
    print(`\n${table(sums)}`);
    if (this.#findings.folder !== null) print(`\n  what went wrong is kept in ${this.#findings.folder}`);
    for (const culprit of this.#culprits) print(`\n  the gateway ended: npm run soak -- fuzz --seed ${seed} ${culprit}`);
    this.#overhear();
    const { line, holds } = closingLine(sums, signal.aborted ? "interrupted" : null);
    print(`\n${line}`);
    return holds && (connections !== null || this.#late || this.#counts.requests >= requests);
  }

  /** What belongs to no connection is told as soon as it is known, once. */
  #overhear(): void {
    const { gateway, upstream } = this.#stage;
    for (const what of [...gateway.unhandled, ...gateway.complaints, ...upstream.faults]) {
      if (this.#overheard.has(what) || this.#overheard.size >= ENOUGH) continue;
      this.#overheard.add(what);
      this.#options.print(`\n  ${what}`);
    }
  }

  async #progress(): Promise<void> {
    const { gateway, crashes } = this.#stage;
    this.#overhear();
    const { connections, requests } = this.#counts;
    const seconds = `${Math.round(this.#seconds)} s`.padStart(6);
    const cost = await gateway.measure(false).catch(() => null);
    const memory =
      cost === null ? "not measured" : `rss ${mebibytes(cost.rss)}, heap ${mebibytes(cost.heap)}, open ${cost.sockets}`;
    const bad = `wrong ${this.#findings.count}, unhandled ${gateway.unhandled.length}, ended ${crashes}`;
    this.#options.print(`${seconds}  requests ${requests}, connections ${connections}, ${memory}, ${bad}`);
  }
}
