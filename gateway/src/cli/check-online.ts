/** Tries what a configuration can only name: providers, clients, addresses, cookies, proxies and stores. */
import type { SessionStore } from "coatcheck";
import { type Examined, examine, type Finding } from "coatcheck/doctor";
import type { Settings } from "../config/config.ts";
import type { StoreSetting } from "../config/kinds/store-kind.ts";
import { openStore } from "../session/open-store.ts";
import { shownSecret } from "../session/provider/client-secret.ts";

/** What came of it, and what opening the stores had to say. It asks as little as tells something. */
export async function tryOnline(settings: Settings): Promise<readonly Finding[]> {
  const { publicUrl: origins, prefix, providers, store, storePassword, moveTo, moveToPassword } = settings;
  const warned: Finding[] = [];
  const opener = (name: string, setting: StoreSetting, password: string | undefined) => {
    const onWarning = (said: string) => void warned.push({ check: "store", subject: name, outcome: "warn", said });
    return { name, open: () => opened(setting, password, onWarning), closes: true };
  };
  const stores = [opener("", store, storePassword)];
  if (moveTo !== undefined) stores.push(opener("to move to", moveTo, moveToPassword));
  const clients = providers.map((one) => ({ ...one, clientSecret: shownSecret(one, () => one.clientSecret) }));
  const examined: Examined = { origins, prefix, clients, stores, now: Date.now };
  return [...(await examine(examined)), ...warned];
}

async function opened(
  setting: StoreSetting,
  password: string | undefined,
  onWarning: (said: string) => void,
): Promise<SessionStore | null> {
  const keeping = setting.kind === "cookie" ? setting.marks : setting;
  return keeping === null ? null : openStore(keeping, { password: () => password, onWarning, mustAnswer: true });
}
