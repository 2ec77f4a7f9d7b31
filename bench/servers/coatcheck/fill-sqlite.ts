/** Fills a file with signed-in people, tells their credentials, and leaves it to others. */
import { say } from "../../harness/talk.ts";
import { given, wanted } from "../serving.ts";
import { fillFile } from "./sessions.ts";

say({ port: 0, credentials: await fillFile(given(), wanted().sessions) });
