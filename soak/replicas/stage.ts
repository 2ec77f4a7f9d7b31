/** Starts the store, the provider, three gateways and two apps, and HAProxy before them. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort, freePorts } from "../../tools/suite/free-port.ts";
import { temporaryFolder } from "../../tools/suite/temporary-folder.ts";
import { randomOf } from "../random.ts";
import { Gateway, type GatewayPlace, listens, type Records, serve } from "../refresh/gateway.ts";
import type { LeaseTimes } from "../refresh/journal.ts";
import { secretOf } from "../refresh/provider/messages.ts";
import { RunningProvider } from "../refresh/provider/provider.ts";
import { leaseOf } from "../refresh/stage.ts";
import { type AppOrder, ORDER } from "./app/order.ts";
import { Haproxy } from "./haproxy.ts";
import { freshSecret, Rotation } from "./rotation.ts";
import { postgresStore } from "./stores/postgres.ts";
import { redisClusterStore } from "./stores/redis-cluster.ts";
import type { RunStore, StoreName } from "./stores/run-store.ts";

const HOST = "soak.example";
const GATEWAYS = ["gateway-a", "gateway-b", "gateway-c"];
const APPS = ["app-a", "app-b"];
const APP = join(import.meta.dirname, "app/app.ts");
const SCOPE = "openid offline_access";
/** Seconds that an access token of the provider lives. */
const LIFETIME = 8;
/** The provider's `timeout` and `refreshTimeout`, milliseconds. */
const TIMEOUT = 2_500;

export interface Staging {
  readonly seed: number;
  readonly store: StoreName;
}

/** All processes of a run. */
export interface Stage extends AsyncDisposable {
  readonly host: string;
  readonly lease: LeaseTimes;
  readonly records: Records;
  readonly provider: RunningProvider;
  readonly gateways: readonly Gateway[];
  readonly apps: readonly Gateway[];
  readonly store: RunStore;
  readonly rotation: Rotation;
  readonly balancer: Haproxy;
}

export async function setStage({ seed, store: name }: Staging): Promise<Stage> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(temporaryFolder("soak-replicas"));
  const store = open.use(await (name === "postgres" ? postgresStore() : redisClusterStore(randomOf(seed, "store"))));
  const client = { clientId: "soak", clientSecret: randomBytes(24).toString("hex") };
  const callback = `https://${HOST}/auth/callback`;
  const { provider, issuer, upstream } = await RunningProvider.start({ ...client, callback, lifetime: LIFETIME, seed });
  open.defer(() => provider.close());
  const config = folder.write(
    "coatcheck.config.json",
    JSON.stringify(settings(issuer, upstream, client.clientId, store.address)),
  );
  const records: Records = { lines: [], faults: [] };
  const ports = await freePorts((GATEWAYS.length + APPS.length) * 2);
  const places = [...GATEWAYS, ...APPS].map((name, index) => {
    const [port = 0, adminPort = 0] = ports.slice(index * 2);
    return { name, port, adminPort, folder: folder.path, file: folder.file(`secret-${name}`) };
  });
  const gateway = (place: (typeof places)[number]): GatewayPlace => ({
    ...place,
    command: serve(config),
    environment: (life) => ({
      COATCHECK_SECRET_FILE: place.file,
      COATCHECK_CLIENT_SECRET: secretOf(client.clientSecret, life),
      ...listens(place),
    }),
  });
  const app = (place: (typeof places)[number]): GatewayPlace => ({
    ...place,
    command: [APP],
    environment: (life) => {
      const times = { timeout: TIMEOUT, refreshTimeout: TIMEOUT };
      const told = { clientId: client.clientId, clientSecret: secretOf(client.clientSecret, life) };
      const order: AppOrder = {
        port: place.port,
        adminPort: place.adminPort,
        publicUrl: `https://${HOST}`,
        secretFile: place.file,
        store: { name, address: store.address },
        provider: { issuer, ...told, scope: SCOPE, ...times },
      };
      return { [ORDER]: JSON.stringify(order) };
    },
  });
  const keyed = places.map((place) => {
    const replica = new Gateway(GATEWAYS.includes(place.name) ? gateway(place) : app(place), records);
    open.defer(() => replica.close());
    return { replica, file: place.file };
  });
  const rotation = new Rotation(keyed, freshSecret());
  const replicas = keyed.map(({ replica }) => replica);
  // One after the other: the first makes the tables.
  for (const replica of replicas) await replica.start();
  const [gateways, apps] = [replicas.slice(0, GATEWAYS.length), replicas.slice(GATEWAYS.length)];
  const placesOf = (some: readonly Gateway[]) => some.map(({ place }) => place);
  const balancer = await Haproxy.start(await freePort(), { gateways: placesOf(gateways), apps: placesOf(apps) }, folder);
  open.defer(() => balancer.close());
  const kept = open.move();
  return {
    host: HOST,
    lease: leaseOf(TIMEOUT),
    records,
    provider,
    gateways,
    apps,
    store,
    rotation,
    balancer,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function settings(issuer: string, upstream: string, clientId: string, store: string): object {
  const times = { timeout: `${TIMEOUT}ms`, refreshTimeout: `${TIMEOUT}ms` };
  return {
    publicUrl: `https://${HOST}`,
    store,
    accessLog: false,
    providers: [{ issuer, clientId, scope: SCOPE, ...times }],
    upstreams: [{ url: upstream, access: "api", token: "authorization" }],
  };
}
