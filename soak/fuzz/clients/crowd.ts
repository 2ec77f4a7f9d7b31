/** The connections that are under way: so many that act, beside those that only wait for the gateway to close them. */
export class Crowd {
  readonly #most: number;
  readonly #under = new Map<number, Promise<void>>();
  readonly #acting = new Set<number>();
  #wake: (() => void) | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  get indexes(): readonly number[] {
    return [...this.#under.keys()];
  }

  get size(): number {
    return this.#under.size;
  }

  /** `work` is given what it calls once there is nothing left to do but to wait. */
  begin(index: number, work: (acted: () => void) => Promise<void>): void {
    this.#acting.add(index);
    const acted = (): void => {
      this.#acting.delete(index);
      this.#wake?.();
    };
    this.#under.set(
      index,
      work(acted).finally(() => {
        this.#under.delete(index);
        acted();
      }),
    );
  }

  /** Until there is room for one more. */
  async room(): Promise<void> {
    while (this.#acting.size >= this.#most) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Until none is left. */
  async over(): Promise<void> {
    await Promise.all(this.#under.values());
  }
}
