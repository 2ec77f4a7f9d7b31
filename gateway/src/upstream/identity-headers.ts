import type { Identity, JsonValue } from "coatcheck/contracts";

/** Hears what was left out of the identity headers. Never the value. */
export type LeftOut = (what: "user" | "email" | "preferred-username" | "group" | "groups-too-long") => void;

/** The longest value of the groups header, in bytes. */
export const LONGEST_GROUPS = 4096;

const ASCII = /^[\x20-\x7e]*$/;
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/** UTF-8 as header fields carry it: one character for each byte. */
function asField(value: string): string {
  return ASCII.test(value) ? value : Buffer.from(value.toWellFormed(), "utf8").toString("latin1");
}

/** A value without control characters and without spaces at its ends, which headers would lose; else it is left out. */
function single(value: JsonValue | undefined, what: "user" | "email" | "preferred-username", leftOut: LeftOut): string {
  if (typeof value !== "string" || value === "") return "";
  if (!CONTROL.test(value)) return asField(value);
  leftOut(what);
  return "";
}

function joined(groups: readonly string[], leftOut: LeftOut): string {
  let text = "";
  for (const group of groups) {
    if (group === "" || group.includes(",") || CONTROL.test(group)) {
      leftOut("group");
      continue;
    }
    const field = asField(group);
    if (text.length + field.length + 1 > LONGEST_GROUPS) {
      leftOut("groups-too-long");
      break;
    }
    text = text === "" ? field : `${text},${field}`;
  }
  return text;
}

/** The values made last for an identity; the engine hands out one object for as long as a session does not change. */
const remembered = new WeakMap<
  Identity,
  { readonly groups: readonly string[]; readonly values: readonly [string, string, string, string] }
>();

function valuesOf(identity: Identity, groups: readonly string[], leftOut: LeftOut): readonly [string, string, string, string] {
  const last = remembered.get(identity);
  if (last !== undefined && last.groups === groups) return last.values;
  const { claims, subject } = identity;
  const values = [
    single(subject, "user", leftOut),
    single(claims["email"], "email", leftOut),
    groups.length === 0 ? "" : joined(groups, leftOut),
    single(claims["preferred_username"], "preferred-username", leftOut),
  ] as const;
  remembered.set(identity, { groups, values });
  return values;
}

/** Adds the identity headers, always all of them; empty where nobody is signed in. */
export function pushIdentityHeaders(
  into: string[],
  identity: Identity | null,
  groups: readonly string[],
  leftOut: LeftOut,
): void {
  const [user, email, joinedGroups, preferred] = identity === null ? NOBODY : valuesOf(identity, groups, leftOut);
  into.push("x-auth-request-user", user, "x-auth-request-email", email);
  into.push("x-auth-request-groups", joinedGroups, "x-auth-request-preferred-username", preferred);
}

const NOBODY = ["", "", "", ""] as const;
