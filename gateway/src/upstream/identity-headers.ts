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

/** Adds the identity headers, always all of them; empty where nobody is signed in. */
export function pushIdentityHeaders(
  into: string[],
  identity: Identity | null,
  groups: readonly string[],
  leftOut: LeftOut,
): void {
  if (identity === null) {
    into.push(
      "x-auth-request-user",
      "",
      "x-auth-request-email",
      "",
      "x-auth-request-groups",
      "",
      "x-auth-request-preferred-username",
      "",
    );
    return;
  }
  const { claims } = identity;
  into.push(
    "x-auth-request-user",
    single(identity.subject, "user", leftOut),
    "x-auth-request-email",
    single(claims["email"], "email", leftOut),
    "x-auth-request-groups",
    groups.length === 0 ? "" : joined(groups, leftOut),
    "x-auth-request-preferred-username",
    single(claims["preferred_username"], "preferred-username", leftOut),
  );
}
