/** Coatcheck with its sessions in SQLite. */
import { join } from "node:path";
import { sqlite } from "coatcheck/sqlite";
import { serveCoatcheck } from "./coatcheck-sessions.ts";
import { wanted } from "./serving.ts";

const { sessions, directory } = wanted();
await serveCoatcheck(sqlite(join(directory, "coatcheck.db")), sessions);
