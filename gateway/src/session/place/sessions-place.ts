/** Where sessions are: in a store, or sealed into their cookies, with or without a store for markers. */
import type { SessionStore, StatelessStore } from "coatcheck";
import { sealedCookie } from "coatcheck/cookie";
import type { StoresSetting } from "../../config/move/move-to.ts";
import { timedStore } from "../../observe/timed-store.ts";
import { type OpenOptions, openStore } from "../open-store.ts";
import { openStores } from "./open-stores.ts";

export type SessionsPlace = SessionStore | StatelessStore;

/** Opens what the settings name. Throws a `CoatcheckError` that says what is wrong with it and what to do. */
export async function openSessions(settings: StoresSetting, options: OpenOptions = {}): Promise<SessionsPlace> {
  const { store, storePassword } = settings;
  if (store.kind !== "cookie") return openStores({ ...settings, store }, options);
  const { marks } = store;
  return marks === null
    ? sealedCookie()
    : sealedCookie({ marks: await openStore(marks, { password: () => storePassword, ...options }) });
}

/** The same, with the calls of its store measured. */
export function timedSessions(place: SessionsPlace, measure: (operation: string, milliseconds: number) => void): SessionsPlace {
  if (!("seal" in place)) return timedStore(place, measure);
  return place.marks === null ? place : sealedCookie({ marks: timedStore(place.marks, measure) });
}

/** The store that there is, if there is one. */
export const storeOf = (place: SessionsPlace): SessionStore | null => ("seal" in place ? place.marks : place);
