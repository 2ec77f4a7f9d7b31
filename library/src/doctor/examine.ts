/** `coatcheck/doctor`: tries what a configuration can only name. */
import type { Auth } from "../http/auth.ts";
import type { Examined, Finding } from "./finding.ts";
import { examineProvider } from "./provider.ts";
import { examineOrigin } from "./public-address.ts";
import { examineStore } from "./store.ts";
import { examinedOf } from "./subjects.ts";

export type { Examined, ExaminedClient, ExaminedStore, Finding } from "./finding.ts";
export { formatFindings } from "./format.ts";

/**
 * Tries clock, discovery, redirect addresses, client credentials, cookies, proxy headers and store, and says of each
 * what came of it and what to do. It asks as little as tells something, and changes nothing but a marker of a minute.
 * An `Auth` is examined as it was made.
 *
 * @throws {TypeError} for what `coatcheck()` of this package did not make.
 *
 * @example
 * ```ts
 * import { examine } from "coatcheck/doctor";
 * for (const { outcome, check, said, remedy } of await examine(auth))
 *   if (outcome === "fail") console.error(`${check}: ${said}. ${remedy ?? ""}`);
 * ```
 */
export async function examine<Data>(subject: Auth<Data> | Examined): Promise<readonly Finding[]> {
  const examined = "engine" in subject ? examinedOf(subject) : subject;
  if (examined === undefined) throw new TypeError("examine() takes what coatcheck() of the same package made");
  const found = await Promise.all([
    ...examined.clients.map((client) => examineProvider(client, examined)),
    ...examined.origins.map((origin) => examineOrigin(origin, examined)),
    ...examined.stores.map((store) => examineStore(store, examined.now)),
  ]);
  return found.flat();
}
