/** The demo's secrets: the gateway's keyring and the provider's signing key, made at the first start. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the demo keeps secret. Made at its first start, readable by its owner alone, and no part of the repository. */
export interface DevelopmentKeys {
  /** `COATCHECK_SECRET` of the gateway. */
  readonly gatewaySecret: string;
  /** The same for the app's own sessions. */
  readonly appSecret: string;
  /** What the gateway shows the provider. */
  readonly clientSecret: string;
  readonly providerCookies: string;
  /** What the provider signs ID tokens with: a private JWK. */
  readonly signingKey: JsonWebKey;
}

/** The keys of a folder; makes both where they are missing. Throws where the file is none of ours. */
export function developmentKeys(folder: string): DevelopmentKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "keys.json");
  const known = readKeys(file);
  if (known !== undefined) return known;
  const keys = makeKeys();
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}

function readKeys(file: string): DevelopmentKeys | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const keys = parsed(text);
  if (isKeys(keys)) return keys;
  throw new Error(`${file} does not hold the demo's keys; delete the folder and start again`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isKeys(value: unknown): value is DevelopmentKeys {
  if (typeof value !== "object" || value === null || !("signingKey" in value) || typeof value.signingKey !== "object")
    return false;
  const names = ["gatewaySecret", "appSecret", "clientSecret", "providerCookies"];
  return names.every((name) => typeof Reflect.get(value, name) === "string");
}

function makeKeys(): DevelopmentKeys {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const random = () => randomBytes(32).toString("base64url");
  const signingKey = { ...privateKey.export({ format: "jwk" }), kid: randomBytes(8).toString("hex"), alg: "RS256", use: "sig" };
  return { gatewaySecret: random(), appSecret: random(), clientSecret: random(), providerCookies: random(), signingKey };
}
