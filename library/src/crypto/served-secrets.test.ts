import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ServedSecrets } from "./served-secrets.ts";
import { hashSecret } from "./ticket.ts";

const made = (): string => hashSecret(randomBytes(32).toString("base64url"));

test("S-65 of ten thousand secrets that proved a session nearly all are known, and of others none", () => {
  const served = new ServedSecrets();
  const proved = Array.from({ length: 10_000 }, made);
  for (const hash of proved) served.add(hash);
  const known = proved.filter((hash) => served.has(hash)).length;
  assert.ok(known > 9_000, `${known}: who came later to a place has it`);
  assert.equal(served.has(proved.at(-1) ?? ""), true);
  assert.deepEqual(
    Array.from({ length: 10_000 }, made).filter((hash) => served.has(hash)),
    [],
  );
});

test("S-65 every character of base64url counts, at each place that is looked at", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const spelled = [...alphabet].flatMap((character) =>
    Array.from({ length: 7 }, (_, at) => `A${"A".repeat(at)}${character}${"A".repeat(41 - at)}`),
  );
  for (const hash of spelled) {
    const served = new ServedSecrets();
    assert.equal(served.has(hash), false, "an empty place is nobody's");
    served.add(hash);
    assert.deepEqual(
      [...new Set(spelled)].filter((other) => served.has(other)),
      [hash],
    );
  }
});
