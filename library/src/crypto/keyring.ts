/** The keys of the configured secrets: sealing, signing and hashing, with rotation. */
import type { KeyObject } from "node:crypto";
import { createHmac, createSecretKey } from "node:crypto";
import type { Entropy } from "../contracts.ts";
import { CoatcheckError } from "../core/errors.ts";
import { systemEntropy } from "./entropy.ts";
import { hkdfExpand, hkdfExtract } from "./hkdf.ts";
import { type DatedSecret, readDatedSecrets } from "./read-secrets.ts";
import { ed25519Key, P256_BYTES, p256Key } from "./signing/derived-keys.ts";
import type { Xaes } from "./xaes.ts";
import { NONCE_BYTES, xaes256gcm } from "./xaes.ts";

/**
 * Every use of a secret has a key of its own: HKDF's label is `coatcheck/v1/<purpose>` (CR-06); those of signing keys
 * are `sign` (Ed25519) and `sign-es256`, and for one audience `sign/AUDIENCE` and `sign-es256/AUDIENCE`. Sealed are
 * - `tokens`: a provider's tokens in a record; the context is the record's id
 * - `login`: a login in progress, in its cookie; the context is the cookie's name
 * - `logout`: the way to the provider's logout, in an address; the context is our origin
 * - `session`: a session without a store, in its cookie; the context is the cookie's name
 * - `code`: what a person allows a program, in an address; the context is our origin
 * - `development`: codes and refresh tokens of the development provider; the context is the kind and its issuer
 * - `form`: what a person was sending when they had to sign in again, in a marker; the context is who they are
 */
type SealPurpose = "tokens" | "login" | "logout" | "session" | "code" | "development" | "form";

/**
 * Keyed hashes, under labels as {@link SealPurpose}; no purpose is of both kinds.
 * - `address`: of a client's address, in a record
 * - `rotate`: of a session's secret, which makes the one after it
 * - `refresh`: of a refresh token of ours, which makes the one after it
 * - `seen`: of a sealed session's id and the time of its last visit, in a cookie beside it
 */
type HashPurpose = "address" | "rotate" | "refresh" | "seen";

/** The kinds of signing keys that are derived. RSA is imported, never derived (CR-13). */
type DerivedKind = "Ed25519" | "ES256";

type SigningLabel = "sign" | "sign-es256";
type Label = SealPurpose | HashPurpose | "kid" | SigningLabel | `${SigningLabel}/${string}`;

/** A signing key that was derived from a secret, and counts as long as that. */
interface DerivedKey {
  readonly key: KeyObject;
  /** Milliseconds since the epoch; infinite if the secret has no date. */
  readonly until: number;
}

/** What came of opening a sealed value. `unknown-key`: sealed with a secret that is not configured here. */
type Opened =
  | { readonly kind: "opened"; readonly plaintext: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "invalid" };

/** How often a key was used since start, for metrics (CR-05). */
interface KeyUsage {
  readonly keyId: string;
  readonly seals: number;
  readonly opens: number;
}

/** The keys of all configured secrets. The first seals; all open, each until its date if it has one. */
export interface Keyring {
  /**
   * Short names of the keys, the same on every replica and telling nothing about the secrets; these may be logged and
   * shown.
   */
  readonly keyIds: { readonly seals: string; readonly opens: readonly string[] };
  /**
   * Text that only `open` with the same purpose and context reads: `v1.<key id>.<base64url>`. Each is different.
   * Nothing is compressed, so the length tells the plaintext's length alone (CR-12).
   */
  seal(purpose: SealPurpose, plaintext: string, context: string): string;
  /** Whether the first key sealed it. If not, it is to be sealed anew when it is written next (CR-08). */
  isCurrent(sealed: string): boolean;
  /** Never throws, whatever is given. The key is the one that the value names; no other is tried (CR-10). */
  open(purpose: SealPurpose, sealed: string, context: string): Opened;
  /**
   * HMAC-SHA256 with the first secret's key, base64url (43 characters). While a rotation is under way replicas have
   * different first secrets, so it is for comparing within a record, and must not be used as a name that replicas have
   * to agree on.
   */
  deriveHash(purpose: HashPurpose, text: string): string;
  /** The same with the key of each secret, in their order. */
  deriveHashes(purpose: HashPurpose, text: string): readonly string[];
  /**
   * Private keys, one of each secret, in their order: the first signs, and a signature by any of them is ours.
   * The same on every replica, and nothing is stored. Default: Ed25519. With an audience they are for its tokens alone.
   */
  signingKeys(kind?: DerivedKind, audience?: string): readonly DerivedKey[];
  usage(): readonly KeyUsage[];
}

interface KeyringOptions {
  /** Where nonces come from; the system's randomness by default. */
  readonly entropy?: Entropy;
  /** The setting that the secrets came from, for messages: `COATCHECK_SECRET`. */
  readonly source?: string;
  /** The time, for secrets that have a date. */
  readonly now?: () => number;
}

const VERSION = "v1";
const KEY_BYTES = 32;
const KEY_ID_CHARACTERS = 4;
const KEY_ID_AT = VERSION.length + 1;
const BODY_AT = KEY_ID_AT + KEY_ID_CHARACTERS + 1;
const INVALID: Opened = Object.freeze({ kind: "invalid" });
const UNKNOWN_KEY: Opened = Object.freeze({ kind: "unknown-key" });

