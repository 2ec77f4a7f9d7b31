/** The settings `tokens.personal`, `tokens.allow` and `tokens.revocation`: what users get, and how it is taken back. */
import { parseDuration } from "coatcheck/settings";
import type { Kind } from "../kinds/kind.ts";
import { duration, integer, oneOf, shown, text } from "../kinds/kinds.ts";
import { fallback, list, object, optional } from "../kinds/shape.ts";

/** Personal access tokens. */
export const personal = object(
  {
    audience: optional(
      text,
      "For which audience they are: one of `tokens.accept`, or of an upstream's. Default: the first of `tokens.accept`.",
    ),
    prefix: fallback(text, "How each begins, by which scanners of code find one that was published.", "coatcheck"),
    lifetime: optional(
      duration("1s", "400d"),
      "The longest time that one is good, and the default. Not set: one may have no end.",
    ),
    maxPerUser: fallback(integer(1, 1000), "How many a user may have at once.", 20),
  },
  { label: "an audience, or an object", expand: (audience) => ({ audience }) },
);

/** One rule of `tokens.allow`. */
const rule = object(
  {
    groups: fallback(list(text), "For users in one of these groups. None: for all users.", []),
    audiences: fallback(list(text), "For tokens of these audiences. None: of all.", []),
    kinds: fallback(
      list(oneOf(["access", "family", "agent", "personal"])),
      "For tokens of these kinds: `access` without a refresh token, `family` with one, `agent`, `personal`. None: of all.",
      [],
    ),
    scope: optional(text, "The words that such tokens may have, with single spaces between. Not set: all that are configured."),
  },
  { label: "a group, or an object", expand: (group) => ({ groups: [group] }) },
);

/** Who may have which tokens. */
export const allow = list(rule);

const [SHORTEST, LONGEST] = [1_000, 3_600_000];

/** At once, or within a bound in milliseconds. */
export const revocation: Kind<"immediate" | number> = {
  label: "immediate, or a duration such as 30s",
  schema: { anyOf: [{ enum: ["immediate"] }, duration("1s", "1h").schema] },
  read(raw, place) {
    const value = typeof raw === "string" ? parseDuration(raw.trim()) : undefined;
    if (raw === "immediate") return raw;
    if (value !== undefined && value >= SHORTEST && value <= LONGEST) return value;
    return place.fail(`is ${shown(raw)}`, "It is immediate, or a duration from 1s to 1h.");
  },
};
