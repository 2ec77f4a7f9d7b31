/** Opens a store in Redis or Valkey with a client of the gateway's own. Loaded only where one is configured. */
import { CoatcheckError, type SessionStore } from "coatcheck";
import { redis } from "coatcheck/redis";
import { omitUndefined } from "coatcheck/settings";
import type { RedisSetting } from "../config/kinds/redis-address.ts";
import type { OpenServer } from "./place/open-server.ts";
import { ownClient } from "./redis/own-client.ts";

/** Who is asked, in the address's form. */
const ASKED = { server: "Redis", cluster: "The cluster", sentinel: "What the sentinels lead to" } as const;

/**
 * Opens the store. A server that does not answer is waited for by the requests, not by the start: it is told as a
 * warning, unless it must answer. Closing the store closes the client.
 *
 * @throws CoatcheckError `ERR_STORE_INVALID` for what an operator has to mend; `ERR_STORE_UNAVAILABLE` if it must
 * answer.
 */
export async function openRedis(setting: RedisSetting, { password, onWarning, mustAnswer }: OpenServer): Promise<SessionStore> {
  const { prefix, replicas, cache: staleness } = setting;
  const cache = staleness === undefined ? undefined : { staleness };
  const own = ownClient(setting, () => password() ?? setting.password);
  const why = await own.connect();
  if (why !== undefined && mustAnswer) {
    await own.close();
    throw new CoatcheckError("ERR_STORE_UNAVAILABLE", { message: `${ASKED[setting.form]} did not answer: ${why}` });
  }
  if (why !== undefined) onWarning(`Redis does not answer yet: ${why}. Requests that look users up are 503 until it does.`);
  const store = redis({ client: own.client, onWarning, ...omitUndefined({ prefix, replicas, cache }) });
  const { close } = store;
  const opened = Object.assign(store, {
    async close() {
      await close.call(store);
      await own.close();
    },
  });
  if (why !== undefined) return opened;
  try {
    // The first call lets the check of the servers answer, the second one hears of it.
    for (let call = 1; call <= 2; call++) await store.marked("start", Date.now());
  } catch (error) {
    if (!mustAnswer && error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE") return opened;
    await opened.close();
    throw error;
  }
  return opened;
}
