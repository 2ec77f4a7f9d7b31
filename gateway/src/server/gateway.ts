/** Starts and stops a gateway with its listeners. */
import type { Server } from "node:http";
import type { Settings } from "../config/config.ts";
import { RequestDispatcher } from "../dispatch/dispatcher.ts";
import type { Readiness } from "../observe/admin.ts";
import { createAdmin, readinessOf } from "../observe/admin.ts";
import { adminApi } from "../observe/admin-api.ts";
import { adminHosts } from "../observe/admin-hosts.ts";
import type { Observation } from "../observe/observe.ts";
import type { SessionLayer } from "../session/interface.ts";
import { createListener, listen, stop } from "./listener.ts";

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  /** `undefined` if another process has the admin listener. */
  readonly adminPort: number | undefined;
  readiness(): Promise<Readiness>;
  /** Stops accepting, drains, and closes everything; a second call waits for the first. */
  close(): Promise<void>;
}

interface GatewayParts {
  readonly settings: Settings;
  readonly sessions: SessionLayer;
  readonly observation: Observation;
  /** Workers leave the admin listener to the process that started them. Default `true`. */
  readonly withAdmin?: boolean;
}

/** Starts a gateway: the public listener, and the admin listener beside it. */
export async function startGateway({ settings, sessions, observation, withAdmin = true }: GatewayParts): Promise<Gateway> {
  const door = new RequestDispatcher(settings, sessions, observation.observer);
  observation.countOpen({ streams: () => door.streams.size, connections: () => door.connections });
  const server = createListener(door, settings.limits, observation.observer);
  let stopping = false;
  const readiness = (): Promise<Readiness> => readinessOf(sessions.health, stopping);
  const { registry } = observation.metrics;
  const metrics = async (): Promise<{ type: string; text: string }> => ({
    type: registry.contentType,
    text: await registry.metrics(),
  });
  let admin: Server | undefined;
  let adminPort: number | undefined;
  const port = await listen(server, settings.listen);
  if (withAdmin) {
    admin = createAdmin({
      readiness,
      metrics,
      token: sessions.adminToken,
      api: adminApi(sessions),
      isHost: adminHosts(settings.admin),
    });
    try {
      adminPort = await listen(admin, settings.admin.listen);
    } catch (error) {
      server.close();
      throw error;
    }
  }
  const close = async (): Promise<void> => {
    stopping = true;
    const began = performance.now();
    door.drain();
    await stop(server, settings.limits.shutdown, () => door.streams.cutAll());
    await door.close();
    // An answer to a refresh that is not heard is a refresh token lost, so it has what is left of the time.
    await sessions.close(Math.max(0, settings.limits.shutdown - (performance.now() - began)));
    if (admin !== undefined) await stop(admin, 0, () => {});
    observation.log.flush();
  };
  let closing: Promise<void> | undefined;
  return { port, adminPort, readiness, close: () => (closing ??= close()) };
}
