/** Coatcheck with its sessions in memory. */
import { memory } from "coatcheck/memory";
import { wanted } from "../serving.ts";
import { authOn, serveCoatcheck, signInAll } from "./sessions.ts";

const auth = authOn(memory());
serveCoatcheck(auth, await signInAll(auth, wanted().sessions));
