/** Opens what the configuration names: one store, or the two that sessions are moved between. */
import { CoatcheckError, type SessionStore } from "coatcheck";
import { moving, whyNotAlone } from "coatcheck/move";
import { formatStore } from "../../config/kinds/store-kind.ts";
import type { KeepingStores } from "../../config/move/move-to.ts";
import { type OpenOptions, openStore } from "../open-store.ts";

/**
 * Opens the store, or both; a password in `options` is the old one's, and may change. Refuses a store that other
 * processes move sessions from or to, since alone it would sign users out.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` for what an operator has to mend.
 */
export async function openStores(settings: KeepingStores, options: OpenOptions = {}): Promise<SessionStore> {
  const { moveTo, moveToPassword, storePassword } = settings;
  const from = await openStore(settings.store, { password: () => storePassword, ...options });
  try {
    if (moveTo !== undefined)
      return moving({ from, to: await openStore(moveTo, { ...options, password: () => moveToPassword }) });
    const why = await refusal(from);
    if (why === undefined) return from;
    const message = `${formatStore(settings.store)} cannot be used alone: ${why}. Set moveTo (COATCHECK_MOVE_TO) as the other replicas have it, or see what coatcheck move said.`;
    throw new CoatcheckError("ERR_STORE_INVALID", { message });
  } catch (error) {
    await from.close();
    throw error;
  }
}

/** A store that does not answer now is asked by requests, which get 503. */
async function refusal(store: SessionStore): Promise<string | undefined> {
  try {
    return await whyNotAlone(store, Date.now());
  } catch (error) {
    if (error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE") return undefined;
    throw error;
  }
}
