/** The modules that are not played where sessions are in their cookies, and why: docs/stores.md lists them too. */
import type { Sealed } from "./targets.ts";

const TOKENS = "no cookie holds the provider's tokens";
const LISTS = "sessions cannot be listed";
const CALLS = "makes calls of a store fail that keeps sessions";
const TICKET = "takes a ticket apart, and there is none";
const BOTH: Readonly<Record<string, string>> = {
  "RF-01 50 parallel": TOKENS,
  "RF-05 invalid_grant": TOKENS,
  "RF-06 a logout wins": TOKENS,
  "SE-06 refreshing tokens": TOKENS,
  "S-34 a logout is kept": TOKENS,
  "SE-10 another user's": LISTS,
  "SE-10 users list": LISTS,
  "SE-12 a late write": "of two changes of one state the second is refused, or the first is lost",
  "S-06 a client that hangs up": "what a browser is not sent is not kept",
  "S-05 a store that fails": CALLS,
  "S-16 lifetimes": CALLS,
  "S-45 a logout that the store": CALLS,
  "SE-16 an outage": CALLS,
  "LO-08 a logout token": CALLS,
  "S-10 a login has a new id": TICKET,
  "SE-15 the secret": TICKET,
  "CK-09 cookies are": TICKET,
};

const COPIED = "without markers a copied cookie lives on";
const ROTATE = "without markers rotate is refused";
const BACK_CHANNEL = "without markers the provider's logout ends nothing";
const ALONE: Readonly<Record<string, string>> = {
  "CK-01 every cookie": COPIED,
  "CK-02 every cookie": COPIED,
  "CK-04 every cookie": COPIED,
  "CK-12 deletion": COPIED,
  "CK-15 a missing cookie": COPIED,
  "LO-01 logout is": COPIED,
  "S-42 a copied cookie": COPIED,
  "SE-08 after logout": COPIED,
  "A-13 signing in": COPIED,
  "A-38 a __Host- cookie": COPIED,
  "A-44 a ticket": COPIED,
  "CK-08 Max-Age": ROTATE,
  "SE-07 rotating": ROTATE,
  "LO-04 the back channel": BACK_CHANNEL,
  "LO-09 a logout by subject": BACK_CHANNEL,
  "LO-11 F-21 the front channel": BACK_CHANNEL,
};

/** By the beginning of a module's title, why it is not played. */
export const LIMITS: Readonly<Record<Exclude<Sealed, "no">, Readonly<Record<string, string>>>> = {
  marks: BOTH,
  alone: { ...BOTH, ...ALONE },
};

/** Why a module is not played on targets of this kind; `undefined`: it is. */
export function limitOf(kind: Exclude<Sealed, "no">, title: string): string | undefined {
  return Object.entries(LIMITS[kind]).find(([beginning]) => title.startsWith(beginning))?.[1];
}
