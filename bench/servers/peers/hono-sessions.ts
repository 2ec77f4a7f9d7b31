/** hono-sessions with its MemoryStore, over Hono on Node. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Session } from "hono-sessions";
import { MemoryStore, sessionMiddleware } from "hono-sessions";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { each, serve, wanted } from "../serving.ts";

interface Kept {
  readonly identity: Person;
  readonly data: ReturnType<typeof dataOf>;
}

const store = new MemoryStore();
const credentials = each(wanted().sessions, (index) => {
  const id = randomUUID();
  store.createSession(id, {
    _data: { identity: { value: personOf(index), flash: false }, data: { value: dataOf(index), flash: false } },
    _expire: new Date(Date.now() + 3_600_000).toISOString(),
    _delete: false,
    _accessed: new Date().toISOString(),
  });
  return `cookie: session=${id}`;
});
const app = new Hono<{ Variables: { session: Session<Kept> } }>();
app.use(sessionMiddleware({ store, expireAfterSeconds: 3600, sessionCookieName: "session" }));
app.get("/", (c) => {
  const identity = c.get("session").get("identity");
  return identity === null ? c.text("", 401) : c.text(identity.subject);
});
serve(createServer(getRequestListener(app.fetch)), credentials);
