import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEvent, SessionReader, SessionRow, Verdict } from "../contracts.ts";
import { sessionPolicy } from "../core/policy.ts";
import { systemEntropy } from "../crypto/entropy.ts";
import { hashSecret, joinTicket, mintSecret, mintTicket } from "../crypto/ticket.ts";
import { hashProof, rememberingProof } from "../crypto/ticket-proof.ts";
import { systemClock } from "../engine/system.ts";
import { START, sampleRow } from "../testing/store-suite/rows.ts";
import { sessionStrategy } from "./session.ts";

const policy = sessionPolicy();
const { ticket, id, secretHash } = mintTicket(systemEntropy, START + policy.lifetime);
const live = sampleRow({
  id,
  secretHash,
  seen: START,
  expires: START + policy.lifetime,
  body: '{"format":1,"identity":null,"data":{},"tokens":null,"provider":null}',
});
const strategy = sessionStrategy({ cookie: "ticket", policy });
const proofFor = (keepsRows: boolean) => (keepsRows ? rememberingProof(hashProof, () => true) : hashProof);

function examine(cookie: string, get: SessionReader["get"], asked = strategy, now = START): Promise<Verdict> {
  const header = (name: string): string | undefined => (name === "cookie" ? `ticket=${cookie}` : undefined);
  const request = { method: "GET", target: "/", peer: undefined, header };
  const store = { capabilities: { shared: true, durable: true, watch: false }, get, marked: () => undefined };
  return Promise.resolve(asked.examine({ request, store, now, clock: systemClock, report: () => undefined }));
}

/** The right length and id, and a secret that no one was ever given. */
const MISSPELLED = [
  `${ticket.slice(0, -1)}B`,
  `${ticket.slice(0, -1)}+`,
  `${ticket.slice(0, 23)}.${ticket.slice(24)}`,
  `${id}.${"é".repeat(43)}`,
];
const MALFORMED: Verdict = { kind: "abstain", dead: { reason: "malformed" } };

const ANSWERS: readonly (readonly [string, SessionReader["get"]])[] = [
  ["knows the id", () => live],
  ["knows the id, later", async () => live],
  ["does not", () => undefined],
  [
    "fails",
    (): SessionRow => {
      throw new Error("the disk is on fire");
    },
  ],
  ["fails later", () => Promise.reject(new Error("the disk is on fire"))],
];

for (const [name, get] of ANSWERS) {
  test(`A-30 A-47 a secret that is misspelled is malformed, if the store ${name}`, async () => {
    const remembering = sessionStrategy({ cookie: "ticket", policy, proof: rememberingProof(hashProof, () => true) });
    await examine(ticket, () => live, remembering);
    for (const cookie of MISSPELLED) {
      assert.deepEqual(await examine(cookie, get), MALFORMED, cookie);
      assert.deepEqual(await examine(cookie, get, remembering), MALFORMED, cookie);
    }
  });
}

test("A-47 no store is asked for what is no id", async () => {
  const get = (): never => assert.fail("the store was asked");
  for (const at of [0, 10, 21, 22]) {
    for (const character of "/.%+ \u0001é") {
      if (ticket[at] === character) continue;
      assert.deepEqual(await examine(`${ticket.slice(0, at)}${character}${ticket.slice(at + 1)}`, get), MALFORMED);
    }
  }
});

test("S-05 a ticket that is spelled right: an outage if the store fails, unknown if it is, else a proof", async () => {
  const failing = (): never => {
    throw new Error("the disk is on fire");
  };
  await assert.rejects(async () => examine(ticket, failing), /on fire/);
  await assert.rejects(
    examine(ticket, () => Promise.reject(new Error("on fire"))),
    /on fire/,
  );
  assert.deepEqual(await examine(ticket, () => undefined), { kind: "abstain", dead: { reason: "unknown", id } });
  assert.deepEqual(await examine(ticket, () => live), { kind: "session", session: { row: live, previous: false } });
});

