/** Starts the three parts of the demo and connects them: provider, app and gateway. */
import { createServer } from "node:http";
import { join } from "node:path";
import { exampleApp } from "./app/app.ts";
import { type RunningGateway, startGateway } from "./gateway.ts";
import { closeServer, freePort, listenNear } from "./ports.ts";
import { developmentKeys } from "./provider/keys.ts";
import type { ProviderMemory } from "./provider/memory.ts";
import { developmentProvider } from "./provider/provider.ts";

/** Where to begin to look for free ports; 0: any. */
export interface Ports {
  readonly gateway: number;
  readonly admin: number;
  readonly provider: number;
  readonly app: number;
}

export const USUAL_PORTS: Ports = { gateway: 4180, admin: 4181, provider: 4182, app: 4183 };
export const ANY_PORTS: Ports = { gateway: 0, admin: 0, provider: 0, app: 0 };

export interface Demo {
  /** The address to open. */
  readonly url: string;
  readonly issuer: string;
  /** What the provider has issued. */
  readonly issued: ProviderMemory;
  readonly gateway: RunningGateway;
  close(): Promise<void>;
}

/**
 * Starts provider, app and gateway, the provider first, and keeps everything in `folder`. The provider goes by another
 * host name than the gateway, as in life: cookies know no ports, so on one name each would get the other's.
 */
export async function startDemo(folder: string, ports: Ports): Promise<Demo> {
  const keys = developmentKeys(folder);
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const provider = createServer();
    opened.push(() => closeServer(provider));
    const issuer = `http://127.0.0.1:${await listenNear(provider, ports.provider)}`;
    const app = createServer();
    opened.push(() => closeServer(app));
    const appPort = await listenNear(app, ports.app);
    const port = await freePort(ports.gateway);
    const adminPort = await freePort(ports.admin, [port]);
    const url = `http://localhost:${port}`;

    const client = { id: "demo", name: "The Coatcheck demo", origin: url };
    const { callback, memory } = developmentProvider(issuer, client, keys);
    provider.on("request", callback);
    const example = exampleApp({ origin: url, issuer, secret: keys.appSecret, file: join(folder, "app.db") });
    opened.push(() => example.close());
    app.on("request", example.app);
    const gateway = await startGateway({
      folder,
      port,
      adminPort,
      origin: url,
      issuer,
      clientId: client.id,
      clientSecret: keys.clientSecret,
      secret: keys.gatewaySecret,
      app: `http://127.0.0.1:${appPort}`,
    });
    opened.push(() => gateway.stop());
    return { url, issuer, issued: memory, gateway, close };
  } catch (error) {
    await close();
    throw error;
  }
}
