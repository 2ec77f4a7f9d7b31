/** Coatcheck with its sessions in memory. */
import { memory } from "coatcheck/memory";
import { authOn, serveCoatcheck, signInAll } from "./coatcheck-sessions.ts";
import { wanted } from "./serving.ts";

const auth = authOn(memory());
serveCoatcheck(auth, await signInAll(auth, wanted().sessions));
