/**
 * The judge hears of what goes wrong in running processes: each fault is planted between users and replicas, or in a
 * replica. Own process: it tells its children's ends to the console of a run.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { judge, type Violation } from "./judge.ts";
import { play } from "./play.ts";
import { type Stage, setStage } from "./stage.ts";
import type { Plant } from "./users/client.ts";
import type { Diary } from "./users/diary.ts";

/** Enough for each kind of step, and for the fault that is planted in it. */
const STEPS = 250;

let stage: Stage;
before(async () => {
  stage = await setStage({ seed: 1, store: "redis" });
});
after(() => stage[Symbol.asyncDispose]());

/** Which classes of violations users see meanwhile. */
async function classesOf(plant: Plant, meanwhile: () => unknown = () => undefined): Promise<ReadonlySet<Violation["class"]>> {
  const { signal } = new AbortController();
  const working = async (_: unknown, diary: Diary): Promise<void> => {
    await meanwhile();
    while (diary.steps < STEPS) await turn();
  };
  const { failure, journals } = await play(stage, { seed: 1, signal, plant, meanwhile: working });
  assert.equal(failure, null);
  assert.ok(journals.answers.filter(({ kind }) => kind === "served").length > 50);
  return new Set(judge(journals).violations.map((violation) => violation.class));
}

const answered = (status: number, body: object): ReturnType<NonNullable<Plant["answer"]>> => ({
  status,
  headers: { "x-replica": "planted" },
  text: JSON.stringify(body),
});

test("a run without a fault is in order", async () => {
  assert.deepEqual(await classesOf({}), new Set());
});

test("a proxy that mixes up cookies serves users as others", async () => {
  const seen: string[] = [];
  const send: Plant["send"] = (headers) => {
    const { cookie } = headers;
    if (cookie === undefined || !cookie.includes("coatcheck=")) return headers;
    seen.push(cookie);
    return seen.length % 10 === 0 ? { ...headers, cookie: seen[seen.length - 5] ?? cookie } : headers;
  };
  assert.ok((await classesOf({ send })).has("foreign"));
});

test("S-42 a logout that is acknowledged and not done is a session that lives again", async () => {
  const answer: Plant["answer"] = (_, path) => (path === "/auth/logout" ? answered(200, {}) : undefined);
  assert.deepEqual(await classesOf({ answer }), new Set(["resurrected"]));
});

test("a write that is acknowledged and not done is a lost edit", async () => {
  const answer: Plant["answer"] = (_, path) => (path.startsWith("/app/edit?key=b") ? answered(200, {}) : undefined);
  assert.ok((await classesOf({ answer })).has("lost-edit"));
});

test("a 401 that nobody asked for is a user who was signed out", async () => {
  let count = 0;
  const answer: Plant["answer"] = (_, path) => (path === "/" && ++count % 40 === 0 ? answered(401, {}) : undefined);
  assert.ok((await classesOf({ answer })).has("logged-out"));
});

test("S-39 a replica with another secret refuses logins of the others", async () => {
  const [, , last] = stage.gateways;
  assert.ok(last !== undefined);
  const file = `${last.place.folder}/secret-${last.place.name}`;
  writeFileSync(file, `${randomBytes(32).toString("base64url")}\n`);
  const meanwhile = (): void => last.signal("SIGHUP");
  assert.ok((await classesOf({}, meanwhile)).has("wrong"));
});

test("a process that ends by itself is heard of", async () => {
  const meanwhile = (): void => stage.apps[0]?.signal("SIGKILL");
  assert.ok((await classesOf({}, meanwhile)).has("outcry"));
});