test("CR-02 S-09 a proved secret counts for its row alone: not once rotated or ended, nor does another", async () => {
  const remembering = sessionStrategy({ cookie: "ticket", policy, proof: rememberingProof(hashProof, () => true) });
  const shown = (cookie: string, row: SessionRow, now = START): Promise<Verdict> => examine(cookie, () => row, remembering, now);
  const unknown: Verdict = { kind: "abstain", dead: { reason: "unknown", id } };
  for (let time = 0; time < 3; time++) {
    assert.deepEqual(await shown(ticket, live), { kind: "session", session: { row: live, previous: false } });
    assert.deepEqual(await shown(`${id}.${mintSecret(systemEntropy)}`, live), unknown);
  }
  const secret = mintSecret(systemEntropy);
  const rotated = {
    ...live,
    version: 2,
    secretHash: hashSecret(secret),
    previousHash: secretHash,
    previousUntil: START + 10_000,
  };
  assert.deepEqual(await shown(joinTicket(id, secret), rotated), { kind: "session", session: { row: rotated, previous: false } });
  assert.deepEqual(await shown(ticket, rotated), { kind: "session", session: { row: rotated, previous: true } });
  assert.deepEqual(await shown(ticket, rotated, START + 10_000), unknown);
  const ended = { ...live, ended: START, reason: "logout" } as const;
  assert.deepEqual(await shown(ticket, ended), { kind: "abstain", dead: { reason: "logout", id } });
});

test("a secret is hashed once a minute for a row that comes again, each time for one that does not", async () => {
  for (const [keepsRows, asked] of [
    [true, [1, 1, 1, 2, 2]],
    [false, [1, 2, 3, 4, 5]],
  ] as const) {
    const own = sessionStrategy({ cookie: "ticket", policy, proof: proofFor(keepsRows) });
    let looks = 0;
    const row = Object.defineProperty({ ...live }, "secretHash", {
      get() {
        looks++;
        return secretHash;
      },
    });
    const seen: number[] = [];
    for (const later of [0, 1, 59_999, 60_000, 60_001]) {
      assert.equal((await examine(ticket, () => row, own, START + later)).kind, "session");
      seen.push(looks);
    }
    assert.deepEqual(seen, asked);
  }
});

test("a record of a newer release is an outage at every request, also if rows are kept", async () => {
  const own = sessionStrategy({ cookie: "ticket", policy, proof: rememberingProof(hashProof, () => true) });
  const newer = { ...live, body: live.body.replace('"format":1', '"format":2') };
  for (let time = 0; time < 3; time++) {
    assert.deepEqual(await examine(ticket, () => newer, own), { kind: "unavailable", code: "ERR_RECORD_FORMAT", cause: null });
  }
});

test("S-53 a secret that is shown within the grace of its exchange is told of, each time, and no other", async () => {
  const events: AuditEvent[] = [];
  const report = (event: AuditEvent): void => void events.push(event);
  const secret = mintSecret(systemEntropy);
  const rotated: SessionRow = {
    ...live,
    secretHash: hashSecret(secret),
    previousHash: secretHash,
    previousUntil: START + 10_000,
  };
  const store = { capabilities: { shared: true, durable: true, watch: false }, get: () => rotated, marked: () => undefined };
  for (const keepsRows of [false, true]) {
    const asked = sessionStrategy({ cookie: "ticket", policy, proof: proofFor(keepsRows) });
    const show = (cookie: string, now = START): unknown =>
      asked.examine({
        request: { method: "GET", target: "/", peer: undefined, header: () => `ticket=${cookie}` },
        ...{ store, now, clock: systemClock, report },
      });
    await show(joinTicket(id, secret));
    await show(ticket);
    await show(ticket);
    await show(ticket, START + 10_000);
    await show(`${id}.${mintSecret(systemEntropy)}`);
  }
  const hit: AuditEvent = { name: "session.grace-hit", level: "debug", sessionId: id };
  assert.deepEqual(events, [hit, hit, hit, hit]);
});
