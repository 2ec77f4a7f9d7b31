/** Histograms and counters that are cheap enough for every request. */
import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";

type Snapshot = Awaited<ReturnType<Histogram["get"]>>;

/** One series of a histogram. */
interface Series {
  readonly counts: Float64Array;
  sum: number;
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly registry: Registry;
}

/**
 * A histogram with one label. Counting happens on the way of every request, so it is an addition in an array; what
 * Prometheus reads is put together when it asks.
 */
export class FastHistogram extends Histogram {
  readonly #bounds: readonly number[];
  readonly #label: string;
  readonly #series = new Map<string, Series>();
  /** Never counts anything; says what a histogram of this name looks like. */
  readonly #template: Histogram;

  /** `bounds` are the upper ends of the buckets, in rising order. */
  constructor(definition: Definition, bounds: readonly number[], values: readonly string[]) {
    const { name, help, label, registry } = definition;
    super({ name, help, labelNames: [label], buckets: [...bounds], registers: [registry] });
    this.#template = new Histogram({ name, help, registers: [] });
    this.#bounds = bounds;
    this.#label = label;
    for (const value of values) this.#seriesOf(value);
  }

  /** Counts one value. */
  count(labelValue: string, value: number): void {
    const series = this.#seriesOf(labelValue);
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  }

  override async get(): Promise<Snapshot> {
    const template = await this.#template.get();
    const { name } = template;
    const values: Snapshot["values"] = [];
    for (const [labelValue, { counts, sum }] of this.#series) {
      const labels = { [this.#label]: labelValue };
      let total = 0;
      counts.forEach((count, bucket) => {
        total += count;
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[bucket] ?? "+Inf" }, value: total });
      });
      values.push({ metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: total });
    }
    return { ...template, values };
  }

  /** What prom-client asks for when it writes text. */
  getForPromString(): Promise<Snapshot> {
    return this.get();
  }

  #seriesOf(labelValue: string): Series {
    const known = this.#series.get(labelValue);
    if (known !== undefined) return known;
    const made = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
    this.#series.set(labelValue, made);
    return made;
  }
}

/** A counter with one label of a closed list, counted as cheaply. */
export class FastCounter<Value extends string> {
  readonly #counts: Map<Value, { count: number }>;

  constructor({ name, help, label, registry }: Definition, values: readonly Value[]) {
    const counts = new Map(values.map((value) => [value, { count: 0 }]));
    this.#counts = counts;
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, { count }] of counts) this.inc({ [label]: value }, count);
      },
    });
  }

  count(value: Value): void {
    const held = this.#counts.get(value);
    if (held !== undefined) held.count++;
  }
}
