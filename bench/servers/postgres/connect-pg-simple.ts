/**
 * express-session with connect-pg-simple, over Express, in the PostgreSQL whose folder is given. It writes no visit
 * down while reading is measured, as Coatcheck does not.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";
import connectPgSimple from "connect-pg-simple";
import express from "express";
import session from "express-session";
import type { Person } from "../../load/people.ts";
import { dataOf, personOf } from "../../load/people.ts";
import { SECRET, signed } from "../peers/signed-cookies.ts";
import { given, serve, wanted } from "../serving.ts";
import { inOrder, poolAt } from "./pool.ts";

const maxAge = 3_600_000;
const Store = connectPgSimple(session);
const pool = poolAt(given());
const store = new Store({ pool, createTableIfMissing: true, disableTouch: true, pruneSessionInterval: false });
const set = promisify((id: string, value: object, done: (error?: unknown) => void) => store.set(id, value, done));
const credentials = await inOrder(wanted().sessions, async (index) => {
  const id = randomBytes(24).toString("base64url");
  await set(id, { cookie: new session.Cookie({ maxAge }), identity: personOf(index), data: dataOf(index) });
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
