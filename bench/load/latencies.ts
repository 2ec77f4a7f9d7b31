/** How long answers took, and when requests at a constant rate are due. */

export interface Latencies {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export function latencies(values: readonly number[]): Latencies {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** Sends what is due at this rate until it is told to stop. Sleeps in between: the servers need the processors. */
export function paced(rate: number, goesOn: (sent: number) => boolean, send: (index: number) => void): Promise<void> {
  const start = performance.now();
  let next = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const turn = (): void => {
    const due = Math.ceil(((performance.now() - start) / 1000) * rate);
    while (next < due && goesOn(next)) send(next++);
    if (goesOn(next)) setTimeout(turn, 1);
    else resolve();
  };
  turn();
  return promise;
}
