import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:net";

/** An upstream that answers with bytes as they are, for answers that no server library would write. */
export interface RawUpstream extends AsyncDisposable {
  readonly url: string;
  /** The heads that came, oldest first. */
  readonly heads: string[];
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Answers each request head, bodies not counted: a string is written, anything else is left to the function. */
export async function rawUpstream(answer: (head: string, socket: Socket) => string | undefined): Promise<RawUpstream> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let arrived = "";
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setEncoding("latin1").on("data", (text: string) => {
      arrived += text;
      for (let end = arrived.indexOf("\r\n\r\n"); end >= 0; end = arrived.indexOf("\r\n\r\n")) {
        const head = arrived.slice(0, end + 4);
        arrived = arrived.slice(end + 4);
        heads.push(head);
        const said = answer(head, socket);
        if (said !== undefined) socket.write(said, "latin1");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`,
    heads,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
