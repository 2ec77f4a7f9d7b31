/** A provider's published keys, cached and read again for an unknown key. */
import type { Clock, MaybePromise } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { Transport } from "../http/transport.ts";

/** A public key as the provider publishes it; members beside these are left out. */
export interface PublicKey {
  readonly kty: "RSA" | "EC" | "OKP";
  readonly kid?: string;
  readonly alg?: string;
  readonly crv?: string;
  readonly n?: string;
  readonly e?: string;
  readonly x?: string;
  readonly y?: string;
}

/** The members of a token's header that choose the key. `jku`, `x5u`, `jwk` and `x5c` are not even read (ID-15). */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | null;
}

/** The keys of a provider, cached for a bounded time. */
export interface KeySet {
  /**
   * The keys that may have made a signature. An unknown `kid` causes one fetch per cool-down. Throws {@link
   * ProviderProblem}.
   */
  matching(hint: KeyHint): MaybePromise<readonly PublicKey[]>;
}

/** How long keys are cached, and how often an unknown `kid` may cause a fetch, milliseconds. */
interface KeyAges {
  readonly jwksMaxAge: number;
  readonly jwksCooldown: number;
}

const FAILURE_FLOOR = 1_000;
const MAX_KEYS = 100;

/** Reads the key set when first asked. Concurrent requests share one fetch (DK-06). */
export function providerKeySet(address: () => string, config: KeyAges, transport: Transport, clock: Clock): KeySet {
  let keys: readonly PublicKey[] | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let unknownAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown = null;
  let pending: Promise<readonly PublicKey[]> | null = null;

  function fetchShared(): Promise<readonly PublicKey[]> {
    if (pending === null && failure !== null && clock.monotonic() - failedAt < FAILURE_FLOOR) return Promise.reject(failure);
    pending ??= read().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function read(): Promise<readonly PublicKey[]> {
    try {
      const fresh = await readKeys(address(), transport);
      keys = fresh;
      readAt = clock.monotonic();
      failure = null;
      return fresh;
    } catch (error) {
      failure = error;
      failedAt = clock.monotonic();
      throw error;
    }
  }

  function matching(hint: KeyHint): MaybePromise<readonly PublicKey[]> {
    if (keys === null || clock.monotonic() - readAt >= config.jwksMaxAge) return fetchShared().then((read) => select(read, hint));
    const found = select(keys, hint);
    if (found.length > 0) return found;
    // A key that is missing may be new. The first such token fetches at once, the next only after the cool-down.
    if (pending === null && clock.monotonic() - unknownAt < config.jwksCooldown) return found;
    unknownAt = clock.monotonic();
    return fetchShared().then((read) => select(read, hint));
  }

  return { matching };
}

async function readKeys(url: string, transport: Transport): Promise<readonly PublicKey[]> {
  const response = await transport.send("keys", url, {
    method: "GET",
    headers: { accept: "application/json, application/jwk-set+json" },
  });
  if (response.status !== 200)
    throw new ProviderProblem("invalid", "keys", `the provider's key set has status ${response.status}`);
  return usableKeys(await response.text());
}

/**
 * The keys of a published set that can verify signatures; all others are ignored, as if they were not there (DK-07).
 */
export function usableKeys(text: string): readonly PublicKey[] {
  const set = parse(text);
  if (typeof set !== "object" || set === null || !("keys" in set) || !Array.isArray(set.keys))
    throw new ProviderProblem("invalid", "keys", "the provider's key set is not a JSON Web Key Set");
  return set.keys.slice(0, MAX_KEYS).flatMap((key: unknown) => {
    const usable = usableKey(key);
    return usable === null ? [] : [usable];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProviderProblem("invalid", "keys", "the provider's key set is not JSON");
  }
}

function usableKey(value: unknown): PublicKey | null {
  if (typeof value !== "object" || value === null) return null;
  const key = new Map<string, unknown>(Object.entries(value));
  const kty = key.get("kty");
  const operations = key.get("key_ops");
  if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") return null;
  if (key.has("d") || key.has("k")) return null;
  if (key.has("use") && key.get("use") !== "sig") return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return null;
  const text = (name: string): string | undefined => {
    const member = key.get(name);
    return typeof member === "string" ? member : undefined;
  };
  const usable: PublicKey = {
    kty,
    ...omitUndefined({
      kid: text("kid"),
      alg: text("alg"),
      crv: text("crv"),
      n: text("n"),
      e: text("e"),
      x: text("x"),
      y: text("y"),
    }),
  };
  return kty === "RSA" && modulusBits(key.get("n")) < 2_048 ? null : usable;
}

function modulusBits(n: unknown): number {
  if (typeof n !== "string" || !/^[\w-]+$/.test(n)) return 0;
  const bytes = Buffer.from(n, "base64url");
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
}

const CURVES: { readonly [alg: string]: string } = {
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
  EdDSA: "Ed25519",
  Ed25519: "Ed25519",
};

function select(keys: readonly PublicKey[], { alg, kid }: KeyHint): readonly PublicKey[] {
  const curve = CURVES[alg];
  const kty = curve === undefined ? "RSA" : curve === "Ed25519" ? "OKP" : "EC";
  return keys.filter(
    (key) =>
      key.kty === kty &&
      (curve === undefined || key.crv === curve) &&
      (kid === null || key.kid === kid) &&
      (key.alg === undefined || key.alg === alg),
  );
}
