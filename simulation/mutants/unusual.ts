/** Mutants that only providers, apps and stores that are not the usual ones show. */
import type { Mutant } from "./mutant.ts";
import { always, dropped, never, one, oneAt, to } from "./mutant.ts";
import { argument, body, condition, literal, operand, property, value } from "./parts.ts";

export const UNUSUAL_MUTANTS: readonly Mutant[] = [
  {
    name: "never-refreshes",
    broken: "tokens are refreshed although nothing is to be",
    edits: [
      { anchor: "never-refreshes", at: [value, operand(1)], becomes: always },
      { anchor: "never-refreshes-login", at: [condition], becomes: never },
    ],
  },
  one(
    "rotates-again",
    "who waited for a refresh while another replica exchanged the secret exchanges it once more",
    [value, property(1), value, property(1), value],
    (_, pick) => `${pick(argument(0))}.previous`,
  ),
  one(
    "scope-of-before",
    "a refresh that gives less is stored with what the login gave",
    [argument(0)],
    (said) => `{ ...${said}, scope: leased.tokens.scope }`,
  ),
  one("first-provider", "of several providers the first is asked, whichever gave the token", [body], always),
  one(
    "same-token-refused",
    "a refresh that leaves the refresh token as it was counts as a refusal",
    [],
    (said) => `${said}\nif (tokens.refreshToken === leased.tokens.refreshToken) return onRefused(leased, null, context);`,
  ),
  one("old-notification-ends", "a notification of the provider ends sessions that began after it", [body], always),
  one("no-cap", "the most sessions of a user are not kept to", [condition], always),
  one("waits-for-ever", "a store that never answers is waited for", [], dropped),
  oneAt("lease-for-ever", "lease-age", "the lease of a process that died in a call is never taken over", [condition], never),
  one("deaf-signal", "the signal of a session does not tell of its end", [], dropped),
  one(
    "early-signal",
    "the signal of a session tells of its end when another process only refreshed it",
    [condition],
    (said) => `${said} || row.version > 1`,
  ),
  one(
    "shared-tokens-revoked",
    "a login that is written again has its tokens revoked with its first record",
    [literal("true")],
    to("false"),
  ),
  one(
    "ended-login-goes-on",
    "a login goes on although its record was ended before it was done",
    [condition],
    (said) => `((${said}), false)`,
  ),
];
