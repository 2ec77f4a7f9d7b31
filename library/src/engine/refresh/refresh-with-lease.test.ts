/** What a refresh comes to, by what the provider answers, what is known of before, and what others wrote meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRET } from "../../../test-support/origin.ts";
import { LIFETIME, refreshWorld } from "../../../test-support/refresh/refresh-world.ts";
import { scriptedProvider, tokens } from "../../../test-support/refresh/scripted-provider.ts";
import type {
  AuditEvent,
  Identity,
  RecordBody,
  RefreshOutcome,
  RefreshState,
  SessionRow,
  SessionStore,
} from "../../contracts.ts";
import { sessionPolicy } from "../../core/policy.ts";
import { parseBody, serializeBody } from "../../core/record.ts";
import { leaseText, refreshPolicy } from "../../core/refresh.ts";
import { createKeyring } from "../../crypto/keyring.ts";
import { memory } from "../../stores/memory.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { overStore } from "../../testing/over-store.ts";
import { sampleRow } from "../../testing/store-suite/rows.ts";
import type { Ended } from "../lifecycle/announce.ts";
import { createBackground } from "../lifecycle/background.ts";
import { Endings } from "../lifecycle/endings.ts";
import { openTokens, sealTokens } from "../lifecycle/sealed-tokens.ts";

import { refreshWithLease, type UnstoredResult } from "./refresh-with-lease.ts";
import type { FlightResult } from "./single-flight.ts";

const keyring = createKeyring(SECRET);
const identity: Identity = {
  issuer: "https://provider.test",
  subject: "alice",
  claims: { a: 1 },
  authenticatedAt: 1,
  method: "oidc:default",
};
const CAUSE = new Error("the provider's");
const AWAY = new Error("the store is away");
const [NOW, LATER] = [1_000_000, 1_300_000];
const NEW = tokens(2, LATER);

type Since = "nothing" | "gone" | "logged out" | "ended without a word" | "taken over" | "taken over and run out" | "store away";

interface Case {
  readonly answers: RefreshOutcome | "throws";
  /** The lease says that the token may have been shown before. */
  readonly unknown?: boolean;
  /** What the record knows of the last attempt. */
  readonly before?: Partial<RefreshState>;
  readonly since?: Since;
  /** The refresh that comes of it; a row by what matters of it. */
  readonly comes: unknown;
  readonly says?: readonly Said[];
  /** What the record knows then of the attempts. */
  readonly knows?: RefreshState | null;
  readonly ended?: string | null;
  readonly revoked?: readonly string[];
}

const REFRESHED: RefreshOutcome = { kind: "refreshed", tokens: NEW, claims: null };
const REFUSED: RefreshOutcome = { kind: "refused", cause: CAUSE };
const DOUBTFUL: RefreshOutcome = { kind: "refused", doubtful: true, cause: CAUSE };
const AWAY_FROM_US: RefreshOutcome = { kind: "unavailable", retryAfter: null, cause: CAUSE };
const NO_WORD: RefreshOutcome = { kind: "unknown", cause: CAUSE };
/** Chance is 0 here: half of a second, then of two. */
const [FIRST, SECOND] = [500, 1_000];
const state = (failures: number, pause: number, more: Partial<RefreshState> = {}): RefreshState => ({
  failures,
  until: NOW + pause,
  unknown: false,
  failed: NOW,
  ...more,
});
const later = (retryAfter: number, answered = false): unknown => ({ kind: "unavailable", retryAfter, answered });
const fresh = (accessToken: string): unknown => ({ kind: "refreshed", accessToken });
const over = (reason: string): unknown => ({ kind: "ended", reason });
/** Events: name, level, reason, count. */
type Said = readonly unknown[];
const completed = (how: string): Said => ["refresh.completed", "info", how, undefined];
const discarded = (why: string): Said => ["refresh.discarded", "warn", why, undefined];
const failed = (how: string, count?: number): Said => ["refresh.failed", "warn", how, count];
const announced = (reason: string): Said => ["announced", reason];
const HELD: Said = ["refresh.held", "error", "write", undefined];

