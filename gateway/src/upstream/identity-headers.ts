import type { Identity, JsonValue } from "coatcheck/contracts";
import { groupsOf } from "../groups.ts";

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

/** The identity headers of somebody, or of nobody: always all of them. */
export interface IdentityHeaders {
  /** Names and values in turn. */
  readonly lines: readonly string[];
  /** The same as they stand in a head. */
  readonly text: string;
}

/** The headers of an identity; some stores hand out one row, and the engine its identity, until it changes. */
const remembered = new WeakMap<Identity, IdentityHeaders>();

/**
 * The identity headers; empty where nobody is signed in. They are kept where the same object `comesAgain`: an entry for one that does
 * not costs the garbage collector more than making them.
 */
export function identityHeaders(identity: Identity | null, comesAgain: boolean, leftOut: LeftOut): IdentityHeaders {
  if (identity === null) return NOBODY;
  const last = comesAgain ? remembered.get(identity) : undefined;
  if (last !== undefined) return last;
  const { claims, subject } = identity;
  const groups = groupsOf(identity);
  const headers = headersOf(
    single(subject, "user", leftOut),
    single(claims["email"], "email", leftOut),
    groups.length === 0 ? "" : joined(groups, leftOut),
    single(claims["preferred_username"], "preferred-username", leftOut),
  );
  if (comesAgain) remembered.set(identity, headers);
  return headers;
}

function headersOf(user: string, email: string, groups: string, preferred: string): IdentityHeaders {
  const lines = [
    ...["x-auth-request-user", user, "x-auth-request-email", email],
    ...["x-auth-request-groups", groups, "x-auth-request-preferred-username", preferred],
  ];
  // Joined from a list, so that it lies in one piece: a text that was added up is taken together anew whenever it is written.
  const text = lines.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join("");
  return { lines, text };
}

const NOBODY = headersOf("", "", "", "");
