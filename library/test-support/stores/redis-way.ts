/** A way to a server that loses answers, or all that is sent, without a word. */
import assert from "node:assert/strict";
import { createServer, connect as dial, type Socket } from "node:net";

/** A way to a server, on which the answer to the next script can be lost together with the connection. */
export async function way(port: number) {
  const sockets = new Set<Socket>();
  let losing = false;
  const silent = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(port, "127.0.0.1");
    let asked = false;
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) sockets.add(socket.on("error", cut).on("close", cut));
    near.on("data", (bytes) => {
      if (silent.has(near)) return;
      asked ||= losing && bytes.includes("EVAL");
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (silent.has(near)) return;
      if (!asked) near.write(bytes);
      else {
        losing = false;
        cut();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    loseAnswer: () => {
      losing = true;
    },
    isLost: () => !losing,
    /** The connections of now pass nothing on any more, and stand. */
    swallow: () => {
      for (const socket of sockets) silent.add(socket);
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
