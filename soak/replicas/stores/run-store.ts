/** The store of a run: a real server or several, what replicas are told of it, and what can befall it. */

export interface RunStore extends AsyncDisposable {
  /** As the gateways are told it. */
  readonly address: string;
  /** Ends a server as an operator does, and starts it again; says what was done. */
  restart(): Promise<string>;
  /** Kills what takes the writes; resolves when another does, and has one behind it that confirms them. */
  failover(): Promise<string>;
}

export type StoreName = "postgres" | "redis";
