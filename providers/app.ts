/** The app behind the gateways: it says who it was told is there, and which token came along. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What the app knows of a request. */
export interface Told {
  readonly path: string;
  readonly user: string;
  readonly email: string;
  readonly token: string | null;
}

export async function openApp(port: number): Promise<Server> {
  const server = createServer(answer);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function answer({ url = "/", headers }: IncomingMessage, response: ServerResponse): void {
  const told: Told = {
    path: url,
    user: String(headers["x-auth-request-user"] ?? ""),
    email: String(headers["x-auth-request-email"] ?? ""),
    token: /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? null,
  };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
}

/** Reads what the app said; nothing where the answer is not the app's. */
export function toldBy(text: string): Told | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isTold(said) ? said : undefined;
}

function isTold(value: unknown): value is Told {
  return (
    typeof value === "object" && value !== null && "path" in value && "user" in value && "email" in value && "token" in value
  );
}
