/** Fills a file with signed-in people, tells their credentials, and leaves it to others. */
import { say } from "../talk.ts";
import { fillFile } from "./coatcheck-sessions.ts";
import { given, wanted } from "./serving.ts";

say({ port: 0, credentials: await fillFile(given(), wanted().sessions) });
