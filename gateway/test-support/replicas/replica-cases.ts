/** What holds for gateways on one store, whichever it is: tokens under contention, and clocks that are off. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { FullGateway } from "../full-gateway.ts";
import { ORIGIN } from "../full-gateway.ts";
import {
  FIVE_MINUTES,
  loginOver,
  type Replica,
  refresh,
  revoke,
  statusOf,
  type ThreeReplicas,
  tokensOf,
} from "./three-replicas.ts";

const keysOf = async (gateway: FullGateway) => (await gateway.ask("/auth/keys")).text;

/** 100 uses of one refresh token at once, over three gateways. */
export async function oneSuccessor({ replica }: ThreeReplicas): Promise<void> {
  const replicas = await Promise.all([replica(), replica(), replica()]);
  const all = replicas.map(({ gateway }) => gateway);
  const [a, b, c] = all;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const { browser } = await loginOver(a, b);
  const tokens = await tokensOf(c, browser);
  // All of them are within the grace.
  for (const { clock } of replicas) clock.stand();
  const at = (index: number): FullGateway => all[index % 3] ?? a;
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => refresh(at(index), tokens.refresh)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const texts = new Set(answers.map(({ text }) => text));
  assert.equal(texts.size, 1);
  const exchanged = all.flatMap(({ log }) => log).filter((line) => line.includes('"event":"token.refreshed"'));
  assert.equal(exchanged.length, 1);
  assert.equal((await refresh(b, String(JSON.parse([...texts][0] ?? "").refresh_token))).status, 200);
}

/**
 * One of three clocks is five minutes off: everything is right all the same, but for a login that ends at a replica
 * which takes the provider's ID token for one of the future. That is refused, and logged.
 */
export async function oneClockOff({ replica }: ThreeReplicas): Promise<void> {
  for (const off of [FIVE_MINUTES, -FIVE_MINUTES]) {
    for (const which of [0, 1, 2]) {
      const where = `${off} at ${which}`;
      const all = await Promise.all([0, 1, 2].map((index) => replica(index === which ? off : 0)));
      const behind = off < 0 && which === 1;
      if (behind) await refusedAtSecond(all);
      // Then what begins at the first ends at the third.
      const used = behind ? all.toSpliced(1, 2, ...all.slice(1).toReversed()) : all;
      await useAll(
        used.map(({ gateway }) => gateway),
        where,
      );
      await graceOf(used, where);
      const told = all.map(({ gateway }) => gateway.log.some((line) => line.includes('"event":"clock.off"')));
      const expected = all.map((_, index) => index === which);
      assert.deepEqual(told, expected, where);
      await Promise.all(all.map(({ gateway }) => gateway.close()));
    }
  }
}

async function refusedAtSecond(all: readonly Replica[]): Promise<void> {
  const [a, b] = all.map(({ gateway }) => gateway);
  assert.ok(a !== undefined && b !== undefined);
  assert.equal((await loginOver(a, b)).status, 502);
  assert.match(b.log.join(""), /"event":"login\.failed"[^\n]*iat/);
}

async function useAll([a, b, c]: readonly FullGateway[], where: string): Promise<void> {
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const { browser, status } = await loginOver(a, b);
  assert.equal(status, 303, where);
  assert.equal(await c.statusWith(browser.ticket), 200, where);
  const { access } = await tokensOf(a, browser);
  assert.deepEqual([await statusOf(a, access), await statusOf(b, access), await statusOf(c, access)], [200, 200, 200], where);
  const { payload } = await jwtVerify(access, createLocalJWKSet(JSON.parse(await keysOf(c))), {
    issuer: ORIGIN,
    audience: "api",
  });
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
}

/** The grace is one for all: a repeat within it, and a reuse after it, wherever they come in. */
async function graceOf(all: readonly Replica[], where: string): Promise<void> {
  const [a, b, c] = all.map(({ gateway }) => gateway);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const { browser } = await loginOver(a, b);
  const tokens = await tokensOf(a, browser);
  for (const { clock } of all) clock.stand();
  const first = await refresh(a, tokens.refresh);
  for (const other of [b, c]) assert.deepEqual((await refresh(other, tokens.refresh)).status, 200, where);
  for (const { clock } of all) clock.pass(11_000);
  const next = String(JSON.parse(first.text).refresh_token);
  assert.deepEqual([(await refresh(c, tokens.refresh)).status, (await refresh(b, next)).status], [401, 401], where);
}

