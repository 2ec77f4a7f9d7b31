import assert from "node:assert/strict";
import { test } from "node:test";
import { keepFromCaches, uncached } from "./no-store.ts";

test("F-46 S-49 an answer that is a value is for no cache, unless it says so; an immutable one is copied", async () => {
  const plain = new Response("hello", { status: 201 });
  assert.equal(uncached(plain), plain);
  assert.equal(plain.headers.get("cache-control"), "no-store");
  const own = new Response("hello", { headers: { "cache-control": "max-age=60" } });
  assert.equal(uncached(own).headers.get("cache-control"), "max-age=60");
  const fetched = await fetch("data:text/plain,hello");
  const copy = uncached(fetched);
  assert.notEqual(copy, fetched);
  assert.deepEqual([copy.headers.get("cache-control"), copy.status, await copy.text()], ["no-store", 200, "hello"]);
});

test("F-46 S-49 an answer that is pushed is for no cache while that can be said", () => {
  const told = (headersSent: boolean, has: string | null): readonly string[] => {
    const said: string[] = [];
    keepFromCaches({
      headersSent,
      hasHeader: (name) => name === has,
      setHeader: (name, value) => said.push(`${name}: ${value}`),
    });
    return said;
  };
  assert.deepEqual([told(false, null), told(true, null), told(false, "cache-control")], [["cache-control: no-store"], [], []]);
});
