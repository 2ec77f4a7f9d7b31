/** Coatcheck with its sessions in sealed cookies, and markers in memory. */
import { sealedCookie } from "coatcheck/cookie";
import { memory } from "coatcheck/memory";
import { wanted } from "../serving.ts";
import { authOn, serveCoatcheck, signInAll } from "./sessions.ts";

const auth = authOn(sealedCookie({ marks: memory() }));
serveCoatcheck(auth, await signInAll(auth, wanted().sessions));
