/** Gateways as they are run anywhere: the command, with a file of settings, over one file of sessions. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { answers, Child } from "./child.ts";

const COMMAND = join(import.meta.dirname, "../gateway/src/main.ts");
const FLAGS = ["--conditions=coatcheck-source", "--disable-warning=ExperimentalWarning"];
const LONGEST_START = 90_000;

/** An app and what stands before it. */
export interface Fleet {
  /** Names the client at the provider. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where browsers find it. */
  readonly origin: string;
  /** Of the balancer, then of each gateway, then of each one's admin listener. */
  readonly ports: readonly number[];
  readonly gateways: readonly Child[];
}

export interface FleetOrder {
  readonly folder: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuer: string;
  /** The text of the file of settings. */
  readonly settings: string;
  /** Settings over those. */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly gatewayPorts: readonly number[];
  readonly adminPorts: readonly number[];
}

/** Starts the gateways of an app, and a balancer before them that takes them in turn. */
export async function openFleet(order: FleetOrder, open: AsyncDisposableStack): Promise<Fleet> {
  const { folder, clientId, clientSecret, issuer, port, gatewayPorts, adminPorts } = order;
  const origin = `http://localhost:${port}`;
  const config = join(folder, `${clientId}.config.yaml`);
  writeFileSync(config, order.settings);
  const secret = randomBytes(32).toString("base64url");
  const gateways = gatewayPorts.map((own, index) => {
    const child = new Child({
      command: process.execPath,
      args: [...FLAGS, COMMAND, "serve", "--config", config],
      cwd: folder,
      env: {
        ...order.environment,
        COATCHECK_SECRET: secret,
        COATCHECK_CLIENT_ID: clientId,
        COATCHECK_CLIENT_SECRET: clientSecret,
        COATCHECK_ISSUER: issuer,
        COATCHECK_PUBLIC_URL: origin,
        COATCHECK_LISTEN: `127.0.0.1:${own}`,
        COATCHECK_ADMIN_LISTEN: `127.0.0.1:${adminPorts[index]}`,
        COATCHECK_STORE: `sqlite:${clientId}.db`,
      },
    });
    open.defer(() => child.end());
    return child;
  });
  await Promise.all(
    gateways.map((child, index) =>
      child.until(() => answers(`http://127.0.0.1:${adminPorts[index]}/health/ready`), LONGEST_START),
    ),
  );
  const server = await balance(port, gatewayPorts);
  open.defer(async () => {
    const closed = once(server, "close");
    server.close();
    await closed;
  });
  return { clientId, clientSecret, origin, ports: [port, ...gatewayPorts, ...adminPorts], gateways };
}

/** Takes the ports in turn, a connection each. */
async function balance(port: number, ports: readonly number[]): Promise<Server> {
  let next = 0;
  const server = createServer((client) => {
    next = (next + 1) % ports.length;
    const gateway = connect(ports[next] ?? 0, "127.0.0.1");
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      one.pipe(other);
      one.once("error", () => other.destroy());
      one.once("close", () => other.destroy());
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
