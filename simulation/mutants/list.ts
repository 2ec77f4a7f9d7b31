/** All mutants of the engine that the simulation has to catch; those of portals and rare set-ups stand beside it. */

import { FAILOVER_MUTANTS } from "./failover.ts";
import { MOVE_MUTANTS } from "./moves.ts";
import type { Mutant } from "./mutant.ts";
import { always, dropped, never, one, oneAt, to } from "./mutant.ts";
import {
  argument,
  body,
  condition,
  consequence,
  element,
  method,
  operand,
  otherwise,
  property,
  receiver,
  target,
  value,
} from "./parts.ts";
import { PORTAL_MUTANTS } from "./portal.ts";
import { TOKEN_MUTANTS } from "./tokens.ts";
import { UNUSUAL_MUTANTS } from "./unusual.ts";

export const MUTANTS: readonly Mutant[] = [
  one(
    "upsert",
    "edits are written whatever the stored version",
    [otherwise, condition, argument(1)],
    (said) => `${said} === "absent" ? "absent" : ((await store.get(step.row.id))?.version ?? 0)`,
  ),
  one("conflict-ignored", "a refused write counts as done", [condition], (_, pick) => `${pick(operand(0))} !== "overruled"`),
  one(
    "cookie-before-store",
    "the cookie leaves before the store has answered",
    [value],
    (_, pick) => `(${pick(argument(1))}.catch(() => undefined), "done")`,
  ),
  one("no-markers-at-login", "a login does not look whether a logout overtook it", [condition], never),
  one("no-marker-at-end-all", "ending all sessions of a user leaves no marker for logins in flight", [], dropped),
  {
    name: "marker-after-ending-all",
    broken: "ending all sessions of a user ends first what it finds, and leaves its marker afterwards",
    edits: [{ first: "marker-of-all", second: "end-of-all" }],
  },
  one("outage-is-anonymous", "a store that does not answer is taken for no session", [value], to('{ kind: "abstain" }')),
  one("logout-clears-only", "a logout clears the cookie and ends nothing", [argument(0)], to("[]")),
  one("login-keeps-old", "a login leaves the session of before alive", [argument(0), element(1)], to("...[]")),
  one("data-of-others", "a login takes over the data of another identity", [condition, operand(0)], never),
  one("failure-kept", "what a handler recorded is kept when its answer is a 5xx", [condition], always),
  one("scripts-clear-cookies", "any request with a dead ticket clears the cookie", [condition, operand(1)], always),
  one("old-secret-for-ever", "a secret that was exchanged is accepted past its 10 s", [condition, operand(1)], always),
  one(
    "touch-writes-rows",
    "a touch writes the whole row as it was read",
    [value],
    to(`Promise.resolve(options.store.get(id)).then((fresh) =>
      fresh === undefined ? false : options.store.put({ ...row, seen, version: fresh.version + 1 }, fresh.version),
    )`),
  ),
  one("refresh-is-activity", "a refresh moves the last activity", [], (said, pick) => `${said}, seen: ${pick(value)}`),
  one(
    "lease-unconditional",
    "each process that wants the lease behaves as if the store had given it",
    [condition],
    (said) => `((${said}), false)`,
  ),
  one("late-sender", "the holder sends the token however long it was stopped since it took the lease", [], dropped),
  {
    name: "wall-clock-lease",
    broken: "a lease is watched on the wall clock, which can jump",
    edits: [
      { anchor: "wall-clock-lease", at: [method], becomes: to("now") },
      { anchor: "wall-clock-reading", at: [method], becomes: to("now") },
    ],
  },
  oneAt(
    "no-watching",
    "lease-age",
    "a lease is taken over at once instead of after its whole length",
    [condition, operand(1)],
    to("0"),
  ),
  one("no-fencing", "the result of a refresh is written, whichever process holds the lease by now", [], dropped),
  one(
    "result-on-old-row",
    "the result of a refresh is written over what changed meanwhile",
    [],
    (_, pick) => `${pick(target)} = { ...${pick(target)}, version: ${pick(value)}.version };`,
  ),
  one(
    "held-result-undoes",
    "who goes on with a result that is not stored yet writes on top of what another wrote",
    [value, body, consequence],
    (said) => said.replace("change(stored, parseBody(stored))", "change(row, parseBody(row))"),
  ),
  one(
    "older-keys-forgotten",
    "what an older secret sealed does not open any more while the secret is exchanged",
    [value, argument(0)],
    to("secrets?.[0]"),
  ),
  one("held-result-dropped", "a result that the store would not take is thrown away", [value], to("Promise.resolve()")),
  one(
    "5xx-ends",
    "a provider's 5xx or 429 ends the session",
    [],
    (said) => `${said} return onRefused(leased, outcome.cause, context);`,
  ),
  one("discarded-not-revoked", "the result of a refresh that came too late is not revoked", [], dropped),
  {
    name: "aborted-with-client",
    broken: "a refresh is given up when the client that caused it hangs up",
    edits: [
      {
        anchor: "client-of-refresh",
        at: [],
        becomes: (said, pick) =>
          `if (${pick(condition)}) Reflect.set(globalThis, "clientOfRenewal", Reflect.get(this.request, "signal"));\n${said}`,
      },
      {
        anchor: "call-of-provider",
        at: [],
        becomes: (_, pick) => `const client = Reflect.get(globalThis, "clientOfRenewal");
          const gone = new Promise((_, reject) => client?.addEventListener("abort", () => reject(client.reason)));
          return await Promise.race([${pick(value).replace("await ", "")}, gone]);`,
      },
    ],
  },
  one(
    "old-token-for-waiters",
    "who waited for a refresh is given the token of before",
    [],
    to(`const old = openTokens(row, parseBody(row), this.#options.keyring);
      if (old !== null) return old.accessToken;`),
  ),
  one("no-backoff", "a provider that fails is asked again at once", [condition], never),
  one("shown-thrice", "a refresh token whose answer was lost twice is shown again", [condition], never),
  one(
    "older-tokens-revoked",
    "a logout revokes the tokens that its request was read with, not those that end",
    [value],
    to("exchange.proven?.row"),
  ),
  one(
    "logout-not-retried",
    "a logout that the store did not take is not tried again",
    [value, receiver],
    to("Promise.resolve()"),
  ),
  one("logout-keeps-cookie", "a logout that the store did not take leaves the cookie", [value, property(0), value], to("[]")),
  ...PORTAL_MUTANTS,
  ...UNUSUAL_MUTANTS,
  ...FAILOVER_MUTANTS,
  ...MOVE_MUTANTS,
  ...TOKEN_MUTANTS,
];
