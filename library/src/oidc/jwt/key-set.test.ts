import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { lyingProvider } from "../../../test-support/provider/lying-provider.ts";
import { assertFailed, clientOf, signIn } from "../../../test-support/provider/sign-on.ts";
import { signingKey } from "../../../test-support/provider/signing.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { usableKeys } from "./key-set.ts";

const clock = manualClock(Date.now());
const op = await lyingProvider({ now: clock.now });
after(() => op.close());
afterEach(() => op.reset());

test("DK-05 a rotated key works at once, also when it was rotated a moment ago", async () => {
  const { provider } = clientOf(op, {}, { clock });
  assert.equal((await signIn(op, provider)).kind, "login");
  op.signs = signingKey("second");
  op.published = [op.signs];
  assert.equal((await signIn(op, provider)).kind, "login");
  assert.equal(op.count("keys"), 2);
  await provider.close();
});

test("DK-06 unknown kids cause one fetch per cool-down, however many there are", async () => {
  const { provider } = clientOf(op, { jwksCooldown: 30_000 }, { clock });
  await signIn(op, provider);
  let kid = 0;
  op.lies.header = (honest) => {
    kid += 1;
    return { ...honest, kid: `unknown-${kid}` };
  };
  const many = await Promise.all(Array.from({ length: 50 }, () => signIn(op, provider)));
  assert.ok(many.every(({ kind }) => kind === "invalid"));
  assert.equal(op.count("keys"), 2);
  clock.advance(30_000);
  await signIn(op, provider);
  await signIn(op, provider);
  assert.equal(op.count("keys"), 3);
  await provider.close();
});

test("DK-06 concurrent logins share the first fetch", async () => {
  const { provider } = clientOf(op, {}, { clock });
  const many = await Promise.all(Array.from({ length: 20 }, () => signIn(op, provider)));
  assert.ok(many.every(({ kind }) => kind === "login"));
  assert.equal(op.count("keys"), 1);
  await provider.close();
});

test("DK-07 keys that are not for verifying signatures are as if they were not there", async () => {
  const weak = signingKey("weak", "RS256", 1_024);
  const wrong: readonly (readonly [string, object])[] = [
    ["use enc", { ...op.signs.jwk, use: "enc" }],
    ["key_ops without verify", { ...op.signs.jwk, key_ops: ["encrypt"] }],
    ["another alg", { ...op.signs.jwk, alg: "RS512" }],
    ["private", { ...op.signs.privateKey.export({ format: "jwk" }), kid: op.signs.kid }],
    ["oct", { kty: "oct", k: "AAAA", kid: op.signs.kid }],
    ["no modulus", { kty: "RSA", e: "AQAB", kid: op.signs.kid }],
    ["not an object", Object("RSA")],
  ];
  for (const [name, jwk] of wrong) {
    const { provider } = clientOf(op, {}, { clock });
    op.lies.keys = () => ({ keys: [jwk] });
    assert.equal((await signIn(op, provider)).kind, "invalid", name);
    await provider.close();
  }
  const { provider } = clientOf(op, {}, { clock });
  delete op.lies.keys;
  op.signs = weak;
  op.published = [weak];
  assert.equal((await signIn(op, provider)).kind, "invalid", "RSA of 1024 bits");
  await provider.close();
});

test("DK-07 the good key among useless ones is found", async () => {
  op.lies.keys = ({ keys }) => ({ keys: [null, 1, "x", [], { kty: "AKP" }, { ...keys[0], use: "enc" }, ...keys] });
  const { provider } = clientOf(op, {}, { clock });
  assert.equal((await signIn(op, provider)).kind, "login");
  await provider.close();
});

test("DK-07 a key set that is none is refused", async () => {
  for (const lie of [[], { keys: {} }, { keys: null }, "no json", {}, null]) {
    op.lies.keys = () => lie;
    const { provider } = clientOf(op, {}, { clock });
    assertFailed(await signIn(op, provider), "invalid", "keys");
    await provider.close();
  }
  assert.equal(usableKeys(JSON.stringify({ keys: new Array(5_000).fill(op.signs.jwk) })).length, 100);
});

test("DK-08 a withdrawn key is refused once the cache is old; unreadable keys let no caller in", async () => {
  const { provider } = clientOf(op, { jwksMaxAge: 600_000 }, { clock });
  await signIn(op, provider);
  op.published = [signingKey("second")];
  clock.advance(599_000);
  assert.equal((await signIn(op, provider)).kind, "login");
  clock.advance(1_000);
  assert.equal((await signIn(op, provider)).kind, "invalid");
  clock.advance(600_000);
  op.lies.raw = (entry, response) => entry.endpoint === "keys" && Boolean(response.writeHead(503).end());
  assertFailed(await signIn(op, provider), "unavailable");
  await provider.close();
});

test("DK-09 a kid is data, of bounded length", async () => {
  const { provider } = clientOf(op, {}, { clock });
  for (const kid of ["../../etc/passwd", "' OR 1=1", "a\nb", "__proto__", "", "x".repeat(102_400), 1, null, { a: 1 }]) {
    op.lies.header = (honest) => ({ ...honest, kid });
    assertFailed(await signIn(op, provider), "invalid");
    clock.advance(30_000);
  }
  assert.ok(op.journal.every(({ endpoint }) => endpoint !== "other"));
  await provider.close();
});
