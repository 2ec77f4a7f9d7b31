/**
 * Prints what so many sessions in the memory store take of the heap and outside of it, and how many bytes their texts
 * have. Run with `--expose-gc`.
 */
import { memory } from "../../src/stores/memory.ts";
import { sampleRow } from "../../src/testing/store-suite/rows.ts";

const BODY = JSON.stringify({
  format: 1,
  identity: { subject: "user", claims: { text: "x".repeat(350) } },
  data: {},
  tokens: null,
});
const count = Number(process.argv[2]);
const store = memory();
let data = 0;

function fill(): void {
  for (let index = 0; index < count; index++) {
    const [owner, issuer, sid] = [`https://id.example.com user-${index}`, "https://id.example.com", `sid-${index}`];
    const row = sampleRow({ owner, issuer, sid, body: BODY, renewAt: index, tokenExpires: index });
    data += row.id.length + row.secretHash.length + owner.length + issuer.length + sid.length + BODY.length;
    store.put(row, "absent");
  }
}

function used(): { readonly heap: number; readonly outside: number } {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, outside: arrayBuffers };
}

const before = used();
fill();
const after = used();
const each = (bytes: number): number => Math.round(bytes / count);
process.stdout.write(
  JSON.stringify({
    heap: each(after.heap - before.heap),
    outside: each(after.outside - before.outside),
    data: each(data),
    rows: store.list({ owner: "https://id.example.com user-0" }, 1, 0),
  }),
);
