/** A connection that the store opened itself: it connects at once, and can be closed at any time. */

/** How connections of one library are opened and closed. */
interface Handling<Connection> {
  /** Sets the connection's listeners, and connects. */
  connect(connection: Connection): Promise<unknown>;
  close(connection: Connection): unknown;
}

export class OwnConnection<Connection> {
  readonly #handling: Handling<Connection>;
  readonly #connected: Promise<Connection>;
  #made: Connection | undefined;
  #closed = false;

  constructor(make: () => Promise<Connection>, handling: Handling<Connection>) {
    this.#handling = handling;
    this.#connected = this.#connect(make);
    // Told by the first call.
    this.#connected.catch(() => {});
  }

  /**
   * Does something with the connection when it stands, unless it was closed meanwhile: a closed client behind sentinels
   * would open another connection to subscribe, which nobody closes.
   */
  async use<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const connection = await this.#connected;
    if (this.#closed) throw closed();
    return work(connection);
  }

  close(): void {
    this.#closed = true;
    if (this.#made !== undefined) void this.#destroy(this.#made);
  }

  async #connect(make: () => Promise<Connection>): Promise<Connection> {
    const made = await make();
    this.#made = made;
    if (this.#closed) throw closed();
    await this.#handling.connect(made);
    return made;
  }

  async #destroy(made: Connection): Promise<void> {
    try {
      await this.#handling.close(made);
    } catch {
      // It was never open.
    }
  }
}

const closed = (): Error => new Error("The connection was closed.");
