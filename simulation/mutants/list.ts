/** One way to break the engine, as a change of its source. */
export interface Mutant {
  readonly name: string;
  /** What is broken, in a few words. */
  readonly broken: string;
  readonly edits: readonly Edit[];
}

/** `find` stands exactly once in the file, else the mutant is out of date. */
export interface Edit {
  /** Below the library's `src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const one = (name: string, broken: string, file: string, find: string, replace: string): Mutant => ({
  name,
  broken,
  edits: [{ file, find, replace }],
});

export const MUTANTS: readonly Mutant[] = [
  one(
    "upsert",
    "edits are written whatever the stored version",
    "engine/settle.ts",
    "!(await store.put(step.row, step.condition))",
    '!(await store.put(step.row, step.condition === "absent" ? "absent" : ((await store.get(step.row.id))?.version ?? 0)))',
  ),
  one(
    "conflict-ignored",
    "a refused write counts as done",
    "engine/settle.ts",
    'if (carried === "done") return',
    'if (carried !== "overruled") return',
  ),
  one(
    "cookie-before-store",
    "the cookie leaves before the store has answered",
    "engine/settle.ts",
    "const carried = await fromStore(exchange, carryOut(exchange, planned, now));",
    'carryOut(exchange, planned, now).catch(() => undefined);\n    const carried: string = "done";',
  ),
  one(
    "no-marks-at-login",
    "a login does not look whether a logout overtook it",
    "engine/settle.ts",
    "(await loginOverruled(store, login, before, now))",
    "false",
  ),
  one(
    "no-mark-at-end-all",
    "ending all sessions of a user leaves no mark for logins in flight",
    "engine/directory.ts",
    'await mark(ownerMark(owner), Buffer.from(entropy.bytes(9)).toString("base64url"), policy.lifetime);',
    "void ownerMark;",
  ),
  one(
    "outage-is-nobody",
    "a store that does not answer is taken for no session",
    "engine/observe.ts",
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
    "engine/touch.ts",
    "const touched = options.store.touch(proven.row.id, exchange.now);",
    `const touched = Promise.resolve(options.store.get(proven.row.id)).then((row) =>
      row === undefined ? false : options.store.put({ ...proven.row, seen: exchange.now, version: row.version + 1 }, row.version),
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
    "engine/renewals.ts",
    'if (!(await store.put(next, row.version))) return "again";',
    "await store.put(next, row.version);",
  ),
  one(
    "late-sender",
    "the holder sends the token however long it was stopped since it took the lease",
    "engine/renewals.ts",
    'if (!(await store.put(next, row.version))) return "again";\n    if (!watch.inTime()) return "again";',
    'if (!(await store.put(next, row.version))) return "again";',
  ),
  {
    name: "wall-clock-lease",
    broken: "a lease is watched on the wall clock, which can jump",
    edits: [
      {
        file: "engine/lease-watch.ts",
        find: "this.#seen = { lease, since: this.#clock.monotonic() };",
        replace: "this.#seen = { lease, since: this.#clock.now() };",
      },
      { file: "engine/renewals.ts", find: "const before = clock.monotonic();", replace: "const before = clock.now();" },
    ],
  },
  one(
    "no-watching",
    "a lease is taken over at once instead of after its whole length",
    "engine/lease-watch.ts",
    "return before - this.#seen.since >= parseLease(lease).length ?",
    "return before - this.#seen.since >= 0 ?",
  ),
  one(
    "no-fencing",
    "the result of a renewal is written whoever holds the lease by now",
    "engine/commit.ts",
    'if (fresh.lease !== holding.lease) return { kind: "superseded" };',
    "",
  ),
  one(
    "result-on-old-row",
    "the result of a renewal is written over what changed meanwhile",
    "engine/commit.ts",
    "    row = fresh;\n",
    "    row = { ...row, version: fresh.version };\n",
  ),
  one(
    "held-result-undoes",
    "who goes on with a result that is not stored yet writes on top of what another wrote",
    "engine/spend.ts",
    "{ ...change(stored, parseBody(stored)), version: stored.version }",
    "change(stored, parseBody(stored))",
  ),
  one(
    "held-result-dropped",
    "a result that the store would not take is thrown away",
    "engine/spend.ts",
    "const settled = insist(holding, change, options, closing).then(conclude);",
    "void insist;\n    const settled = Promise.resolve();",
  ),
  one(
    "5xx-ends",
    "a provider's 5xx or 429 ends the session",
    "engine/spend.ts",
    '    case "unavailable":\n    case "unknown":\n',
    '    case "unavailable":\n      return refused(spending, outcome.cause, spends);\n    case "unknown":\n',
  ),
  one(
    "discarded-not-revoked",
    "the result of a renewal that came too late is not revoked",
    "engine/spend.ts",
    'if (committed?.kind === "ended") revoke(spending, tokens, spends);',
    "void revoke;",
  ),
  {
    name: "aborted-with-client",
    broken: "a renewal is given up when the client that caused it hangs up",
    edits: [
      {
        file: "engine/exchange.ts",
        find: 'if (decision.kind === "renew") return',
        replace: `if (decision.kind === "renew") Reflect.set(globalThis, "clientOfRenewal", Reflect.get(this.request, "signal"));
    if (decision.kind === "renew") return`,
      },
      {
        file: "engine/spend.ts",
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
    "engine/renewals.ts",
    "      row = renewal.row;\n",
    "      const old = openTokens(row, parseBody(row), this.#options.keyring);\n      if (old !== null) return old.accessToken;\n",
  ),
  one(
    "no-backoff",
    "a provider that fails is asked again at once",
    "engine/renewals.ts",
    'if (pause > 0) return { kind: "unavailable", retryAfter: pause };',
    "",
  ),
  one(
    "older-tokens-revoked",
    "a logout revokes the tokens that its request was read with, not those that end",
    "engine/exchange.ts",
    "if (this.#latest !== null) return openTokens(this.#latest.row, this.#latest.body, this.options.keyring);",
    "",
  ),
  one(
    "session-over-header",
    "a session that lives decides who asks, whomever the proxy asserts",
    "core/reconcile.ts",
    "      return ofKnown(resolution.owner, presented);",
    "      return ofKnown(presented?.owner ?? resolution.owner, presented);",
  ),
  one(
    "session-beside-header",
    "who shows a session is served by it where a proxy asserts somebody else",
    "core/reconcile.ts",
    "      return ofKnown(resolution.owner, presented);",
    "      return presented === null ? ofKnown(resolution.owner, presented) : AS_SESSION;",
  ),
  one(
    "other-session-lives",
    "the session of somebody else is left alive",
    "core/reconcile.ts",
    'end: another ? "identity-changed" : null,',
    "end: null,",
  ),
  one(
    "other-session-later",
    "the session of somebody else ends while the handler runs",
    "engine/admit.ts",
    "const failed = ending === undefined ? null : await end(ending, options);",
    "if (ending !== undefined) void end(ending, options);\n  const failed: Verdict | null = null;",
  ),
  one(
    "end-not-stored",
    "a request goes on where the store does not take the end of somebody else's session",
    "engine/admit.ts",
    'if (failed !== null) return { verdict: failed, by: "session" };',
    "void failed;",
  ),
  one(
    "blocked-keeps-session",
    "who is blocked keeps the session",
    "core/reconcile.ts",
    'end: presented === null ? null : "admin",',
    "end: null,",
  ),
  one(
    "data-carried-over",
    "the session of somebody else counts as the asserted user's own",
    "core/reconcile.ts",
    "own: presented !== null && !another }",
    "own: presented !== null }",
  ),
  one(
    "failure-is-unknown",
    "a look-up that fails is taken for an unknown user",
    "engine/resolver.ts",
    'return { kind: "failed", cause };',
    'return { kind: "unknown" };',
  ),
  one(
    "failure-kept-as-answer",
    "a look-up that failed is not tried again within the cache's time",
    "engine/resolver.ts",
    'return { kind: "failed", cause };',
    'this.#keep(key, { resolved: { kind: "failed", cause }, from: identity });\n      return { kind: "failed", cause };',
  ),
  one(
    "forgets-nothing",
    "who is to be forgotten is remembered for the cache's time",
    "engine/resolver.ts",
    "    this.#generation += 1;\n    this.#kept.delete(owner);",
    '    this.#generation += 1;\n    if (owner !== "") return;',
  ),
  one(
    "asked-before-forget",
    "who asks after a user is to be forgotten is answered with what was asked before",
    "engine/resolver.ts",
    "return generation === this.#generation && saysTheSame(from, identity);",
    "return generation >= 0 && saysTheSame(from, identity);",
  ),
  one(
    "claims-of-before",
    "within the cache's time the claims are those of the first request",
    "engine/resolver.ts",
    "return before === now || JSON.stringify(before.claims) === JSON.stringify(now.claims);",
    "return before.subject === now.subject;",
  ),
  one(
    "kept-for-ever",
    "what a look-up answered is kept until it is forgotten",
    "engine/resolver.ts",
    "this.#clock.now() < kept.until &&",
    "kept.until > 0 &&",
  ),
  one(
    "proxy-session-counts",
    "a session that began from what a proxy asserts counts without it",
    "core/reconcile.ts",
    "return presented?.fromProxy ? AS_NOBODY : AS_SESSION;",
    "return presented?.fromProxy === undefined ? AS_NOBODY : AS_SESSION;",
  ),
  one(
    "scripts-store-sessions",
    "whatever an asserted user asks for stores a session",
    "engine/exchange.ts",
    "const navigates = isNavigation(this.request) && status < 400 && !wrote;",
    "const navigates = status < 400 && !wrote;",
  ),
  one(
    "failed-page-stores",
    "a page that fails stores a session too",
    "engine/exchange.ts",
    "const navigates = isNavigation(this.request) && status < 400 && !wrote;",
    "const navigates = isNavigation(this.request) && !wrote;",
  ),
  one(
    "own-cookie-overruled",
    "a handler that sets the cookie itself is corrected",
    "engine/exchange.ts",
    "const navigates = isNavigation(this.request) && status < 400 && !wrote;",
    "const navigates = isNavigation(this.request) && status < 400;",
  ),
  one(
    "new-session-each-page",
    "every page of an asserted user begins another session",
    "engine/exchange.ts",
    "if (asserted === null || this.#proven?.row.owner === asserted.owner) return null;",
    "if (asserted === null) return null;",
  ),
  one(
    "garbled-is-absent",
    "a proxy's header that is malformed counts as none",
    "core/reconcile.ts",
    "      return MALFORMED;",
    "      return null;",
  ),
  one(
    "unproven-is-absent",
    "an assertion that does not verify counts as none",
    "core/reconcile.ts",
    "      return INVALID;",
    "      return null;",
  ),
  one(
    "session-not-needed",
    "an asserted user whose session ends in its renewal has to sign in",
    "engine/admit.ts",
    'return verdict.kind === "abstain" && observed.asserted !== undefined ? asserting(observed.asserted) : { ...observed, verdict };',
    "void asserting;\n  return { ...observed, verdict };",
  ),
];
