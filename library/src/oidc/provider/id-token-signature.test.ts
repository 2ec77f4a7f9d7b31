import assert from "node:assert/strict";
import { test } from "node:test";
import { signingKey, signJwt, unsignedJwt } from "../../../test-support/provider/signing.ts";
import type { MaybePromise } from "../../contracts.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { KeySet } from "../jwt/key-set.ts";
import { usableKeys } from "../jwt/key-set.ts";
import { checkIdTokenSignature } from "./id-token-signature.ts";

/** A key set that gives these keys, whatever is asked for. */
const keysOf = (...keys: readonly { readonly jwk: object }[]): KeySet => {
  const usable = usableKeys(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  return { matching: async () => usable };
};

const CLAIMS = { sub: "alice", groups: ["staff"] };

async function failing(work: () => MaybePromise<void>): Promise<string> {
  try {
    await work();
    return "nothing";
  } catch (error) {
    assert.ok(error instanceof ProviderProblem);
    return error.check;
  }
}

for (const alg of ["RS256", "ES256", "EdDSA"] as const) {
  test(`ID-01 a signature by ${alg} is checked each time; one of another key or over another text is none`, async () => {
    const key = signingKey("k", alg);
    const keys = keysOf(key);
    const token = signJwt({ alg, kid: "k" }, CLAIMS, key);
    for (let turn = 0; turn < 3; turn++) await checkIdTokenSignature(token, alg, keys);
    const [header = "", , signature = ""] = token.split(".");
    const other = Buffer.from(JSON.stringify({ ...CLAIMS, sub: "mallory" })).toString("base64url");
    assert.equal(await failing(() => checkIdTokenSignature(`${header}.${other}.${signature}`, alg, keys)), "signature");
    assert.equal(await failing(() => checkIdTokenSignature(`${token.slice(0, -8)}AAAAAAAA`, alg, keys)), "signature");
    const forged = signJwt({ alg, kid: "k" }, CLAIMS, signingKey("forger", alg));
    assert.equal(await failing(() => checkIdTokenSignature(forged, alg, keys)), "signature");
  });
}

test("ID-01 another algorithm than the configured one is refused before any key is looked for", async () => {
  const key = signingKey("k", "RS256");
  const never: KeySet = { matching: () => assert.fail("no key is asked for") };
  assert.equal(await failing(() => checkIdTokenSignature(unsignedJwt({ alg: "none" }, CLAIMS), "RS256", never)), "alg");
  assert.equal(
    await failing(() => checkIdTokenSignature(signJwt({ alg: "RS256", crit: ["exp"] }, CLAIMS, key), "RS256", never)),
    "crit",
  );
  assert.equal(await failing(() => checkIdTokenSignature(signJwt({ alg: "RS256" }, CLAIMS, key), "PS256", never)), "alg");
});

test("ID-15 a key of another kind, no key, or several: the token is not of any of them", async () => {
  const key = signingKey("k", "RS256");
  const token = signJwt({ alg: "RS256" }, CLAIMS, key);
  assert.equal(await failing(() => checkIdTokenSignature(token, "RS256", keysOf())), "key_selection_failed");
  assert.equal(
    await failing(() => checkIdTokenSignature(token, "RS256", keysOf(key, signingKey("l", "RS256")))),
    "key_selection_failed",
  );
  assert.equal(await failing(() => checkIdTokenSignature(token, "RS256", keysOf(signingKey("k", "ES256")))), "signature");
});

test("an ID token with hundreds of groups is checked as well", async () => {
  const key = signingKey("k", "RS256");
  const groups = Array.from({ length: 1_500 }, (_, index) => `a-group-with-a-name-${index}`);
  await checkIdTokenSignature(signJwt({ alg: "RS256", kid: "k" }, { ...CLAIMS, groups }, key), "RS256", keysOf(key));
});
