/** An app of Express with express-session over any store, and the sessions that it is to find there. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import express from "express";
import session from "express-session";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { SECRET, signed } from "./signed-cookies.ts";

const maxAge = 3_600_000;

/** One person's session for the store, and the line of a request's head that makes it theirs. */
export function sessionOf(index: number): { readonly id: string; readonly value: object; readonly credential: string } {
  const id = randomBytes(24).toString("base64url");
  const value = { cookie: new session.Cookie({ maxAge }), identity: personOf(index), data: dataOf(index) };
  return { id, value, credential: `cookie: connect.sid=s%3A${signed(id)}` };
}

/** Answers with who the session says it is, or 401. */
export function expressApp(store: InstanceType<typeof session.MemoryStore>): Server {
  const app = express();
  app.use(session({ secret: SECRET, store, resave: false, saveUninitialized: false, cookie: { maxAge } }));
  app.get("/", (request, response) => {
    const { identity }: { readonly identity?: Person } = Reflect.get(request, "session");
    response.statusCode = identity === undefined ? 401 : 200;
    response.send(identity?.subject);
  });
  return createServer(app);
}
