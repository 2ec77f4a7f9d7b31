/** The keys that sign what is ours, and those that only verify it: one set on every replica. */
import type { KeyObject } from "node:crypto";
import { createHmac, hash } from "node:crypto";
import type { JsonObject, RetiredKey, SigningKey, SigningOptions } from "../../contracts.ts";
import { CoatcheckError } from "../../core/errors.ts";
import { equalHash } from "../equal.ts";
import type { Keyring } from "../keyring.ts";
import { momentOf } from "../moment.ts";
import { isSignedBy, signatureBy } from "../signature.ts";
import type { KeyAlgorithm } from "./configured-keys.ts";
import { readKeys } from "./configured-keys.ts";
import { type PublishedKey, publicHalf, publishedKey } from "./published-key.ts";

/** What the header of a token says of its key. */
interface KeyHint {
  readonly alg: string;
  /** `null`: it names none. */
  readonly kid: string | null;
}

/** The keys of our own signatures. */
export interface SigningKeys {
  /** Name and algorithm of the key that signs. Fingerprints, no secrets. */
  readonly signs: { readonly kid: string; readonly alg: KeyAlgorithm };
  /** The name of the key that signs what is for this audience. */
  signer(audience: string): string;
  /** The names of all that verify now; shared ones are named, and published nowhere. */
  verifies(now: number): readonly string[];
  /** A compact JWS by the first key, of the audience if it has its own, which adds `alg` and `kid` to the header. */
  sign(header: JsonObject, payload: JsonObject, audience?: string): string;
  /**
   * Whether a signature over `input` is by a key that counts now: the one that the header names, no other is tried
   * (JT-07). A key of one audience counts for that one alone. Never throws.
   */
  isSigned(hint: KeyHint, input: string, signature: Uint8Array, now: number, audience?: string): boolean;
  /** The body of `GET keys`, the same on every replica with the same configuration. */
  published(now: number): string;
}

interface Known {
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  /** Private if it signs. */
  readonly key: KeyObject;
  /** The public half; of a shared key, itself. */
  readonly verifier: KeyObject;
  /** `null`: it is shared, so nobody else may have it. */
  readonly published: PublishedKey | null;
  readonly until: number;
  readonly withoutKid: boolean;
  /** Whose tokens alone it is for; `null`: all that is ours. */
  readonly audience: string | null;
}

/** Audiences with keys of their own, and of which kind. */
export type AudienceKeys = ReadonlyMap<string, (typeof DERIVED)[number]>;

/** What signs; an HS256 key never does. */
interface Signer extends Known {
  readonly alg: Exclude<KeyAlgorithm, "HS256">;
}

const DERIVED = ["EdDSA", "Ed25519", "ES256"] as const;
const STANDARD: readonly SigningKey[] = ["EdDSA"];

/**
 * The set of these options.
 *
 * @throws {CoatcheckError} `ERR_CONFIG` for a key that cannot be used; the message names its place, never the key.
 */
export function signingKeys(
  keyring: Pick<Keyring, "signingKeys">,
  options: SigningOptions = {},
  audiences: AudienceKeys = new Map(),
): SigningKeys {
  const own = (options.keys ?? STANDARD).flatMap((key, index) => signersOf(key, `signing.keys[${index}]`, keyring));
  const first = own[0];
  if (first === undefined) throw refusal("signing.keys is empty", "The first key signs. Leave it out for derived keys.");
  const theirs = [...audiences].flatMap(([audience, name]) => derivedSigners(name, keyring, audience));
  const known: readonly Known[] = [...own, ...theirs, ...(options.verify ?? []).map(retired)];
  refuseTwins(known);
  const signerFor = (audience?: string): Signer => theirs.find((one) => one.audience === audience) ?? first;
  const live = (now: number): readonly Known[] => known.filter(({ until }) => now < until);

  return {
    signs: { kid: first.kid, alg: first.alg },
    verifies: (now) => live(now).map(({ kid }) => kid),
    signer: (audience) => signerFor(audience).kid,
    sign(header, payload, audience) {
      const { key, alg, kid } = signerFor(audience);
      const input = [{ ...header, alg, kid }, payload].map(encode).join(".");
      return `${input}.${signatureBy(key, alg, input).toString("base64url")}`;
    },
    isSigned({ alg, kid }, input, signature, now, audience) {
      const wanted = usualName(alg);
      const isIt = (one: Known): boolean => (kid === null ? one.withoutKid : one.kid === kid);
      const counts = (one: Known): boolean => one.audience === null || one.audience === audience;
      const found = live(now).find((one) => usualName(one.alg) === wanted && isIt(one) && counts(one));
      if (found === undefined) return false;
      if (found.alg === "HS256") return isAuthentic(found.verifier, input, signature);
      return isSignedBy(found.verifier, found.alg, input, signature);
    },
    published: (now) => JSON.stringify({ keys: live(now).flatMap(({ published }) => published ?? []) }),
  };
}

