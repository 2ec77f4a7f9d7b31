/** The gateway as a target: its real command, examined over its address like any other server. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { freePort } from "../tools/suite/free-port.ts";

/** The gateway's command in front of an app that greets, with no user signed in and a provider that is down. */
export interface RunningGateway extends AsyncDisposable {
  readonly origin: string;
}

const MAIN = join(import.meta.dirname, "../gateway/src/main.ts");

/** Where its sessions are: in a store, or in their cookies. */
export const GATEWAY_STORES = ["memory:", "cookie+memory:", "cookie:"] as const;

/** Starts it as its users do, by its command, and waits until it says that it listens. */
export async function startGateway(store: (typeof GATEWAY_STORES)[number] = "memory:"): Promise<RunningGateway> {
  const app = await listening(createServer((_request, response) => response.end("hello")));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const flags = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, MAIN, "serve"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      COATCHECK_SECRET: randomBytes(32).toString("base64url"),
      COATCHECK_PUBLIC_URL: origin,
      COATCHECK_LISTEN: `127.0.0.1:${port}`,
      COATCHECK_ADMIN_LISTEN: "127.0.0.1:0",
      COATCHECK_STORE: store,
      ...(store === "memory:" ? {} : { COATCHECK_REFRESH: "never" }),
      COATCHECK_FRONTCHANNEL_LOGOUT: String(store !== "cookie:"),
      COATCHECK_ISSUER: "http://127.0.0.1:9",
      COATCHECK_CLIENT_ID: "app",
      COATCHECK_CLIENT_SECRET: randomBytes(12).toString("hex"),
      COATCHECK_UPSTREAM: `http://127.0.0.1:${portOf(app)}`,
    },
  });
  const exited = once(child, "exit");
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes("listening")) {
    await Promise.race([once(child.stderr, "data"), exited]);
    if (child.exitCode !== null) throw new Error(`the gateway did not start:\n${said}`);
  }
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
      app.close();
    },
  };
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