const CASES: Readonly<Record<string, Case>> = {
  "new tokens": {
    answers: REFRESHED,
    comes: fresh("access-2"),
    says: [completed("refreshed")],
    knows: null,
  },
  "new tokens, after an unknown outcome": {
    answers: REFRESHED,
    unknown: true,
    comes: fresh("access-2"),
    says: [completed("after-unknown")],
    knows: null,
  },
  "the same, as the record remembers": {
    answers: REFRESHED,
    before: { failures: 1, unknown: true },
    comes: fresh("access-2"),
    says: [completed("after-unknown")],
    knows: null,
  },
  "new tokens for a session that ended": {
    answers: REFRESHED,
    since: "logged out",
    comes: over("logout"),
    says: [discarded("ended")],
    ended: "logout",
    revoked: ["refresh-2"],
  },
  "new tokens for a session that ended without a word": {
    answers: REFRESHED,
    since: "ended without a word",
    comes: over("logout"),
    says: [discarded("ended")],
    revoked: ["refresh-2"],
  },
  "new tokens for a session that is gone": {
    answers: REFRESHED,
    since: "gone",
    comes: over("expired"),
    says: [discarded("ended")],
    ended: "gone",
    revoked: ["refresh-2"],
  },
  "new tokens if another took over": {
    answers: REFRESHED,
    since: "taken over",
    comes: fresh("access-1"),
    says: [discarded("superseded")],
  },
  "new tokens if another took over, and has none yet": {
    answers: REFRESHED,
    since: "taken over and run out",
    comes: { kind: "unavailable", retryAfter: 1_000 },
    says: [discarded("superseded")],
  },
  "new tokens that the store does not take": {
    answers: REFRESHED,
    since: "store away",
    comes: fresh("access-2"),
    says: [HELD],
  },
  "a no": {
    answers: REFUSED,
    comes: over("provider"),
    says: [failed("refused"), announced("provider")],
    ended: "provider",
  },
  "a no, after an unknown outcome": {
    answers: REFUSED,
    unknown: true,
    comes: over("refresh-lost"),
    says: [failed("refused"), announced("refresh-lost")],
    ended: "refresh-lost",
  },
  "a no for a session that ended": {
    answers: REFUSED,
    since: "logged out",
    comes: over("logout"),
    says: [failed("refused")],
    ended: "logout",
  },
  "a no that the store does not take": {
    answers: REFUSED,
    since: "store away",
    comes: { kind: "unavailable", retryAfter: 1_000 },
    says: [failed("refused"), HELD],
  },
  "a doubtful no": {
    answers: DOUBTFUL,
    comes: later(FIRST, true),
    says: [failed("doubtful", 1)],
    knows: state(1, FIRST, { doubted: true, answered: true }),
  },
  "a doubtful no again": {
    answers: DOUBTFUL,
    before: { failures: 1, doubted: true },
    comes: over("provider"),
    says: [failed("refused"), announced("provider")],
    ended: "provider",
  },
  "a doubtful no, after an unknown outcome": {
    answers: DOUBTFUL,
    unknown: true,
    comes: over("refresh-lost"),
    says: [failed("refused"), announced("refresh-lost")],
    ended: "refresh-lost",
  },
  "an outage": {
    answers: AWAY_FROM_US,
    comes: later(FIRST),
    says: [failed("unavailable", 1)],
    knows: state(1, FIRST),
  },
  "an outage again, and doubt stays": {
    answers: AWAY_FROM_US,
    before: { failures: 1, doubted: true },
    comes: later(SECOND),
    says: [failed("unavailable", 2)],
    knows: state(2, SECOND, { doubted: true }),
  },
  "an outage that the provider tells of": {
    answers: { ...AWAY_FROM_US, answered: true, retryAfter: 30_000 },
    comes: later(30_000, true),
    says: [["refresh.failed", "error", "unavailable", 1]],
    knows: { failures: 1, until: NOW + 30_000, unknown: false, answered: true },
  },
  "an outage for a session that ended": {
    answers: AWAY_FROM_US,
    since: "logged out",
    comes: over("logout"),
    says: [failed("unavailable", 1)],
    ended: "logout",
  },
  "an outage if another took over": {
    answers: AWAY_FROM_US,
    since: "taken over",
    comes: later(FIRST),
    says: [failed("unavailable", 1)],
  },
  "an outage that the store does not take": {
    answers: AWAY_FROM_US,
    since: "store away",
    comes: later(FIRST),
    says: [failed("unavailable", 1), HELD],
  },
  "no word": {
    answers: NO_WORD,
    comes: later(FIRST),
    says: [failed("unknown", 1)],
    knows: state(1, FIRST, { unknown: true }),
  },
  "no word, told so": {
    answers: { ...NO_WORD, answered: true },
    comes: later(FIRST, true),
    says: [failed("unknown", 1)],
    knows: state(1, FIRST, { unknown: true, answered: true }),
  },
  "no word twice": {
    answers: NO_WORD,
    before: { failures: 1, unknown: true },
    comes: later(SECOND, true),
    says: [failed("lost", 2)],
    knows: state(2, SECOND, { unknown: true, lost: true }),
  },
  "a provider that throws": {
    answers: "throws",
    comes: later(FIRST),
    says: [failed("unknown", 1)],
    knows: state(1, FIRST, { unknown: true }),
  },
};

const written = (row: SessionRow, since: Since): SessionRow => {
  const next = { ...row, version: row.version + 1 };
  switch (since) {
    case "logged out":
      return { ...next, ended: NOW, reason: "logout", body: "" };
    case "ended without a word":
      return { ...next, ended: NOW, reason: null, body: "" };
    case "taken over":
      return { ...next, lease: leaseText("theirs", { length: 1_000, unknown: true }) };
    case "taken over and run out":
      return { ...next, lease: leaseText("theirs", { length: 1_000, unknown: true }), tokenExpires: NOW };
    default:
      return row;
  }
};

