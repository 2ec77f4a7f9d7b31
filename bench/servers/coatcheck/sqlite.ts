/** Coatcheck with its sessions in SQLite, in a file that was there when it started. */
import { join } from "node:path";
import { sqlite } from "coatcheck/sqlite";
import { wanted } from "../serving.ts";
import { authOn, fillFile, serveCoatcheck } from "./sessions.ts";

const { sessions, directory } = wanted();
const file = join(directory, "coatcheck.db");
const credentials = await fillFile(file, sessions);
serveCoatcheck(authOn(sqlite(file)), credentials);
