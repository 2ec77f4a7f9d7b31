import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ProviderTokens, RecordBody, RefreshState, SessionRow } from "../contracts.ts";
import { sampleRow } from "../testing/store-suite/rows.ts";
import { EMPTY_BODY, parseBody, serializeBody } from "./record.ts";
import {
  backoff,
  backoffLeft,
  failedRow,
  givenUpRow,
  leased,
  leaseText,
  MAX_FAILURES,
  parseLease,
  refreshDue,
  refreshedRow,
  refreshPolicy,
  renewAtOf,
} from "./refresh.ts";

const NOW = 10_000_000;
const tokens = (expires: number, refreshToken: string | null = "r"): ProviderTokens => ({
  accessToken: "a",
  refreshToken,
  idToken: null,
  scope: null,
  expires,
});

test("refresh options have defaults, and what cannot be meant is refused by name", () => {
  assert.deepEqual(refreshPolicy(), {
    policy: "keep-in-step",
    withoutRefreshToken: "identity",
    background: false,
    wait: 10_000,
  });
  const given = { policy: "on-demand", withoutRefreshToken: "end", wait: 0 } as const;
  assert.deepEqual(refreshPolicy(given), { ...given, background: false });
  assert.equal(refreshPolicy({ wait: 120_000 }).wait, 120_000);
  assert.equal(refreshPolicy({ policy: "keep-in-step", background: true }).background, true);
  assert.equal(refreshPolicy({ policy: "never" }).policy, "never");
  assert.throws(() => refreshPolicy({ wait: 120_001 }), /^TypeError: refresh\.wait is/);
  assert.throws(() => refreshPolicy({ wait: -1 }), /^TypeError: refresh\.wait is/);
  for (const policy of ["on-demand", "never"] as const)
    assert.throws(() => refreshPolicy({ policy, background: true }), /^TypeError: refresh\.background .*policy/);
  const refused = (options: unknown, message: RegExp): void =>
    assert.throws(() => Reflect.apply(refreshPolicy, null, [options]), message);
  refused({ policy: "now" }, /^TypeError: refresh\.policy is now; it can be keep-in-step, on-demand, never$/);
  refused({ withoutRefreshToken: "" }, /^TypeError: refresh\.withoutRefreshToken is ; it can be identity, end$/);
});

test("tokens are refreshed between the last fifth and tenth of their life, two minutes ahead at most", () => {
  for (const [life, chance, early] of [
    [300_000, 0, 30_000],
    [300_000, 0.5, 45_000],
    [300_000, 1, 60_000],
    [600_000, 1, 120_000],
    [3_600_000, 1, 120_000],
    [3_600_000, 0, 60_000],
    [0, 1, 0],
    [-5_000, 1, 0],
  ] as const)
    assert.equal(renewAtOf(tokens(NOW + life), NOW, chance), NOW + life - early, `${life} ${chance}`);
  assert.equal(renewAtOf(tokens(NOW + 300_000, null), NOW, 0), null);
  assert.equal(renewAtOf(tokens(NOW + 1_003), NOW, 0.3), NOW + 872, "whole milliseconds, rounded down");
});

test("pauses double from 1 s to 60 s, with jitter down to half, or are as asked for, 10 minutes at most", () => {
  assert.deepEqual(
    [1, 2, 3, 6, 7, 8, 50].map((failures) => backoff(failures, null, 1)),
    [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000],
  );
  assert.deepEqual(
    [0, 0.5, 1].map((chance) => backoff(3, null, chance)),
    [2_000, 3_000, 4_000],
  );
  assert.equal(backoff(1, null, 0.0001), 501, "rounded up");
  assert.equal(backoff(1, 30_000, 1), 30_000);
  assert.equal(backoff(3, 3_000, 1), 4_000);
  assert.equal(backoff(1, 3_600_000, 1), 600_000);
});

test("a success since our own pause began shortens it to a second; one that the provider asked for stands", () => {
  const state = (more: Partial<RefreshState>): RefreshState => ({ failures: 5, until: NOW + 20_000, unknown: false, ...more });
  assert.equal(backoffLeft(state({}), NOW, NOW), 20_000);
  assert.equal(backoffLeft(state({ failed: NOW - 100 }), NOW, NOW - 50), 900);
  assert.equal(backoffLeft(state({ failed: NOW - 100 }), NOW, NOW - 100), 20_000, "not since");
  assert.equal(backoffLeft(state({ failed: NOW - 100, until: NOW + 5 }), NOW, NOW), 5, "never longer");
});

