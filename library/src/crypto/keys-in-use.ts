/** The keys in use, which can be exchanged while requests are under way. */
import type { ChangedKeys, Entropy, KeyNames } from "../contracts.ts";
import { createKeyring, type Keyring } from "./keyring.ts";
import { type AudienceKeys, type SigningKeys, signingKeys } from "./signing/signing-keys.ts";

/** Keyring and signing keys that stay the same objects when the keys behind them change. */
export interface KeysInUse {
  readonly keyring: Keyring;
  readonly signing: SigningKeys;
  names(now: number): KeyNames;
  /**
   * All from now on, in one step: what was sealed before opens if its secret is still in the list. Throws for keys that
   * cannot be used, and keeps those of before.
   */
  change(keys: ChangedKeys): void;
}

/** What stays as it is when keys change. */
interface KeysWorld {
  /** The time, for secrets that have a date. */
  readonly now?: () => number;
  readonly audiences?: AudienceKeys;
}

/** Makes them; throws as {@link createKeyring} and {@link signingKeys} do. */
export function keysInUse(first: ChangedKeys, entropy: Entropy, world: KeysWorld = {}): KeysInUse {
  const { now: time = Date.now, audiences } = world;
  let { signing: options } = first;
  const made = ({ secrets, signing = options }: ChangedKeys) => {
    // mutant: older-keys-forgotten
    const keyring = createKeyring(secrets, { entropy, now: time });
    return { keyring, signing: signingKeys(keyring, signing, audiences), options: signing };
  };
  let now = made(first);
  const keyring: Keyring = {
    get keyIds() {
      return now.keyring.keyIds;
    },
    seal: (purpose, plaintext, context) => now.keyring.seal(purpose, plaintext, context),
    isCurrent: (sealed) => now.keyring.isCurrent(sealed),
    open: (purpose, sealed, context) => now.keyring.open(purpose, sealed, context),
    deriveHash: (purpose, text) => now.keyring.deriveHash(purpose, text),
    deriveHashes: (purpose, text) => now.keyring.deriveHashes(purpose, text),
    signingKeys: (kind, audience) => now.keyring.signingKeys(kind, audience),
    usage: () => now.keyring.usage(),
  };
  const signing: SigningKeys = {
    get signs() {
      return now.signing.signs;
    },
    verifies: (at) => now.signing.verifies(at),
    signer: (audience) => now.signing.signer(audience),
    sign: (header, payload, audience) => now.signing.sign(header, payload, audience),
    isSigned: (hint, input, signature, at, audience) => now.signing.isSigned(hint, input, signature, at, audience),
    published: (at) => now.signing.published(at),
  };
  return {
    keyring,
    signing,
    names: (at) => ({ ...now.keyring.keyIds, signs: now.signing.signs.kid, verifies: now.signing.verifies(at) }),
    change(keys) {
      now = made(keys);
      ({ options } = now);
    },
  };
}
