/** Reads the values of headers and claims in which a proxy asserts a user. */
import type { JsonObject } from "../contracts.ts";
import { omitUndefined } from "../core/options/omit-undefined.ts";

/** What a proxy can assert about a user. `user` becomes the subject, the others claims. */
export type AssertedField = "user" | "email" | "groups" | "preferredUsername" | "name";

const LONGEST: { readonly [field in AssertedField]: number } = {
  user: 255,
  email: 254,
  groups: 16_384,
  preferredUsername: 255,
  name: 255,
};
const MOST_GROUPS = 1000;
const LONGEST_GROUP = 255;

const ASCII = /^[\x20-\x7e]*$/;
const BYTES = /^[\x00-\xff]*$/;
/** Invisible characters, which a name that identifies a user must not hold. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
/** Names that are only shown may hold joiners, as Persian and emoji need, but nothing that turns the line around. */
const UNSHOWN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A field's text: header fields carry UTF-8 as one character for each byte. `undefined` if the bytes are not UTF-8. */
export function decodeField(field: string): string | undefined {
  if (ASCII.test(field)) return field;
  if (!BYTES.test(field)) return undefined;
  try {
    return utf8.decode(Uint8Array.from(field, (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/**
 * Whether a text is valid for the field. This is the one validation of what proxies assert (S-36): it changes nothing,
 * so a repair never makes one user of two.
 */
export function isWellFormed(field: AssertedField, text: string): boolean {
  if (text === "" || text.length > LONGEST[field] || text.trim() !== text) return false;
  if (field === "name") return !UNSHOWN.test(text);
  if (INVISIBLE.test(text) || text.normalize("NFC") !== text) return false;
  if (field === "groups") return true;
  // A comma may be all that is left of two headers that were joined on the way.
  if (text.includes(",")) return false;
  const at = text.indexOf("@");
  if (at < 0) return field !== "email";
  if (field === "email" && text.includes(" ")) return false;
  return at > 0 && at < text.length - 1 && at === text.lastIndexOf("@");
}

/** Whether a signed text can name a user. Nothing was joined on its way, so that commas and `@` mean nothing (S-36). */
export function isSubject(text: string): boolean {
  return text !== "" && text.length <= LONGEST.user && text.trim() === text && !INVISIBLE.test(text);
}

/** The groups of a list; `undefined` if one of them is empty or too long. */
export function groupsOf(text: string, separator: string): readonly string[] | undefined {
  const groups = text.split(separator).map((group) => group.trim());
  if (groups.length > MOST_GROUPS || groups.some((group) => group === "" || group.length > LONGEST_GROUP)) return undefined;
  return groups;
}

/** The claims that the fields stand for, under the names that OpenID Connect gives them. */
export function claimsOf(fields: ReadonlyMap<AssertedField, string>, groups: readonly string[] | undefined): JsonObject {
  return omitUndefined({
    email: fields.get("email"),
    preferred_username: fields.get("preferredUsername"),
    name: fields.get("name"),
    groups,
  });
}
