/** Coatcheck with its sessions in sealed cookies, and no store. */
import { sealedCookie } from "coatcheck/cookie";
import { wanted } from "../serving.ts";
import { authOn, serveCoatcheck, signInAll } from "./sessions.ts";

const auth = authOn(sealedCookie());
serveCoatcheck(auth, await signInAll(auth, wanted().sessions));
