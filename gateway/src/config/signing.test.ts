/** The settings `signing`, from the file to what is published. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { startFullGateway } from "../../test-support/full-gateway.ts";
import { loadConfig } from "./config.ts";
import { formatProblems } from "./sources/place.ts";

const folder = temporaryFolder("signing");
after(() => folder[Symbol.dispose]());

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
folder.write("signing.pem", privateKey.export({ format: "pem", type: "pkcs8" }).toString());
const old = createPublicKey(generateKeyPairSync("ed25519").privateKey).export({ format: "jwk" });
folder.write("old.jwk", JSON.stringify({ ...old, kid: "of-2024" }));

const BASE = {
  secrets: [randomBytes(32).toString("base64url")],
  publicUrl: "http://localhost:4180",
  providers: [{ issuer: "https://id.example.com", clientId: "app", clientSecret: "s" }],
};

function load(signing: object, environment: { readonly [name: string]: string } = {}) {
  const loaded = loadConfig({ args: [], environment, directory: folder.path, file: { ...BASE, signing } });
  return loaded.ok ? loaded.settings.signing : formatProblems(loaded.problems);
}

test("S-59 S-64 keys are derived or come from files; the variable is the first", () => {
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString().trim();
  const own = { derived: undefined, key: pem };
  assert.deepEqual(load({ keys: [{ keyFile: "signing.pem" }, "ES256"] }), {
    keys: [own, { derived: "ES256", key: undefined }],
    verify: [],
  });
  assert.deepEqual(load({}, { COATCHECK_SIGNING_KEY_FILE: "signing.pem" }), { keys: [own], verify: [] });
  for (const [signing, words] of [
    [{ keys: [{}] }, /signing\.keys\[0\] has no key/],
    [{ keys: ["EdDSA", { derived: "ES256", keyFile: "signing.pem" }] }, /signing\.keys\[1\] has two keys/],
    [{ keys: [] }, /signing\.keys is empty/],
    [{ keys: ["RS256"] }, /signing\.keys\[0\]\.derived is RS256/],
    [{ keys: [{ keyFile: "missing" }] }, /signing\.keys\[0\]\.keyFile is missing, which cannot be read/],
    [{ verify: [{ until: "2027-01-01" }] }, /signing\.verify\[0\]\.key is missing/],
    [{ verify: [{ keyFile: "old.jwk" }] }, /signing\.verify\[0\]\.until is missing/],
  ] as const) {
    assert.match(String(load(signing)), words);
  }
});

test("S-59 the gateway publishes the keys of its settings, the signing one first, and names them", async () => {
  const key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const verify = [{ key: JSON.stringify({ ...old, kid: "of-2024" }), until: "2999-01-01" }];
  await using gateway = await startFullGateway({ config: { signing: { keys: [{ key }, "ES256"], verify } }, upstreams: [] });
  const published: readonly { readonly kid: string; readonly alg: string }[] = JSON.parse(
    (await gateway.ask("/auth/keys")).text,
  ).keys;
  assert.deepEqual(
    published.map(({ alg }) => alg),
    ["RS256", "ES256", "EdDSA"],
  );
  const { keys } = JSON.parse((await gateway.admin("/health/ready")).text);
  assert.deepEqual([keys.verifies, keys.signs], [published.map(({ kid }) => kid), published[0]?.kid]);
  assert.equal(keys.verifies[2], "of-2024");
});
