/** Starts provider, app and three gateways on one file of sessions, with short leases. */
import { randomBytes } from "node:crypto";
import { sqlite } from "coatcheck/sqlite";
import { freePorts } from "../../tools/suite/free-port.ts";
import { type TemporaryFolder, temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { randomOf } from "../random.ts";
import { Fleet } from "./fleet.ts";
import { Gateway, listens, type Records, serve } from "./gateway.ts";
import type { Known, LeaseTimes, Stored } from "./journal.ts";
import { secretOf } from "./provider/messages.ts";
import { RunningProvider } from "./provider/provider.ts";

const HOST = "soak.example";
const GATEWAYS = ["a", "b", "c"];
/** Seconds that an access token lives. */
const LIFETIME = 8;
/**
 * The provider's `timeout` and `refreshTimeout`, milliseconds: short, so that leases are; long enough for a busy
 * machine.
 */
const TIMEOUT = 2_500;

/**
 * How long a lease of a gateway with this timeout stands: two limits, the last looks at the sockets, and a margin for
 * the sending.
 */
export function leaseOf(timeout: number): LeaseTimes {
  const longest = 2 * timeout + 500;
  const margin = Math.max(1_000, longest / 4);
  return { length: Math.ceil(longest + margin), margin };
}

/** All processes, on one file of sessions in a temporary folder. */
export class Stage {
  readonly lease = leaseOf(TIMEOUT);
  readonly records: Records = { lines: [], faults: [] };
  readonly fleet: Fleet;
  readonly provider: RunningProvider;
  readonly folder: TemporaryFolder;

  private constructor(provider: RunningProvider, folder: TemporaryFolder, fleet: Fleet, records: Records) {
    this.provider = provider;
    this.folder = folder;
    this.fleet = fleet;
    this.records = records;
  }

  static async set(seed: number): Promise<Stage> {
    const folder = temporaryFolder("soak");
    process.once("exit", () => folder[Symbol.dispose]());
    const client = { clientId: "soak", clientSecret: randomBytes(24).toString("hex") };
    const callback = `https://${HOST}/auth/callback`;
    const { provider, issuer, upstream } = await RunningProvider.start({ ...client, callback, lifetime: LIFETIME, seed });
    const config = folder.write("coatcheck.config.json", JSON.stringify(settings(issuer, upstream, client.clientId)));
    const secret = randomBytes(32).toString("base64url");
    const records: Records = { lines: [], faults: [] };
    // One that was killed gets its own again, however many connections were made meanwhile.
    const ports = await freePorts(GATEWAYS.length * 2);
    const gateways = GATEWAYS.map((name, index) => {
      const [port = 0, adminPort = 0] = ports.slice(index * 2);
      const environment = (life: string) => ({
        COATCHECK_SECRET: secret,
        COATCHECK_CLIENT_SECRET: secretOf(client.clientSecret, life),
        ...listens({ port, adminPort }),
      });
      return new Gateway({ name, port, adminPort, folder: folder.path, command: serve(config), environment }, records);
    });
    // One after the other: the first makes the file.
    for (const gateway of gateways) await gateway.start();
    return new Stage(provider, folder, new Fleet(gateways, HOST, randomOf(seed, "balancer")), records);
  }

  /** The sessions as the store has them. */
  async stored(sessions: readonly Known[]): Promise<readonly Stored[]> {
    const store = sqlite(this.folder.file("sessions.db"));
    try {
      return sessions.flatMap(({ session }) => {
        const row = store.get(session);
        if (row instanceof Promise) throw new TypeError("a store that answers at once was expected");
        return row === undefined ? [] : [{ session, ended: row.ended, reason: row.reason }];
      });
    } finally {
      await store.close();
    }
  }

  /** Ends all processes and forgets the sessions. */
  async clear(): Promise<void> {
    await Promise.all(this.fleet.gateways.map((gateway) => gateway.close()));
    await this.provider.close();
    this.folder[Symbol.dispose]();
  }
}

function settings(issuer: string, upstream: string, clientId: string): object {
  return {
    publicUrl: `https://${HOST}`,
    store: "sqlite:sessions.db",
    accessLog: false,
    providers: [{ issuer, clientId, scope: "openid offline_access", timeout: `${TIMEOUT}ms`, refreshTimeout: `${TIMEOUT}ms` }],
    upstreams: [{ url: upstream, access: "api", token: "authorization" }],
  };
}
