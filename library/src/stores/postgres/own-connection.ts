/** Connections of the store's own, beside the pool. */
import type { PostgresListener } from "./client.ts";
import { within } from "./within.ts";

/** Runs one statement on a connection of its own, however long it takes. The connection may take so long to be made. */
export async function runAlone(connect: () => PostgresListener, text: string, limit: number): Promise<void> {
  const client = connect();
  // It is told by the statement.
  client.on("error", () => undefined);
  try {
    await within(limit, client.connect());
    await client.query(text);
  } finally {
    await leave(client, limit);
  }
}

/** Closes a connection, for which nobody waits longer than for an answer. */
export async function leave(client: PostgresListener, limit: number): Promise<void> {
  try {
    await within(limit, client.end());
  } catch {
    // It is gone already, or will be.
  }
}