/** The row with a lease of ours, and the token that it says may be shown. */
function leased(
  unknown: boolean,
  before: Partial<RefreshState> | undefined,
): { readonly row: SessionRow; readonly body: RecordBody } {
  const bare = sampleRow({
    owner: "alice",
    expires: NOW + 10_000_000,
    created: NOW,
    seen: NOW,
    tokenExpires: NOW + 1,
    renewAt: NOW,
    lease: leaseText("ours", { length: 12_500, unknown }),
  });
  const body: RecordBody = {
    format: 1,
    data: {},
    tokens: sealTokens(tokens(1, NOW), bare.id, keyring),
    provider: "default",
    identity,
    ...(before === undefined ? {} : { renewal: { failures: 0, until: 0, unknown: false, ...before } }),
  };
  return { row: { ...bare, body: serializeBody(body) }, body };
}

function storeThat(inner: SessionStore, since: Since): SessionStore {
  if (since === "gone") return overStore(inner, { get: () => undefined, put: () => false });
  if (since !== "store away") return inner;
  return overStore(inner, {
    put: () => {
      throw AWAY;
    },
  });
}

for (const [
  what,
  { answers, unknown = false, before, since = "nothing", comes, says = [], knows, ended = null, revoked = [] },
] of Object.entries(CASES)) {
  test(`F-46 a refresh comes to what the provider answers: ${what}`, async () => {
    const clock = manualClock(NOW);
    const inner = memory();
    const { row, body } = leased(unknown, before);
    await inner.put(row, "absent");
    const after = written(row, since);
    if (after !== row) assert.ok(await inner.put(after, row.version));
    const store = storeThat(inner, since);
    const provider = { ...scriptedProvider(), refresh: async () => (answers === "throws" ? Promise.reject(CAUSE) : answers) };
    const shown: string[] = [];
    const events: AuditEvent[] = [];
    const said: Said[] = [];
    const held = new Map<string, UnstoredResult>();
    const background = createBackground((event) => events.push(event));
    const policy = sessionPolicy({}, false);
    const options = {
      store,
      providers: [provider],
      keyring,
      clock,
      entropy: { bytes: (size: number) => new Uint8Array(size) },
      policy,
      refresh: refreshPolicy(),
      endings: new Endings({ store, clock, policy, background }),
      announce: ({ id, reason, row: of }: Ended) => {
        said.push(announced(reason));
        assert.deepEqual([id, of], [row.id, row]);
      },
      background,
      report: (event: AuditEvent) => {
        said.push([event.name, event.level, event.reason, event.count]);
        assert.equal(event.sessionId, row.id);
        if (event.name !== "refresh.held") assert.equal(event.provider, "default");
        if (event.name === "refresh.failed") assert.equal(event.error, CAUSE);
        if (event.name === "refresh.held") assert.equal(event.error, AWAY);
      },
    };
    const revoke = async ({ refreshToken }: { readonly refreshToken: string | null }) => {
      shown.push(refreshToken ?? "none");
      return true;
    };
    const succeeded: string[] = [];
    const context = {
      options,
      closing: AbortSignal.abort(),
      keepUnstored: (id: string, one: UnstoredResult) => void held.set(id, one),
      succeeded: (name: string) => void succeeded.push(name),
      yieldOnce: () => Promise.resolve(),
    };
    const told = await refreshWithLease(
      { row, lease: row.lease ?? "", body, identity, provider: { ...provider, revoke }, tokens: tokens(1, NOW) },
      context,
    );
    assert.deepEqual(plain(told), comes);
    assert.deepEqual(said.slice(0, says.length), says);
    assert.equal(held.has(row.id), since === "store away");
    await background.drain();
    const discards = since === "store away" && answers === REFRESHED ? [discarded("store")] : [];
    assert.deepEqual(said.slice(says.length), discards);
    assert.deepEqual([shown, succeeded], [revoked, answers === REFRESHED ? ["default"] : []]);
    const stored = since === "gone" ? undefined : await store.get(row.id);
    assert.equal(stored?.reason ?? (since === "gone" ? "gone" : null), ended);
    if (knows !== undefined && stored !== undefined)
      assert.deepEqual([parseBody(stored).renewal ?? null, stored.lease], [knows, null]);
  });
}

function plain(told: FlightResult): unknown {
  if (told.kind !== "refreshed") return told;
  return { kind: "refreshed", accessToken: openTokens(told.row, parseBody(told.row), keyring)?.accessToken };
}

test("a provider of the app's that answers what does not exist is a failure, and leaves no lease behind", async () => {
  const world = refreshWorld();
  world.provider.always(() => JSON.parse('{ "kind": "renewed", "tokens": {} }'));
  const cookie = await world.signIn();
  world.clock.advance(LIFETIME);
  const { exchange } = await world.replica().ask(cookie);
  const failures = world.told("refresh.failed");
  assert.deepEqual(
    failures.map(({ reason, error }) => [reason, String(error)]),
    [["unknown", "TypeError: the provider default answered a refresh by the kind renewed, which does not exist"]],
  );
  assert.equal(exchange.proven?.row.lease ?? null, null);
  await world.close();
});
