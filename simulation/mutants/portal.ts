/** Mutants of reconciling: what becomes of a session when a proxy asserts another user. */
import type { Mutant } from "./mutant.ts";
import { always, dropped, never, one, oneAt, to } from "./mutant.ts";
import { argument, condition, operand, property, value } from "./parts.ts";

/** Of what becomes of a session and of whom a proxy asserts. */
export const PORTAL_MUTANTS: readonly Mutant[] = [
  oneAt(
    "session-over-header",
    "known-user",
    "a session that lives decides who asks, whomever the proxy asserts",
    [argument(0)],
    (said) => `presented?.owner ?? ${said}`,
  ),
  oneAt(
    "session-beside-header",
    "known-user",
    "a caller that shows a session is served by it though a proxy asserts another user",
    [value],
    (said, pick) => `${pick(argument(1))} === null ? ${said} : AS_SESSION`,
  ),
  one("other-session-lives", "the session of another user is left alive", [value], to("null")),
  one(
    "other-session-later",
    "the session of another user ends while the handler runs",
    [value],
    (said) => `(${said.replace("await ", "")}, null)`,
  ),
  one("end-not-stored", "a request goes on where the store does not take the end of another user's session", [], dropped),
  one("blocked-keeps-session", "who is blocked keeps the session", [value, property(0), value], to("null")),
  one(
    "data-carried-over",
    "the session of another user counts as the asserted user's own",
    [value, property(2), value, operand(1)],
    always,
  ),
  oneAt(
    "failure-is-unknown",
    "look-up-failed",
    "a look-up that fails is taken for an unknown user",
    [value],
    to('{ kind: "unknown" }'),
  ),
  oneAt(
    "failure-kept-as-answer",
    "look-up-failed",
    "a look-up that failed is not tried again within the cache's time",
    [],
    (said, pick) => `this.#keep(key, { resolved: ${pick(value)}, from: identity });\n${said}`,
  ),
  one("forgets-nothing", "who is to be forgotten is remembered for the cache's time", [], to("return;")),
  one(
    "asked-before-forget",
    "who asks after a user is to be forgotten is answered with what was asked before",
    [value, operand(0)],
    always,
  ),
  one("claims-of-before", "within the cache's time the claims are those of the first request", [value], always),
  one("kept-for-ever", "what a look-up answered is kept until it is forgotten", [condition, operand(1)], always),
  one(
    "proxy-session-counts",
    "a session that began from what a proxy asserts counts without it",
    [condition],
    (said) => `${said} === undefined`,
  ),
  oneAt(
    "scripts-store-sessions",
    "first-visit-navigates",
    "whatever an asserted user asks for stores a session",
    [value, operand(0)],
    always,
  ),
  oneAt("failed-page-stores", "first-visit-navigates", "a page that fails stores a session too", [value, operand(1)], always),
  oneAt(
    "own-cookie-overruled",
    "first-visit-navigates",
    "a handler that sets the cookie itself is corrected",
    [value, operand(2)],
    always,
  ),
  one("new-session-each-page", "every page of an asserted user begins another session", [condition, operand(1)], never),
  one("garbled-is-absent", "a proxy's header that is malformed counts as none", [value], to("null")),
  one("unproven-is-absent", "an assertion that does not verify counts as none", [value], to("null")),
  one("session-not-needed", "an asserted user whose session ends in its refresh has to sign in", [condition], never),
  oneAt("nothing-kept", "answer-kept", "the app is asked for every request whom an asserted identity is", [condition], never),
  one("registers-twice", "all unknown users who come at the same time are registered", [], dropped),
  oneAt("later-answer-lost", "answer-kept", "what was asked before a user was to be forgotten is kept", [condition], always),
];
