/** Fills a store with signed-in people, tells their credentials, and leaves the file to others. */
import { sqlite } from "coatcheck/sqlite";
import { say } from "../talk.ts";
import { authOn, signInAll } from "./coatcheck-sessions.ts";
import { given, wanted } from "./serving.ts";

const store = sqlite(given());
const auth = authOn(store);
const credentials = await signInAll(auth, wanted().sessions);
await auth.close();
await store.close();
say({ port: 0, credentials });
