/** express-session with its MemoryStore, over Express. */
import session from "express-session";
import { each, serve, wanted } from "../serving.ts";
import { expressApp, sessionOf } from "./express-app.ts";

const store = new session.MemoryStore();
const credentials = each(wanted().sessions, (index) => {
  const { id, value, credential } = sessionOf(index);
  store.set(id, value);
  return credential;
});
serve(expressApp(store), credentials);
