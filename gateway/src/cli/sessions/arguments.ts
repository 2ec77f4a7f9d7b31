/** How commands about sessions name a user. */
import type { Problem } from "../../config/sources/place.ts";
import { userSelectorOf } from "../../session/user-selector.ts";

/** The owner that flags name, and what is wrong with them. */
export function ownerIn(given: ReadonlyMap<string, string>): { readonly owner: string; readonly problems: readonly Problem[] } {
  const selector = userSelectorOf({ owner: given.get("owner"), issuer: given.get("issuer"), subject: given.get("subject") });
  if (selector.kind === "owner") return { owner: selector.owner, problems: [] };
  const lines = ["Name the user by --owner OWNER, or by --issuer ISSUER --subject SUBJECT."];
  return { owner: "", problems: [{ headline: `--${selector.name} ${selector.why}`, lines }] };
}

/** The one id among the words. What is none is not repeated: it may be a ticket. */
export function idIn(words: readonly string[], of = "session"): { readonly id: string; readonly problems: readonly Problem[] } {
  const [id = "", ...rest] = words;
  const lines = [`It has 22 characters, as coatcheck ${of}s list and the log show it.`];
  if (id === "") return { id, problems: [{ headline: `the ${of}'s id is missing`, lines }] };
  if (rest.length > 0) return { id, problems: unexpected(rest) };
  if (!/^[A-Za-z0-9_-]{22}$/.test(id)) return { id, problems: [{ headline: `that is no ${of}'s id`, lines }] };
  return { id, problems: [] };
}

/** Words that mean nothing. */
export function unexpected(words: readonly string[]): readonly Problem[] {
  if (words.length === 0) return [];
  return [{ headline: `${words.length === 1 ? "a word" : "some words"} too many`, lines: ["Flags begin with --."] }];
}
