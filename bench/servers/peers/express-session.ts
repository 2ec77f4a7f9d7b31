/** express-session with its MemoryStore, over Express. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import session from "express-session";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { each, serve, wanted } from "../serving.ts";
import { SECRET, signed } from "./signed-cookies.ts";

const maxAge = 3_600_000;
const store = new session.MemoryStore();
const credentials = each(wanted().sessions, (index) => {
  const id = randomBytes(24).toString("base64url");
  store.set(id, { cookie: new session.Cookie({ maxAge }), identity: personOf(index), data: dataOf(index) });
  return `cookie: connect.sid=s%3A${signed(id)}`;
});
const app = express();
app.use(session({ secret: SECRET, store, resave: false, saveUninitialized: false, cookie: { maxAge } }));
app.get("/", (request, response) => {
  const { identity }: { readonly identity?: Person } = Reflect.get(request, "session");
  response.statusCode = identity === undefined ? 401 : 200;
  response.send(identity?.subject);
});
serve(createServer(app), credentials);
