import type { Mutant } from "./mutant.ts";
import { one } from "./mutant.ts";
import { PORTAL_MUTANTS } from "./portal.ts";
import { UNUSUAL_MUTANTS } from "./unusual.ts";

export const MUTANTS: readonly Mutant[] = [
  one(
    "upsert",
    "edits are written whatever the stored version",
    "engine/request/commit.ts",
    "!(await store.put(step.row, step.condition))",
    '!(await store.put(step.row, step.condition === "absent" ? "absent" : ((await store.get(step.row.id))?.version ?? 0)))',
  ),
  one(
    "conflict-ignored",
    "a refused write counts as done",
    "engine/request/settle.ts",
    'if (carried === "done") return',
    'if (carried !== "overruled") return',
  ),
  one(
    "cookie-before-store",
    "the cookie leaves before the store has answered",
    "engine/request/settle.ts",
    "const carried = await fromStore(exchange, carryOut(exchange, held, planned, now));",
    'carryOut(exchange, held, planned, now).catch(() => undefined);\n    const carried: string = "done";',
  ),
  one(
    "no-marks-at-login",
    "a login does not look whether a logout overtook it",
    "engine/request/commit.ts",
    "if (overruled !== null) {",
    "if (overruled === null && overruled !== null) {",
  ),
  one(
    "no-mark-at-end-all",
    "ending all sessions of a user leaves no mark for logins in flight",
    "engine/lifecycle/directory.ts",
    'await mark(ownerMark(owner), Buffer.from(entropy.bytes(9)).toString("base64url"), policy.lifetime);',
    "void ownerMark;",
  ),
  one(
    "mark-after-ending-all",
    "ending all sessions of a user ends first what it finds, and leaves its mark afterwards",
    "engine/lifecycle/directory.ts",
    `await markOwner(owner);
        return end(except === undefined ? { owner } : { owner, except }, reason);`,
    `const first = await end(except === undefined ? { owner } : { owner, except }, reason);
        await markOwner(owner);
        return first;`,
  ),
  one(
    "outage-is-nobody",
    "a store that does not answer is taken for no session",
    "engine/request/authenticate.ts",
    'return { kind: "unavailable", code: "ERR_STORE_UNAVAILABLE", cause };',
    'return { kind: "abstain" };',
  ),
  one(
    "logout-clears-only",
    "a logout clears the cookie and ends nothing",
    "core/plan.ts",
    'return write([{ kind: "put", row: emptied(row, "logout", now), condition: row.version }], "clear");',
    'return write([], "clear");',
  ),
  one(
    "login-keeps-old",
    "a login leaves the session of before alive",
    "core/plan.ts",
    'return write([put, retire(live.row, login.fresh, circumstances.now)], "set", login);',
    'return write([put], "set", login);',
  ),
  one(
    "data-of-others",
    "a login takes over the data of another identity",
    "core/draft.ts",
    "if (foreign || login.fresh) data = {};",
    "if (login.fresh) data = {};",
  ),
  one(
    "failure-kept",
    "what a handler recorded is kept when its answer is a 5xx",
    "core/draft.ts",
    "if (status < 500) return draft;",
    "if (status < 600) return draft;",
  ),
  one(
    "scripts-clear-cookies",
    "any request with a dead ticket clears the cookie",
    "core/plan.ts",
    'return held.dead !== null && held.navigation ? "clear" : "keep";',
    'return held.dead !== null ? "clear" : "keep";',
  ),
  one(
    "old-secret-for-ever",
    "a secret that was exchanged is accepted past its 10 s",
    "strategies/session.ts",
    "now < row.previousUntil && ",
    "",
  ),
  one(
    "touch-writes-rows",
    "a touch writes the whole row as it was read",
    "engine/request/touch.ts",
    "const touched = options.store.touch(id, now);",
    `const { proven } = arguments[0];
    const touched = Promise.resolve(options.store.get(id)).then((row) =>
      row === undefined ? false : options.store.put({ ...proven.row, seen: now, version: row.version + 1 }, row.version),
    );`,
  ),
  one(
    "renewal-is-activity",
    "a renewal moves the last activity",
    "core/renewal.ts",
    "    tokenExpires: tokens.expires,\n",
    "    tokenExpires: tokens.expires,\n    seen: tokens.expires,\n",
  ),
  one(
    "lease-unconditional",
    "whoever wants the lease behaves as if the store had given it",
    "engine/refresh/take-lease.ts",
    'if (!(await store.put(next, row.version))) return "again";',
    "await store.put(next, row.version);",
  ),
  one(
    "late-sender",
    "the holder sends the token however long it was stopped since it took the lease",
    "engine/refresh/take-lease.ts",
    'if (!(await store.put(next, row.version))) return "again";\n  if (!watch.inTime()) return "again";',
    'if (!(await store.put(next, row.version))) return "again";',
  ),
  {
    name: "wall-clock-lease",
    broken: "a lease is watched on the wall clock, which can jump",
    edits: [
      {
        file: "engine/refresh/lease-watch.ts",
        find: "this.#seen = { lease, since: this.#clock.monotonic() };",
        replace: "this.#seen = { lease, since: this.#clock.now() };",
      },
      { file: "engine/refresh/take-lease.ts", find: "const before = clock.monotonic();", replace: "const before = clock.now();" },
    ],
  },
  one(
    "no-watching",
    "a lease is taken over at once instead of after its whole length",
    "engine/refresh/lease-watch.ts",
    "return before - this.#seen.since >= parseLease(lease).length ?",
    "return before - this.#seen.since >= 0 ?",
  ),
  one(
    "no-fencing",
    "the result of a renewal is written whoever holds the lease by now",
    "engine/refresh/write-result.ts",
    'if (fresh.lease !== holding.lease) return { kind: "superseded" };',
    "",
  ),
  one(
    "result-on-old-row",
    "the result of a renewal is written over what changed meanwhile",
    "engine/refresh/write-result.ts",
    "    row = fresh;\n",
    "    row = { ...row, version: fresh.version };\n",
  ),
  one(
    "held-result-undoes",
    "who goes on with a result that is not stored yet writes on top of what another wrote",
    "engine/refresh/refresh-with-lease.ts",
    "{ ...change(stored, parseBody(stored)), version: stored.version }",
    "change(stored, parseBody(stored))",
  ),
  one(
    "held-result-dropped",
    "a result that the store would not take is thrown away",
    "engine/refresh/refresh-with-lease.ts",
    "const settled = insist(holding, change, options, closing).then(conclude);",
    "void insist;\n    const settled = Promise.resolve();",
  ),
  one(
    "5xx-ends",
    "a provider's 5xx or 429 ends the session",
    "engine/refresh/refresh-with-lease.ts",
    '    case "unavailable":\n    case "unknown":\n',
    '    case "unavailable":\n      return refused(spending, outcome.cause, spends);\n    case "unknown":\n',
  ),
  one(
    "discarded-not-revoked",
    "the result of a renewal that came too late is not revoked",
    "engine/refresh/refresh-with-lease.ts",
    'if (committed?.kind === "ended") revoke(spending, tokens, spends);',
    "void revoke;",
  ),
  {
    name: "aborted-with-client",
    broken: "a renewal is given up when the client that caused it hangs up",
    edits: [
      {
        file: "engine/request/exchange.ts",
        find: 'if (decision.kind === "renew")\n      return',
        replace: `if (decision.kind === "renew") Reflect.set(globalThis, "clientOfRenewal", Reflect.get(this.request, "signal"));
    if (decision.kind === "renew") return`,
      },
      {
        file: "engine/refresh/refresh-with-lease.ts",
        find: "return await provider.refresh(tokens, identity);",
        replace: `const client: AbortSignal = Reflect.get(globalThis, "clientOfRenewal");
    const gone = new Promise<never>((_, reject) => client?.addEventListener("abort", () => reject(client.reason)));
    return await Promise.race([provider.refresh(tokens, identity), gone]);`,
      },
    ],
  },
  one(
    "old-token-for-waiters",
    "who waited for a renewal is given the token of before",
    "engine/refresh/coordinator.ts",
    "      row = renewal.row;\n",
    "      const old = openTokens(row, parseBody(row), this.#options.keyring);\n      if (old !== null) return old.accessToken;\n",
  ),
  one(
    "no-backoff",
    "a provider that fails is asked again at once",
    "engine/refresh/refresh-target.ts",
    "return pause > 0 ?",
    "return pause > 0 && pause < 0 ?",
  ),
  one(
    "shown-thrice",
    "a refresh token of which nobody heard twice is shown again",
    "engine/refresh/refresh-target.ts",
    "if (renewal?.lost === true) return",
    "if (renewal?.lost === true && renewal.failures < 0) return",
  ),
  one(
    "older-tokens-revoked",
    "a logout revokes the tokens that its request was read with, not those that end",
    "engine/request/commit.ts",
    "const before = held.live?.row;",
    "const before = exchange.proven?.row;",
  ),
  one(
    "logout-not-retried",
    "a logout that the store did not take is not tried again",
    "engine/lifecycle/unfinished-endings.ts",
    "const done = this.#insist(attempt, waiting, doubtful ? this.#slotsOfDoubtful : this.#slots).finally(() => {",
    "void attempt;\n    const done = Promise.resolve().finally(() => {",
  ),
  one(
    "logout-keeps-cookie",
    "a logout that the store did not take leaves the cookie",
    "engine/request/refused-logout.ts",
    "return { cookies: [clearCookie(cookies.session)], refusal:",
    "return { cookies: [], refusal:",
  ),
  ...PORTAL_MUTANTS,
  ...UNUSUAL_MUTANTS,
];