/**
 * Makes the keys of a list of secrets, or of one text with commas between them. Replicas with the same secrets have the
 * same keys and key ids (CR-09). To change the secret, add the new one as the second everywhere, then make it the first
 * (CR-08).
 *
 * @throws {CoatcheckError} `ERR_SECRET`; see {@link readSecrets}.
 */
export function createKeyring(secrets: string | readonly string[] | undefined, options: KeyringOptions = {}): Keyring {
  const keys = readDatedSecrets(secrets, options.source).map((secret) => new Key(secret));
  const byId = new Map(keys.map((key) => [key.id, key]));
  const first = keys[0];
  if (first === undefined || byId.size !== keys.length) {
    throw new CoatcheckError("ERR_SECRET", {
      message: "two secrets have the same key id\n  That happens once in millions of times. Replace the newer one.",
    });
  }
  const { entropy = systemEntropy, now = Date.now } = options;
  const live = (): readonly Key[] => keys.filter((key) => key.until > now());

  return {
    get keyIds() {
      return { seals: first.id, opens: live().map((key) => key.id) };
    },

    seal(purpose, plaintext, context) {
      if (!context.isWellFormed()) throw new TypeError("The context of a sealed value must be well-formed text.");
      const box = first
        .cipher(purpose)
        .seal(entropy.bytes(NONCE_BYTES), Buffer.from(plaintext), first.associated(purpose, context));
      first.seals++;
      return `${VERSION}.${first.id}.${box.toString("base64url")}`;
    },

    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${first.id}.`),

    open(purpose, sealed, context) {
      if (!sealed.startsWith(`${VERSION}.`) || sealed[BODY_AT - 1] !== "." || !context.isWellFormed()) return INVALID;
      const key = byId.get(sealed.slice(KEY_ID_AT, BODY_AT - 1));
      if (key === undefined || key.until <= now()) return UNKNOWN_KEY;
      const body = sealed.slice(BODY_AT);
      const box = decode(body);
      // Decoding ignores unknown characters; one value must have one spelling.
      if (box.toString("base64url") !== body) return INVALID;
      const plaintext = key.cipher(purpose).open(box, key.associated(purpose, context));
      if (plaintext === undefined) return INVALID;
      key.opens++;
      return { kind: "opened", plaintext: plaintext.toString() };
    },

    deriveHash: (purpose, text) => first.hash(purpose, text),
    deriveHashes: (purpose, text) => live().map((key) => key.hash(purpose, text)),

    signingKeys(kind = "Ed25519", audience) {
      return keys.map((key) => ({ key: key.signingKey(kind, audience), until: key.until }));
    },

    usage() {
      return keys.map(({ id, seals, opens }) => ({ keyId: id, seals, opens }));
    },
  };
}

/** One secret and the keys that are derived from it, each once and when first needed. */
class Key {
  readonly id: string;
  /** From then on it counts no more. */
  readonly until: number;
  seals = 0;
  opens = 0;
  readonly #extracted: KeyObject;
  readonly #ciphers = new Map<SealPurpose, Xaes>();
  readonly #hashKeys = new Map<HashPurpose, KeyObject>();
  readonly #signing = new Map<Label, KeyObject>();
  readonly #associated = new Map<SealPurpose, string>();

  constructor({ bytes, until }: DatedSecret) {
    this.until = until;
    this.#extracted = hkdfExtract(bytes);
    const fingerprint = createHmac("sha256", this.#derive("kid")).update("kid").digest("base64url");
    this.id = fingerprint.slice(0, KEY_ID_CHARACTERS);
  }

  cipher(purpose: SealPurpose): Xaes {
    return remember(this.#ciphers, purpose, () => xaes256gcm(this.#derive(purpose)));
  }

  signingKey(kind: DerivedKind, audience?: string): KeyObject {
    const usual = kind === "Ed25519" ? "sign" : "sign-es256";
    const label: Label = audience === undefined ? usual : `${usual}/${audience}`;
    return remember(this.#signing, label, () =>
      kind === "Ed25519" ? ed25519Key(this.#bytes(label)) : p256Key(this.#bytes(label, P256_BYTES)),
    );
  }

  hash(purpose: HashPurpose, text: string): string {
    const key = remember(this.#hashKeys, purpose, () => this.#derive(purpose));
    return createHmac("sha256", key).update(text).digest("base64url");
  }

  /**
   * Version, key id, purpose, context, each after its length in characters: no two different lists read the same
   * (A-37).
   */
  associated(purpose: SealPurpose, context: string): Buffer {
    const start = remember(this.#associated, purpose, () => [VERSION, this.id, purpose].map(delimited).join(""));
    return Buffer.from(start + delimited(context));
  }

  #derive(label: Label): KeyObject {
    return createSecretKey(this.#bytes(label));
  }

  #bytes(label: Label, length = KEY_BYTES): Buffer {
    return hkdfExpand(this.#extracted, `coatcheck/v1/${label}`, length);
  }
}

/**
 * Holds a sealed value while it is opened: a fresh buffer for each would double the cost of decoding. Only ciphertext.
 */
const scratch = Buffer.allocUnsafeSlow(8192);

function decode(body: string): Buffer {
  if (body.length > scratch.length) return Buffer.from(body, "base64url");
  return scratch.subarray(0, scratch.write(body, "base64url"));
}

function delimited(field: string): string {
  return `${field.length}:${field}`;
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
