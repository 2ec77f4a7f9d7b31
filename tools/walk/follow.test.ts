/** Own process: the debugger holds all of it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Call } from "./calls.ts";
import { callsOf } from "./calls.ts";
import { follow } from "./follow.ts";

const SOURCE = `
class Point {
  at = 1;
  get twice(): number {
    return this.at * 2;
  }
}
function half(value: number): number {
  return value / 2;
}
async function later(value: number): Promise<number> {
  await null;
  return half(value);
}
export async function act(): Promise<number> {
  const { twice } = new Point();
  const first = half(twice) + half(4);
  const second = await later(first);
  return [second].map((value) => half(value))[0] ?? 0;
}
`;

const shape = ({ name, happened }: Call): unknown => [name, ...happened.filter((next) => next !== null).map(shape)];

test("every call is followed once, in its order, over getters, callbacks and awaits", async () => {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-walk-"));
  try {
    const file = join(folder, "subject.ts");
    writeFileSync(file, SOURCE);
    const { act }: { act: () => Promise<unknown> } = await import(pathToFileURL(file).href);
    const calls = callsOf(await follow(act, new URL(`${pathToFileURL(folder).href}/`)));
    const expected = ["act", ["Point"], ["get twice"], ["half"], ["half"], ["later", ["half"]], ["", ["half"]]];
    assert.deepEqual(calls.map(shape), [expected]);
    const [half] = calls[0]?.happened.filter((next) => next?.name === "half") ?? [];
    assert.deepEqual([half?.file, half?.line, half?.lines], ["subject", 8, 3]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what it follows may fail, and the failure is told", async () => {
  await assert.rejects(
    follow(() => Promise.reject(new Error("no")), new URL("file:///none/")),
    /no/,
  );
});
