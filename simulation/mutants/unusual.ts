/** Mutants that only providers, apps and stores that are not the usual ones show. */
import type { Mutant } from "./mutant.ts";
import { one } from "./mutant.ts";

export const UNUSUAL_MUTANTS: readonly Mutant[] = [
  {
    name: "never-refreshes",
    broken: "tokens are refreshed although nothing is to be",
    edits: [
      {
        file: "engine/refresh/coordinator.ts",
        find: 'return renewAt !== null && this.#options.refresh.policy !== "never";',
        replace: "return renewAt !== null;",
      },
      {
        file: "engine/request/settle.ts",
        find: 'refresh.policy === "never" ? null : renewAtOf',
        replace: "renewAtOf",
      },
    ],
  },
  one(
    "rotates-again",
    "who waited for a renewal while another replica exchanged the secret exchanges it once more",
    "engine/request/admit.ts",
    "previous: showsPrevious(proven, renewal.row)",
    "previous: proven.previous",
  ),
  one(
    "scope-of-before",
    "a refresh that gives less is stored with what the login gave",
    "engine/refresh/refresh-with-lease.ts",
    "const sealed = sealTokens(tokens, row.id, keyring);",
    "const sealed = sealTokens({ ...tokens, scope: spending.tokens.scope }, row.id, keyring);",
  ),
  one(
    "first-provider",
    "of several providers the first is asked, whoever gave the token",
    "engine/refresh/refresh-target.ts",
    "const provider = providers.find(({ name }) => name === body.provider);",
    "const [provider] = providers;",
  ),
  one(
    "same-token-refused",
    "a refresh that leaves the refresh token as it was counts as a refusal",
    "engine/refresh/refresh-with-lease.ts",
    "  spends.succeeded(provider.name);\n",
    "  spends.succeeded(provider.name);\n  if (tokens.refreshToken === spending.tokens.refreshToken) return refused(spending, null, spends);\n",
  ),
  one(
    "old-notice-ends",
    "a notice of the provider ends sessions that began after it",
    "engine/lifecycle/directory.ts",
    'return endThose({ owner }, (row) => begunAt(row) <= issuedAt, "provider");',
    'return endThose({ owner }, () => true, "provider");',
  ),
  one(
    "no-cap",
    "the most sessions of a user are not kept to",
    "engine/lifecycle/session-limit.ts",
    "if (policy.maxPerUser === null) return;",
    "if (policy.maxPerUser !== -1) return;",
  ),
  one(
    "waits-for-ever",
    "a store that never answers is waited for",
    "engine/bounded-store.ts",
    "if (!this.#running) void this.#run();",
    "void this.#run;",
  ),
  one(
    "lease-for-ever",
    "the lease of a process that died in a call is never taken over",
    "engine/refresh/lease-watch.ts",
    'return before - this.#seen.since >= parseLease(lease).length ? "ran-out" : "stands";',
    'return before < 0 ? "ran-out" : "stands";',
  ),
  one(
    "deaf-signal",
    "the signal of a session does not tell of its end",
    "engine/lifecycle/endings.ts",
    "controller.abort(new SessionEnded(reason));",
    "void controller;",
  ),
  one(
    "early-signal",
    "the signal of a session tells of its end when another process only renewed it",
    "engine/lifecycle/endings.ts",
    "if (row === undefined || over !== null) {",
    "if (row === undefined || over !== null || row.version > 1) {",
  ),
  one(
    "shared-tokens-revoked",
    "a login that is written again has its tokens revoked with its first record",
    "engine/request/commit.ts",
    'unfinished.end({ id: step.row.id, reason: "replaced", grantLivesOn: true });',
    'unfinished.end({ id: step.row.id, reason: "replaced" });',
  ),
  one(
    "ended-login-goes-on",
    "a login goes on although somebody ended its record before it was done",
    "engine/request/commit.ts",
    'return (await undo(options, steps.slice(0, index), now)) ? "overruled" : "conflict";',
    'return (await undo(options, steps.slice(0, index), now)) ? "conflict" : "conflict";',
  ),
];
