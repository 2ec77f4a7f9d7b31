/** Coatcheck with its sessions in memory. */
import { memory } from "coatcheck/memory";
import { serveCoatcheck } from "./coatcheck-sessions.ts";
import { wanted } from "./serving.ts";

await serveCoatcheck(memory(), wanted().sessions);