/** What is done with a family before its first refresh token is shown again, at another gateway than each step. */
type Step = "exchange" | "exchange the next" | "past the grace" | "revoke";

/** The five cases of reuse, with the results of docs/tokens.md. */
const REUSES: readonly (readonly [name: string, before: readonly Step[], status: number, ends: boolean])[] = [
  ["the predecessor in its grace", ["exchange"], 200, false],
  ["the predecessor after its grace", ["exchange", "past the grace"], 401, true],
  ["the grandparent", ["exchange", "exchange the next"], 401, true],
  ["after a revocation", ["exchange", "revoke"], 401, true],
  ["from a fork, after the other went on", ["exchange", "exchange", "exchange the next"], 401, true],
];

/** A refresh token that is shown again, over three gateways: its answer, its family, and what operators are told. */
export async function reuses({ replica }: ThreeReplicas): Promise<void> {
  const all = await Promise.all([replica(), replica(), replica()]);
  let turn = 0;
  const next = (): FullGateway => all[turn++ % all.length]?.gateway ?? assert.fail();
  const { browser } = await loginOver(next(), next());
  for (const { clock } of all) clock.stand();
  for (const [name, before, status, ends] of REUSES) {
    const { refresh: first } = await tokensOf(next(), browser);
    let newest = first;
    for (const step of before) {
      if (step === "past the grace") for (const { clock } of all) clock.pass(11_000);
      else if (step === "revoke") assert.equal((await revoke(next(), newest)).status, 200, name);
      else newest = String(JSON.parse((await refresh(next(), step === "exchange" ? first : newest)).text).refresh_token);
    }
    const told = () => all.flatMap(({ gateway }) => gateway.log).filter((line) => line.includes('"event":"token.reused"')).length;
    const already = told();
    assert.equal((await refresh(next(), first)).status, status, name);
    assert.equal((await refresh(next(), newest)).status, ends ? 401 : 200, name);
    assert.equal(told() - already, ends && !before.includes("revoke") ? 1 : 0, name);
  }
  await Promise.all(all.map(({ gateway }) => gateway.close()));
}

/** Calls back while this machine has another name. */
async function onHost<T>(name: string, act: () => Promise<T>): Promise<T> {
  const [real, variable] = [os.hostname, process.env["HOSTNAME"]];
  os.hostname = () => name;
  process.env["HOSTNAME"] = name;
  syncBuiltinESMExports();
  try {
    return await act();
  } finally {
    os.hostname = real;
    if (variable === undefined) delete process.env["HOSTNAME"];
    else process.env["HOSTNAME"] = variable;
    syncBuiltinESMExports();
  }
}

/**
 * What one replica made is good at the others, also when all were started again on machines of other names; with
 * another secret it is not.
 */
export async function afterRestart({ replica }: ThreeReplicas): Promise<void> {
  const before = await onHost("one", () => Promise.all([replica(), replica(), replica(FIVE_MINUTES)]));
  const [a] = before;
  assert.ok(a !== undefined);
  const { browser } = await loginOver(a.gateway, a.gateway);
  const { access, refresh: token } = await tokensOf(a.gateway, browser);
  await Promise.all(before.map(({ gateway }) => gateway.close()));
  const [, b, c] = await onHost("another", () => Promise.all([replica(), replica(), replica(FIVE_MINUTES)]));
  const foreign = await onHost("one", () => replica(0, randomBytes(32).toString("base64url")));
  assert.ok(b !== undefined && c !== undefined);
  const keys = createLocalJWKSet(JSON.parse(await keysOf(c.gateway)));
  await jwtVerify(access, keys, { issuer: ORIGIN, audience: "api", typ: "at+jwt" });
  assert.equal(await keysOf(b.gateway), await keysOf(c.gateway));
  assert.deepEqual([await statusOf(b.gateway, access), await statusOf(c.gateway, access)], [200, 200]);
  // Another secret: its seals, its tokens and its key set are its own; a ticket depends on the store alone.
  assert.equal(await statusOf(foreign.gateway, access), 401);
  assert.equal((await refresh(foreign.gateway, `${token}`)).status, 200);
  assert.equal((await loginOver(b.gateway, foreign.gateway)).status, 400);
  const strange = createLocalJWKSet(JSON.parse(await keysOf(foreign.gateway)));
  await assert.rejects(jwtVerify(access, strange), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  assert.equal(await foreign.gateway.statusWith(browser.ticket), 200);
}
