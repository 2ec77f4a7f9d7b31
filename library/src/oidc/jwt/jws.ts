/** Parses compact JWS and checks their header and signature. */
import { compactVerify } from "jose";
import { MAX_DEPTH } from "../../core/record.ts";
import { ProviderProblem, problemOf } from "../http/provider-problem.ts";
import { deeperThan } from "../http/transport.ts";
import type { KeyHint, KeySet, PublicKey } from "./key-set.ts";
import type { KnownSignatures } from "./known-signatures.ts";

/** The members of a header or of claims. */
export type Fields = ReadonlyMap<string, unknown>;

/** A parsed compact JWS, not verified. */
interface Parts {
  readonly header: Fields;
  readonly claims: Fields;
}

/** Makes the error of one kind of token: the failed check, and why in words that may be logged. */
export type Refuse = (check: string, message: string) => ProviderProblem;

/** The longest token that is parsed, in characters; real ones have less than a tenth. */
export const MAX_TOKEN = 16_384;
const MAX_KID = 256;

/** How refusals of a kind of token are worded. They are `invalid`: the token is at fault, not the way to its keys. */
export function refusing(what: string): Refuse {
  return (check, message) => new ProviderProblem("invalid", check, `${what} was refused: ${message}`);
}

/**
 * Takes a token apart: compact serialisation, base64url alone, JSON objects of bounded depth (ID-16). Throws `format`.
 */
export function partsOf(token: string, refuse: Refuse): Parts {
  const parts = token.length > MAX_TOKEN ? null : /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(token);
  if (parts === null) throw refuse("format", "it is no compact JWS, or too long");
  const [, header = "", payload = ""] = parts;
  return { header: fieldsOf(header, refuse), claims: fieldsOf(payload, refuse) };
}

/** The members of one part, which is base64url of a JSON object. Throws `format`. */
export function fieldsOf(part: string, refuse: Refuse): Fields {
  const bytes = Buffer.from(part, "base64url");
  if (deeperThan(bytes, MAX_DEPTH)) throw refuse("format", "it is nested too deeply");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse("format", "it holds no JSON");
  }
  if (!isObject(value)) throw refuse("format", "it holds no JSON object");
  return new Map(Object.entries(value));
}

/** The issuer that a token names, before anything of it was verified; `null` if it is no token. Never throws. */
export function issuerNamed(token: string): string | null {
  try {
    const issuer = partsOf(token, refusing("the token")).claims.get("iss");
    return typeof issuer === "string" ? issuer : null;
  } catch {
    return null;
  }
}

/** Which key it asks for. `jku`, `x5u`, `jwk` and `x5c` are not even read (ID-15). Throws `alg`, `crit`, `kid`. */
export function hintOf(header: Fields, algorithms: readonly string[], refuse: Refuse): KeyHint {
  const alg = algorithms.find((one) => one === header.get("alg"));
  if (alg === undefined) throw refuse("alg", `it is not signed with ${algorithms.join(" or ")}`);
  if (header.has("crit")) throw refuse("crit", "it has critical extensions");
  const kid = header.get("kid");
  if (kid === undefined) return { alg, kid: null };
  if (typeof kid !== "string" || kid.length > MAX_KID) throw refuse("kid", "its kid cannot be used");
  return { alg, kid };
}

/** The last second that a `Date` can represent. */
const MOST_SECONDS = 8_640_000_000_000;

/** The time of a claim, in milliseconds. Throws the claim's name if it is none. */
export function momentOf(claims: Fields, name: string, refuse: Refuse): number {
  const seconds = claims.get(name);
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= MOST_SECONDS)) throw refuse(name, `${name} is no time`);
  return seconds * 1_000;
}

export const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Verifies with the one key that the header names; of several none is tried in turn, as for ID tokens. Throws `kid` or
 * `signature`, and `unavailable` if the keys cannot be had.
 *
 * @param known tokens that were verified with the same key before
 */
export async function checkSignature(
  token: string,
  hint: KeyHint,
  keys: KeySet,
  refuse: Refuse,
  known?: KnownSignatures,
): Promise<void> {
  const [key, another] = await keysFor(hint, keys);
  if (key === undefined) throw refuse("kid", "the provider has no such key");
  if (another !== undefined) throw refuse("kid", "it does not say which of several keys it was signed with");
  if (known?.has(key, token)) return;
  try {
    await compactVerify(token, key, { algorithms: [hint.alg] });
    known?.add(key, token);
  } catch {
    throw refuse("signature", "its signature is not the provider's");
  }
}

/** An error of reading the keys says nothing about the token, which may be sent again. */
async function keysFor(hint: KeyHint, keys: KeySet): Promise<readonly PublicKey[]> {
  try {
    return await keys.matching(hint);
  } catch (error) {
    const problem = problemOf(error);
    const message = `the keys for a token cannot be had: ${problem.message}`;
    throw new ProviderProblem("unavailable", "keys", message, { retryAfter: problem.retryAfter });
  }
}
