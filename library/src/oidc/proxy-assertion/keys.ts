/** The public keys by which a proxy's assertions are verified. */
import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import type { Clock, MaybePromise } from "../../contracts.ts";
import { isLoopbackHost } from "../../cookie/names.ts";
import type { SignatureAlgorithm } from "../../crypto/signature.ts";
import { beginning } from "../http/exchange.ts";
import { ProviderProblem, problemOf } from "../http/provider-problem.ts";
import type { Fetch, Transport } from "../http/transport.ts";
import { boundedTransport } from "../http/transport.ts";
import type { PublicKey } from "../jwt/key-set.ts";
import { providerKeySet } from "../jwt/key-set.ts";

/** The public keys of the signer. */
export interface AssertionKeys {
  /**
   * The one key with this `kid`; `undefined` if there is none, or more than one. Throws {@link ProviderProblem} if the
   * keys cannot be read.
   */
  find(alg: SignatureAlgorithm, kid: string): Promise<KeyObject | undefined>;
}

const TIMEOUT = 10_000;
const AGES = { jwksMaxAge: 600_000, jwksCooldown: 30_000 };

/** The keys at an address: a key set, or with `single` one PEM for each `kid` below it. */
export function assertionKeys(
  address: string,
  clock: Clock,
  { single, fetch: given }: { readonly single: boolean; readonly fetch?: Fetch },
): AssertionKeys {
  const { protocol, hostname } = new URL(address);
  const loopback = isLoopbackHost(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && loopback)) {
    throw new TypeError("proxy.assertion.keys must be https; plain http is only for 127.0.0.1, [::1] and localhost");
  }
  const transport = boundedTransport({ timeout: TIMEOUT, maxResponse: 262_144, loopback }, clock, beginning(given));
  return single ? singleKeys(address, clock, transport) : publishedKeys(address, clock, transport);
}

function publishedKeys(address: string, clock: Clock, transport: Transport): AssertionKeys {
  // Some vendors publish keys without a JSON content type.
  const plain: Transport = { send: (_, url, options) => transport.send("public-key", url, options) };
  const keys = providerKeySet(() => address, AGES, plain, clock);
  const imported = new WeakMap<PublicKey, KeyObject>();
  return {
    async find(alg, kid) {
      const [found, another] = await reached(keys.matching({ alg, kid }));
      if (found === undefined || another !== undefined) return undefined;
      const known = imported.get(found) ?? importKey(found);
      if (known !== undefined) imported.set(found, known);
      return known;
    },
  };
}

/** An error of reading the keys says nothing about the assertion. */
async function reached<T>(work: MaybePromise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new ProviderProblem("unavailable", "keys", `the keys for an assertion cannot be had: ${problemOf(error).message}`);
  }
}

function importKey(key: PublicKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...key }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** A `kid` of AWS. It becomes part of an address, so only a UUID is accepted. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PEM = /^\s*-----BEGIN PUBLIC KEY-----[\s\w+/=]+-----END PUBLIC KEY-----\s*$/;
const MOST_KEYS = 64;
const KEY_MAX_AGE = 86_400_000;
/** Rate limit: the most requests in a minute that unknown key ids cause, from all callers together. */
const MOST_FETCHES = 10;
const WINDOW = 60_000;

interface Held {
  readonly key: Promise<KeyObject | undefined>;
  readonly until: number;
}

function singleKeys(address: string, clock: Clock, transport: Transport): AssertionKeys {
  const held = new Map<string, Held>();
  let windowEnds = Number.NEGATIVE_INFINITY;
  let fetches = 0;

  function mayFetch(now: number): boolean {
    if (now >= windowEnds) {
      windowEnds = now + WINDOW;
      fetches = 0;
    }
    fetches++;
    return fetches <= MOST_FETCHES;
  }

  async function read(kid: string): Promise<KeyObject | undefined> {
    const response = await transport.send("public-key", `${address}/${kid}`, { method: "GET" });
    if (response.status !== 200) return undefined;
    const text = await response.text();
    if (!PEM.test(text)) throw new ProviderProblem("invalid", "keys", "the key is not a public key in PEM");
    return createPublicKey(text);
  }

  return {
    async find(_, kid) {
      if (!UUID.test(kid)) return undefined;
      const now = clock.monotonic();
      const known = held.get(kid);
      if (known !== undefined && now < known.until) return reached(known.key);
      if (!mayFetch(now)) throw new ProviderProblem("unavailable", "keys", "too many keys of an unknown name were asked for");
      const key = read(kid);
      if (held.size >= MOST_KEYS) held.clear();
      held.set(kid, { key, until: now + KEY_MAX_AGE });
      // A key that is not there now may be there soon; one that could not be asked for was never looked at.
      const forget = (): void => {
        if (held.get(kid)?.key === key) held.delete(kid);
      };
      key.then((found) => (found === undefined ? forget() : undefined), forget);
      return reached(key);
    },
  };
}
