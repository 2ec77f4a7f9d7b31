/** What there is to send of a session's tokens, or why nothing is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIFETIME, type RefreshWorld, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import type { AuditEvent, ProviderTokens, RefreshState } from "../../contracts.ts";
import { parseBody, serializeBody } from "../../core/record.ts";

interface Case {
  readonly renewal?: RefreshState;
  readonly tokens?: Partial<ProviderTokens>;
  /** The record names a provider that is not configured, or its tokens are sealed with another secret. */
  readonly spoils?: "provider" | "seal";
  readonly rejected?: string;
  readonly after?: number;
}

/**
 * What one look at such a session comes to: the tokens that are sent, or the answer without any; and what is told of
 * it.
 */
async function comesTo({ renewal, tokens, spoils, rejected, after = LIFETIME }: Case) {
  const world: RefreshWorld = refreshWorld();
  try {
    const replica = world.replica();
    const cookie = await world.signIn(tokens);
    const row = await world.rowOf(cookie);
    world.clock.advance(after);
    const body = {
      ...parseBody(row),
      ...(renewal === undefined ? {} : { renewal: { ...renewal, until: world.clock.now() + renewal.until } }),
      ...(spoils === "provider" ? { provider: "another" } : {}),
      ...(spoils === "seal" ? { tokens: "v1.AAAAAA.AAAA" } : {}),
    };
    const stored = { ...row, version: row.version + 1, body: serializeBody(body) };
    assert.ok(await world.store.put(stored, row.version));
    replica.events.length = 0;
    const joined = world.coordinator().join(stored, rejected);
    await world.quiet();
    const told = replica.events.map(({ name, level, reason }: AuditEvent) => `${level} ${name} ${reason}`);
    if (world.provider.calls.length > 0) return { sent: world.provider.calls[0]?.tokens.refreshToken, told };
    const answer = await joined;
    return { answer: answer.kind === "refreshed" ? { kind: answer.kind } : answer, told };
  } finally {
    await world.close();
  }
}

const FAILED = { failures: 1, until: 0, unknown: false };
const REFRESHED = { answer: { kind: "refreshed" }, told: [] };
const SENT = { sent: "refresh-0", told: [] };
const unavailable = (retryAfter: number, answered: boolean, ...told: string[]) => ({
  answer: { kind: "unavailable", retryAfter, answered },
  told,
});

const CASES: { readonly [name: string]: readonly [given: Case, comesTo: object] } = {
  "tokens that live": [{ after: 0 }, REFRESHED],
  "tokens that ran out": [{}, SENT],
  "live tokens that a resource refused": [{ after: 0, rejected: "access-0" }, SENT],
  "tokens that came since one was refused": [{ rejected: "access-before" }, REFRESHED],
  "a failure whose pause is over": [{ renewal: FAILED }, SENT],
  "a failure whose pause ends in a millisecond": [{ renewal: { ...FAILED, until: 1 } }, unavailable(1, false)],
  "a pause after the provider's answer": [{ renewal: { ...FAILED, until: 70, answered: true } }, unavailable(70, true)],
  "a pause after an outage": [{ renewal: { ...FAILED, until: 70 } }, unavailable(70, false)],
  "a token that was shown twice": [{ renewal: { ...FAILED, lost: true } }, unavailable(60_000, true)],
  "tokens that no secret here opens": [{ spoils: "seal" }, unavailable(5_000, true, "error refresh.failed sealed")],
  "a provider that is unknown here": [{ spoils: "provider" }, unavailable(5_000, true, "error refresh.failed provider")],
};

for (const [name, [given, expected]] of Object.entries(CASES)) {
  test(`F-46 ${name}: ${"sent" in expected ? "token sent" : JSON.stringify(Reflect.get(expected, "answer"))}`, async () => {
    assert.deepEqual(await comesTo(given), expected);
  });
}
