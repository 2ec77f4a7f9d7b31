/** Coatcheck with its sessions in the PostgreSQL whose folder is given. */
import { postgres } from "coatcheck/postgres";
import { signIn } from "coatcheck/testing";
import { dataOf, personOf } from "../../load/people.ts";
import { authOn, serveCoatcheck } from "../coatcheck/sessions.ts";
import { given, wanted } from "../serving.ts";
import { inOrder, poolAt } from "./pool.ts";

const auth = authOn(postgres({ pool: poolAt(given()), onWarning: () => undefined }));
const cookies = await inOrder(wanted().sessions, (index) =>
  signIn(auth, personOf(index), (session) => session.set(dataOf(index))),
);
serveCoatcheck(
  auth,
  cookies.map((cookie) => `cookie: ${cookie}`),
);
