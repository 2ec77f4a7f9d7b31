/** The secret of an app that only this machine can reach, where none is given (S-67). */
import type { Entropy } from "../contracts.ts";
import { isLoopbackHost } from "../cookie/names.ts";
import { isStateless } from "../engine/sealed/sealed.ts";
import type { CoatcheckOptions } from "../options.ts";

type Given = Pick<CoatcheckOptions<unknown>, "secrets" | "store">;

const BYTES = 32;
const SAID =
  "No secret is given, so a development secret is used, which lies beside the store. It is for loopback addresses alone: give secrets anywhere else. Make one:  npx coatcheck secret";

/** The secrets that are given; else one that the store of this machine keeps, said aloud; else none. */
export function secretsOf({ secrets, store }: Given, origins: readonly string[], entropy: Entropy): Given["secrets"] {
  const isHere = origins.every((origin) => isLoopbackHost(new URL(origin).hostname));
  if (secrets !== undefined || !isHere || isStateless(store)) return secrets;
  const made = store.developmentSecret?.(() => Buffer.from(entropy.bytes(BYTES)).toString("base64url"));
  if (made !== undefined) process.emitWarning(SAID, { code: "COATCHECK_DEVELOPMENT_SECRET" });
  return made;
}
