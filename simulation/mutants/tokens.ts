/** Mutants that only programs show, which have tokens of ours. */
import type { Mutant } from "./mutant.ts";
import { always, dropped, never, one, oneAt, to } from "./mutant.ts";
import { argument, condition, value } from "./parts.ts";

export const TOKEN_MUTANTS: readonly Mutant[] = [
  one(
    "successor-drawn",
    "the successor of a refresh token is drawn instead of derived",
    [value, argument(2)],
    to("hashSecret(`${entropy.bytes(32)}`)"),
  ),
  oneAt("token-grace-for-ever", "token-grace", "an exchanged refresh token is good past its grace", [condition], never),
  oneAt("no-token-grace", "token-grace", "a repeat within the grace counts as a theft", [condition], always),
  one("older-forgiven", "a refresh token of two exchanges ago is refused, and its family lives", [value], to("null")),
  one("reuse-forgiven", "a refresh token that is used past its grace ends nothing", [], dropped),
  one(
    "exchange-conflict-ignored",
    "an exchange that the store refused is answered all the same",
    [condition],
    (said) => `((${said}), false)`,
  ),
  {
    ...one("exchange-read-back", "an exchange that was read back is answered without being written again", [condition], never),
    store: "confirming",
  },
  one("issue-overtaken", "tokens that a logout overtook while they were issued live", [value], to("null")),
];
