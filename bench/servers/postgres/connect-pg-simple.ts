/**
 * express-session with connect-pg-simple, over Express, in the PostgreSQL whose folder is given. It writes no visit
 * down while reading is measured, as Coatcheck does not.
 */
import { promisify } from "node:util";
import connectPgSimple from "connect-pg-simple";
import session from "express-session";
import { expressApp, sessionOf } from "../peers/express-app.ts";
import { given, serve, wanted } from "../serving.ts";
import { inOrder, poolAt } from "./pool.ts";

const Store = connectPgSimple(session);
const pool = poolAt(given());
const store = new Store({ pool, createTableIfMissing: true, disableTouch: true, pruneSessionInterval: false });
const set = promisify((id: string, value: object, done: (error?: unknown) => void) => store.set(id, value, done));
const credentials = await inOrder(wanted().sessions, async (index) => {
  const { id, value, credential } = sessionOf(index);
  await set(id, value);
  return credential;
});
serve(expressApp(store), credentials);
