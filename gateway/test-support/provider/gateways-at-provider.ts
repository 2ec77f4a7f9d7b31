/** Gateways that sign users in at a provider of the test's own. */
import { randomBytes } from "node:crypto";
import type { Clock } from "coatcheck";
import { sqlite } from "coatcheck/sqlite";
import type { TemporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import type { FullGateway, FullGatewayOptions } from "../full-gateway.ts";
import { startFullGateway } from "../full-gateway.ts";
import { ready } from "../ready.ts";
import type { TestProvider } from "./provider.ts";
import { CLIENT, testProvider } from "./provider.ts";

/** A provider that runs, and what was started at it; all of it stops together. */
export interface GatewaysAtProvider extends AsyncDisposable {
  readonly provider: TestProvider;
  /** The folder of the replicas' sessions, in `sessions.db`. */
  readonly folder: TemporaryFolder;
  /** Starts a gateway with a store of its own, and waits until it is ready. */
  start(options?: FullGatewayOptions): Promise<FullGateway>;
  /** Starts one that shares its secret and its file of sessions with all that are started so. */
  replica(options?: FullGatewayOptions): Promise<FullGateway>;
}

/** Starts a provider. `clock`: its time, and that of the gateways. */
export async function gatewaysAtProvider(clock?: Clock): Promise<GatewaysAtProvider> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(temporaryFolder("gateways"));
  const provider = open.use(await testProvider(clock === undefined ? undefined : () => clock.now()));
  await provider.start();
  const secrets = [randomBytes(32).toString("base64url")];
  const start = async ({ config, ...options }: FullGatewayOptions = {}): Promise<FullGateway> => {
    const gateway = await startFullGateway({
      world: clock === undefined ? {} : { clock },
      ...options,
      config: { providers: [{ issuer: provider.issuer, ...CLIENT }], ...config },
    });
    kept.use(gateway);
    await ready(gateway);
    return gateway;
  };
  const kept = open.move();
  return {
    provider,
    folder,
    start,
    replica: ({ config, ...options } = {}) =>
      start({ store: sqlite(folder.file("sessions.db")), ...options, config: { secrets, ...config } }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
