/**
 * A process: an app that uses the library on the store and the secrets of the gateways. It writes data of the session,
 * issues tokens of its own, and takes them.
 */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AuditEvent, type Auth, coatcheck, type JsonObject, type SessionStore } from "coatcheck";
import { coatcheckNode } from "coatcheck/node";
import { postgres } from "coatcheck/postgres";
import { redis } from "coatcheck/redis";
import pg from "pg";
import { createCluster } from "redis";
import { type AppOrder, ORDER } from "./order.ts";

/** Longer than a user repeats a request, so that whoever repeats gets the successor again. */
const GRACE = "2m";

const AUDIENCES = {
  api: { scope: "use", lifetime: "1h", family: "12h", users: true },
  agent: { scope: "use", lifetime: "1h" },
} as const;

const order: AppOrder = JSON.parse(process.env[ORDER] ?? "");
// The process that started us is gone.
process.once("disconnect", () => process.exit());
await serve(order);

async function serve({ port, adminPort, publicUrl, secretFile, store, provider }: AppOrder): Promise<void> {
  const secrets = (): readonly string[] => readFileSync(secretFile, "utf8").trim().split("\n");
  const auth = coatcheck({
    publicUrl,
    secrets: secrets(),
    store: await open(store),
    provider,
    tokens: { audiences: AUDIENCES, accept: ["api", "agent"], grace: GRACE },
    on: tell,
  });
  process.on("SIGHUP", () => auth.changeKeys({ secrets: secrets() }));
  listen(appOf(auth), port);
  listen((_, response) => {
    void auth.ready().then(
      (readiness) => response.writeHead(readiness.ready ? 200 : 503).end(JSON.stringify(readiness)),
      () => response.writeHead(503).end("{}"),
    );
  }, adminPort);
}

/** Says whom it serves, and the data of the session after what the request writes to it. */
function appOf(auth: Auth<JsonObject>): RequestListener {
  const web = coatcheckNode(auth);
  return web.userHandler(async (request, response, session) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://app");
    if (request.method === "POST" && pathname === "/app/edit") {
      const [key, value] = [searchParams.get("key") ?? "", Number(searchParams.get("value"))];
      // A process that was stopped may write late: never an older value over a newer one.
      session.update((data) => ({ ...data, [key]: Math.max(value, Number(data[key] ?? 0)) }));
    }
    response.setHeader("content-type", "application/json");
    if (request.method === "POST" && pathname === "/app/agent") {
      const asked = { subject: "agent-7", audience: "agent", scope: "use", parent: session };
      const { id, accessToken } = await auth.tokens.issue(asked);
      response.end(JSON.stringify({ id, token: accessToken }));
      return;
    }
    response.end(JSON.stringify({ account: session.identity.subject, data: session.data }));
  });
}

async function open({ name, address }: AppOrder["store"]): Promise<SessionStore> {
  if (name === "postgres") {
    const url = new URL(address);
    const where = { host: url.searchParams.get("host") ?? "", user: url.username, database: url.pathname.slice(1) };
    const pool = new pg.Pool({ ...where, max: 4, connectionTimeoutMillis: 2_000 });
    pool.on("error", () => undefined);
    return postgres({ pool, listen: () => new pg.Client(where), onWarning: () => undefined });
  }
  const rootNodes = address
    .slice("redis+cluster://".length)
    .split(",")
    .map((server) => ({ url: `redis://${server}` }));
  const client = createCluster({ rootNodes, commandOptions: { timeout: 3_000 } });
  await client.on("error", () => undefined).connect();
  return redis({ client, onWarning: () => undefined });
}

/** A line of a log, as a gateway writes its own. */
function tell({ name, level, reason, sessionId, error }: AuditEvent): void {
  const why = error instanceof Error ? error.message : undefined;
  const line = { time: new Date().toISOString(), level, event: name, reason, session: sessionId, why };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function listen(listener: RequestListener, port: number): void {
  createServer(listener).listen(port, "127.0.0.1");
}