function signersOf(given: SigningKey, place: string, keyring: Pick<Keyring, "signingKeys">): readonly Signer[] {
  const derived = DERIVED.find((name) => name === given);
  if (derived !== undefined) return derivedSigners(derived, keyring);
  return readKeys(given, place).map(({ key, alg }) => {
    if (key.type !== "private" || alg === "HS256") {
      throw refusal(`${place} is no private key`, "One that only verifies belongs into signing.verify.");
    }
    return signer(key, alg);
  });
}

function derivedSigners(
  name: (typeof DERIVED)[number],
  keyring: Pick<Keyring, "signingKeys">,
  audience?: string,
): readonly Signer[] {
  const kind = name === "ES256" ? "ES256" : "Ed25519";
  return keyring.signingKeys(kind, audience).map(({ key, until }) => ({ ...signer(key, name, audience), until }));
}

function signer(key: KeyObject, alg: Signer["alg"], audience: string | null = null): Signer {
  const published = publishedKey(key, alg);
  const until = Number.POSITIVE_INFINITY;
  return { kid: published.kid, alg, key, verifier: publicHalf(key), published, until, withoutKid: false, audience };
}

/** Two names of one algorithm: RFC 8037's, and RFC 9864's. */
const usualName = (alg: string): string => (alg === "Ed25519" ? "EdDSA" : alg);

function retired({ key: given, until, kid: name, withoutKid = false }: RetiredKey, index: number): Known {
  const place = `signing.verify[${index}]`;
  const [read, another] = readKeys(given, `${place}.key`);
  if (read === undefined || another !== undefined) throw refusal(`${place}.key is several keys`, "Give each its own entry.");
  const end = momentOf(until);
  if (end === undefined) throw refusal(`${place}.until is no date with its zone`, "Write it as 2027-03-01T00:00:00Z.");
  const { alg } = read;
  const kid = name ?? read.kid;
  const key = publicHalf(read.key);
  const published = alg === "HS256" ? null : publishedKey(key, alg, kid);
  const named = kid ?? published?.kid ?? sharedName(key);
  return { kid: named, alg, key, verifier: key, published, until: end, withoutKid, audience: null };
}

/** Of its HMAC, since a plain hash of it, as a thumbprint is, may not be shown. */
function sharedName(key: KeyObject): string {
  return createHmac("sha256", key).update("coatcheck/v1/kid").digest("base64url").slice(0, 11);
}

function refuseTwins(known: readonly Known[]): void {
  const names = new Set<string>();
  const nameless = new Set<string>();
  for (const { kid, alg, withoutKid } of known) {
    if (names.has(kid)) throw refusal(`two signing keys are called ${kid}`, "Each stands once, under signing.keys or verify.");
    names.add(kid);
    if (!withoutKid) continue;
    if (nameless.has(alg)) throw refusal(`two ${alg} keys verify tokens without a kid`, "Of each algorithm one may.");
    nameless.add(alg);
  }
}

function isAuthentic(key: KeyObject, input: string, signature: Uint8Array): boolean {
  const expected = createHmac("sha256", key).update(input).digest();
  return equalHash(hash("sha256", signature, "base64url"), hash("sha256", expected, "base64url"));
}

function refusal(wrong: string, right: string): CoatcheckError {
  return new CoatcheckError("ERR_CONFIG", { message: `${wrong}\n  ${right}` });
}

const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString("base64url");
