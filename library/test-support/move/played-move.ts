/** Plays a move between two stores, stopped and gone on with, while users change their sessions by two replicas. */
import assert from "node:assert/strict";
import type { SessionStore } from "../../src/contracts.ts";
import { moveSessions } from "../../src/move/mover.ts";
import { moving } from "../../src/move/moving-store.ts";
import { memory } from "../../src/stores/memory.ts";
import { overStore } from "../../src/testing/over-store.ts";
import type { StoreUnderTest } from "../../src/testing/store-suite/case.ts";
import { Dice, START } from "../../src/testing/store-suite/rows.ts";
import { act, MovedUsers } from "./moved-users.ts";

const clock = { now: () => START };

/** How one more handle on the same storage is had. */
export type Handles = () => SessionStore | Promise<SessionStore>;

/** The handles of a store under test, the first of them first. */
export function handlesOn({ store, another }: StoreUnderTest): Handles {
  let first: SessionStore | undefined = store;
  return async () => {
    const handle = first ?? (await another?.());
    first = undefined;
    assert.ok(handle);
    return handle;
  };
}

/** A store in memory that several replicas close. */
export function inMemory(): Handles {
  const store = memory();
  const scan: Scan = (position, limit) => store.scan?.(position, limit) ?? { rows: [], markers: [], next: null };
  return () => overStore(store, { close: () => undefined, scan });
}

type Scan = NonNullable<SessionStore["scan"]>;

/** Into such a store, and out of another one. */
export async function playMovesOf(make: () => Promise<StoreUnderTest>): Promise<void> {
  const [into, outOf] = [await make(), await make()];
  await playMove(inMemory(), handlesOn(into));
  await playMove(handlesOn(outOf), inMemory());
  for (const { dispose } of [into, outOf]) await dispose?.();
}

/** Moves all sessions, and judges what every process sees then. It closes all handles that it had. */
export async function playMove(from: Handles, to: Handles): Promise<void> {
  const users = new MovedUsers(new Dice(Math.floor(Math.random() * 2 ** 32)));
  const handles: SessionStore[] = [];
  const had = async (store: SessionStore | Promise<SessionStore>): Promise<SessionStore> => {
    handles.push(await store);
    return store;
  };
  const replica = async (): Promise<SessionStore> => had(moving({ from: await from(), to: await to(), clock }));
  const [a, b] = [await replica(), await replica()];
  await act(users, [await had(from()), a], 20);
  const options = { from: await had(from()), to: await had(to()), clock, page: 5 };
  const stop = new AbortController();
  const stopped = moveSessions({ ...options, signal: stop.signal, onProgress: () => stop.abort() });
  await act(users, [a, b], 10);
  assert.equal((await stopped).outcome, "stopped");
  const [{ outcome, moved, proof }] = await Promise.all([moveSessions(options), act(users, [a, b], 60)]);
  assert.deepEqual([outcome, proof.differences], ["done", []]);
  assert.ok(moved > 0 && proof.sessions.browser + proof.ended > 0 && proof.digests.from === proof.digests.to);
  await act(users, [a, b, await had(to())], 20);
  await users.judge(await had(to()));
  for (const handle of handles) await handle.close();
}
