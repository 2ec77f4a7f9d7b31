import assert from "node:assert/strict";
import { test } from "node:test";
import type { Script } from "./script/script.ts";
import { withoutParts } from "./shrink.ts";

const item = (id: number) => ({ kind: "withdraw", user: 0, at: id, id }) as const;
const script = (count: number): Pick<Script, "items"> => ({ items: Array.from({ length: count }, (_, index) => item(index)) });

test("what a failure does without is left out, and nothing else", async () => {
  const needed = [3, 17, 18];
  const short = await withoutParts(script(40), async ({ items }) => needed.every((id) => items.some((one) => one.id === id)));
  assert.deepEqual(
    short.items.map(({ id }) => id),
    needed,
  );
});

test("a failure that needs nothing shrinks to nothing", async () => {
  assert.deepEqual((await withoutParts(script(9), async () => true)).items, []);
});