test("a lease says how long it stands and what is known of its token; an unreadable one stands longest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), fc.boolean(), (length, unknown) => {
      assert.deepEqual(parseLease(leaseText("name", { length, unknown })), { length, unknown });
    }),
  );
  assert.equal(leaseText("a", { length: 5, unknown: true }), "a.5.unknown");
  assert.equal(leaseText("a", { length: 5, unknown: false }), "a.5.first");
  for (const [text, length] of [
    ["a.1.first", 1],
    ["a.600001.first", 600_000],
    ["a.0.first", 600_000],
    ["a.-5.first", 600_000],
    ["a.soon.first", 600_000],
    ["", 600_000],
  ] as const)
    assert.equal(parseLease(text).length, length, text);
  assert.deepEqual(parseLease("a.7"), { length: 7, unknown: true });
  assert.deepEqual(parseLease("a.7.else"), { length: 7, unknown: true });
  assert.equal(parseLease("a.0x10.first").length, 600_000, "decimal");
});

const identity = { issuer: "i", subject: "s", claims: { role: "old" }, authenticatedAt: 0, method: "app" };
const RENEWAL: RefreshState = { failures: 1, until: NOW + 5, unknown: false };
const BODY: RecordBody = { ...EMPTY_BODY, identity, data: { kept: 1 }, tokens: "old", renewal: RENEWAL };
const ROW: SessionRow = sampleRow({
  version: 7,
  lease: "a.1.first",
  renewAt: NOW,
  tokenExpires: NOW + 1,
  body: serializeBody(BODY),
});

test("SE-06 a refresh replaces tokens and claims, forgets failures and lease, and is no activity", () => {
  const refreshed = { tokens: tokens(NOW + 9), sealed: "new", claims: { role: "new" }, renewAt: NOW + 8, step: 65_536 };
  const { renewal: _, ...rest } = BODY;
  const next = refreshedRow(ROW, BODY, refreshed);
  const { body, ...columns } = next;
  const { body: before, ...same } = ROW;
  assert.notEqual(body, before);
  assert.deepEqual(columns, { ...same, version: 65_543, lease: null, renewAt: NOW + 8, tokenExpires: NOW + 9 });
  assert.deepEqual(parseBody(next), { ...rest, identity: { ...identity, claims: { role: "new" } }, tokens: "new" });
  assert.deepEqual(parseBody(refreshedRow(ROW, BODY, { ...refreshed, claims: null })).identity, identity);
  assert.equal(parseBody(refreshedRow(ROW, { ...BODY, identity: null }, refreshed)).identity, null);
});

test("a failure leaves the row as it was but for the pause, and one without hope is left to its user", () => {
  const failed = (more: Partial<RefreshState>): SessionRow => failedRow(ROW, BODY, { ...RENEWAL, ...more }, 20);
  assert.deepEqual(failed({ failures: 3 }), {
    ...ROW,
    version: 27,
    lease: null,
    renewAt: NOW + 5,
    body: serializeBody({ ...BODY, renewal: { ...RENEWAL, failures: 3 } }),
  });
  assert.equal(failed({ failures: MAX_FAILURES - 1 }).renewAt, NOW + 5);
  assert.equal(failed({ failures: MAX_FAILURES }).renewAt, ROW.expires);
  assert.equal(failed({ lost: true }).renewAt, ROW.expires);
  assert.equal(MAX_FAILURES, 10);
  assert.deepEqual(givenUpRow(ROW, 3), { ...ROW, version: 10, renewAt: ROW.expires });
  assert.deepEqual(leased(ROW, "b", 4), { ...ROW, version: 11, lease: "b" });
});

test("a refresh is due from its time on, or once the token has expired, and never if there is none", () => {
  for (const [renewAt, tokenExpires, due] of [
    [NOW, NOW + 100, true],
    [NOW + 1, NOW + 100, false],
    [NOW + 1, NOW, true],
    [NOW + 1, NOW + 1, false],
    [NOW + 1, null, false],
    [NOW, null, true],
    [null, NOW - 1, false],
    [null, null, false],
  ] as const)
    assert.equal(refreshDue({ ...ROW, renewAt, tokenExpires }, NOW), due, `${renewAt} ${tokenExpires}`);
});
