/** @fastify/session with its MemoryStore, not rolling, over Fastify. */
import { randomBytes } from "node:crypto";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import Fastify from "fastify";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { each, serve, wanted } from "../serving.ts";
import { SECRET, signed } from "./signed-cookies.ts";

declare module "fastify" {
  interface Session {
    identity?: Person;
    data?: ReturnType<typeof dataOf>;
  }
}

const store = new fastifySession.MemoryStore();
const credentials = each(wanted().sessions, (index) => {
  const id = randomBytes(24).toString("base64url");
  const cookie = { originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000), secure: false };
  store.set(id, { cookie, identity: personOf(index), data: dataOf(index) }, () => undefined);
  return `cookie: sessionId=${signed(id)}`;
});
const app = Fastify();
await app.register(fastifyCookie);
await app.register(fastifySession, {
  secret: SECRET,
  store,
  rolling: false,
  saveUninitialized: false,
  cookie: { maxAge: 3_600_000, secure: false },
});
app.get("/", (request, reply) => {
  const { identity } = request.session;
  if (identity === undefined) reply.code(401);
  reply.send(identity?.subject);
});
await app.ready();
serve(app.server, credentials);
