/**
 * Finds free ports near the usual ones, so that two demos can run beside each other. Examples are copied by themselves,
 * so this one takes nothing from `tools/suite/free-port`.
 */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:http";

const HOST = "127.0.0.1";
/** How far to look for the next free port. */
const TRIES = 50;
/** Free or not: browsers refuse to go there, because a mail protocol lives on it. */
const UNSAFE = 4190;

/** Listens on `wanted` or the next free port; 0 asks for any. Answers the port. */
export async function listenNear(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; ; port++) {
    if (port === UNSAFE) continue;
    try {
      return await listen(server, port);
    } catch (error) {
      if (Reflect.get(Object(error), "code") !== "EADDRINUSE" || port >= wanted + TRIES) throw error;
    }
  }
}

/**
 * A port that is free now: `wanted`, the next one, or any for 0; none of `taken`. "Any" is below those that the system
 * gives to clients, so that it is still free when a server listens on it.
 */
export async function freePort(wanted: number, taken: readonly number[] = []): Promise<number> {
  for (let from = wanted === 0 ? randomInt(11_000, 32_000) : wanted; ; from++) {
    const server = createServer();
    const port = await listenNear(server, from);
    await closeServer(server);
    if (!taken.includes(port)) return port;
    from = port;
  }
}

export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen({ host: HOST, port }, () => {
    server.off("error", reject);
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : port);
  });
  return promise;
}
