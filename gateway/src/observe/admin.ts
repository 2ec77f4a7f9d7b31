/** The admin listener: health, metrics, and the APIs of sessions and tokens. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { KeyNames, RouteResponse } from "coatcheck/contracts";
import { CoatcheckError } from "coatcheck/errors";
import { problemOf, problemOfError, send } from "../response/response.ts";
import type { Health } from "../session/interface.ts";
import { type AdminRequest, guarded } from "./admin-answers.ts";

/** What `/health/ready` answers. Key ids tell an operator when a rotation may go on; they are no secrets. */
export interface Readiness {
  readonly ready: boolean;
  readonly store: boolean;
  readonly providers: readonly { readonly name: string; readonly ready: boolean }[];
  readonly keys: KeyNames;
  readonly stopping: boolean;
  /** Cookies cross a private network readable. */
  readonly plainHttp?: true;
}

/** What the admin listener tells. */
interface AdminSource {
  readiness(): Promise<Readiness>;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** What the APIs ask for now; without one there are none. */
  readonly token: () => string | undefined;
  /** Answers a request to one of them; `undefined`: there is none at the path. */
  readonly api: (path: string) => ((request: AdminRequest) => Promise<RouteResponse>) | undefined;
  /** By which `Host` it is asked. */
  readonly isHost: (host: string | undefined) => boolean;
}

/**
 * Whether this process can do its work. It is ready when its store answers and a provider does; it is not when it
 * stops.
 */
export async function readinessOf(health: Health, stopping: boolean): Promise<Readiness> {
  const providers = health.providers().map(({ name, ready }) => ({ name, ready }));
  let store = false;
  try {
    store = await health.store();
  } catch {
    // A store that throws is not ready; the library has reported why.
  }
  const signsOn = providers.length === 0 || providers.some((provider) => provider.ready);
  const ready = store && signsOn && !stopping;
  const readiness = { ready, store, providers, keys: health.keys, stopping };
  return health.plainHttp === true ? { ...readiness, plainHttp: true } : readiness;
}

/** The listener for operators: health, metrics, sessions and tokens. Nothing else is there. */
export function createAdmin(source: AdminSource): Server {
  return createServer((message, response) => {
    void answer(message, response, source);
  });
}

async function answer(message: IncomingMessage, response: ServerResponse, source: AdminSource): Promise<void> {
  const { method } = message;
  const how = { https: false, method };
  if (!source.isHost(message.headers.host)) {
    send(response, problemOf("ERR_MISDIRECTED"), how);
    return;
  }
  const path = (message.url ?? "").split("?", 1)[0] ?? "";
  const api = source.api(path);
  if (api !== undefined) {
    const { authorization } = message.headers;
    const request = {
      method: method ?? "",
      target: message.url ?? "",
      authorization,
      body: (limit: number) => read(message, limit),
    };
    const answered = guarded(request, source.token()) ?? (await api(request).catch(problemOfError));
    send(response, answered, { ...how, close: !message.complete });
    return;
  }
  if (path !== "/health/live" && path !== "/health/ready" && path !== "/metrics") {
    send(response, problemOf("ERR_NOT_FOUND"), how);
    return;
  }
  if (method !== "GET" && method !== "HEAD") {
    send(response, problemOf("ERR_METHOD_NOT_ALLOWED", [["allow", "GET, HEAD"]]), how);
    return;
  }
  try {
    if (path === "/metrics") {
      const { type, text } = await source.metrics();
      send(response, { status: 200, headers: [["content-type", type]], body: text }, how);
      return;
    }
    const readiness = path === "/health/live" ? { live: true } : await source.readiness();
    const status = "ready" in readiness && !readiness.ready ? 503 : 200;
    send(response, { status, headers: [["content-type", "application/json"]], body: `${JSON.stringify(readiness)}\n` }, how);
  } catch {
    send(response, problemOf("ERR_INTERNAL"), how);
  }
}

async function read(message: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > limit) throw new CoatcheckError("ERR_BODY_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
