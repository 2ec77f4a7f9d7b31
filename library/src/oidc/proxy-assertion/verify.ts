/** Verifies the assertions of a proxy in front. */
import { hash } from "node:crypto";
import type { AssertionVerifier, Clock, Identity, MaybePromise, ProxyVerdict } from "../../contracts.ts";
import { omitUndefined } from "../../core/options/omit-undefined.ts";
import type { SignatureAlgorithm } from "../../crypto/signature.ts";
import { isSignedBy } from "../../crypto/signature.ts";
import { isSubject } from "../../net/asserted-values.ts";
import { ProviderProblem } from "../http/provider-problem.ts";
import type { Fetch } from "../http/transport.ts";
import type { Fields } from "../jwt/jws.ts";
import { fieldsOf, hintOf, MAX_TOKEN, momentOf, refusing } from "../jwt/jws.ts";
import { personalClaims } from "../provider/id-token.ts";
import type { AssertionKeys } from "./keys.ts";
import { assertionKeys } from "./keys.ts";
import type { AssertionVendor, AssertionVendorName } from "./vendors.ts";
import { ASSERTION_VENDORS } from "./vendors.ts";

/**
 * The signer of the assertions.
 *
 * @example
 * ```ts
 * import type { AssertionOptions } from "coatcheck";
 * const issuer = "https://my-team.cloudflareaccess.com";
 * const assertion: AssertionOptions = { vendor: "cloudflare-access", issuer, audience: "4714c1358e65fe4b…" };
 * ```
 */
export interface AssertionOptions {
  readonly vendor: AssertionVendorName;
  /** `iss`, compared exactly; the issuer of the identities. Google IAP has only one. */
  readonly issuer?: string;
  /** `aud`, one of these; for AWS, the `client`, which is optional. */
  readonly audience?: string | readonly string[];
  /** The ARN of the load balancer, or several of one region. Only for AWS. */
  readonly signer?: string | readonly string[];
  /** The address of the keys, if it is not the vendor's usual one. */
  readonly keys?: string;
  /** The clock tolerance, milliseconds. Default 30,000. */
  readonly clockTolerance?: number;
}

interface AssertionWorld {
  readonly clock: Clock;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/** The options with what the vendor adds, checked. */
interface Settled {
  readonly vendor: AssertionVendor;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly signers: readonly string[];
  readonly tolerance: number;
}

const MOST_CACHED = 1024;
const refuse = refusing("the assertion");

/**
 * Verifies assertions of one signer: exact issuer and audience, an `exp`, a bounded lifetime, an allowed algorithm, no
 * critical extensions (TP-03, ID-15 to ID-17). A verified one is cached by its hash until it expires, so that the next
 * request with it verifies no signature.
 *
 * @throws {TypeError} for options that the vendor lacks or does not know
 */
export function assertionVerifier(options: AssertionOptions, { clock, fetch }: AssertionWorld): AssertionVerifier {
  const settled = settle(options);
  const { vendor, issuer, signers } = settled;
  const address = options.keys ?? vendor.keys(vendor.aws ? (signers[0] ?? "") : issuer);
  if (!URL.canParse(address)) throw new TypeError(`proxy.assertion.keys is ${JSON.stringify(address)}, which is no URL`);
  const keys = assertionKeys(address, clock, { single: vendor.aws === true, ...omitUndefined({ fetch }) });
  const cache = new Map<string, { readonly verdict: ProxyVerdict; readonly until: number }>();

  async function verify(token: string, name: string, now: number): Promise<ProxyVerdict> {
    try {
      const { identity, until } = await verified(token, settled, keys, now);
      const verdict: ProxyVerdict = { kind: "asserted", identity };
      if (cache.size >= MOST_CACHED) cache.clear();
      cache.set(name, { verdict, until });
      return verdict;
    } catch (cause) {
      return { kind: cause instanceof ProviderProblem && cause.kind === "unavailable" ? "unavailable" : "invalid", cause };
    }
  }

  return {
    header: vendor.header,
    verify(token, now): MaybePromise<ProxyVerdict> {
      if (token.length > MAX_TOKEN) return { kind: "invalid", cause: refuse("format", "it is too long") };
      const name = hash("sha256", token, "base64url");
      const known = cache.get(name);
      return known !== undefined && now < known.until ? known.verdict : verify(token, name, now);
    },
  };
}

function settle(options: AssertionOptions): Settled {
  const { vendor: name, clockTolerance: tolerance = 30_000 } = options;
  if (!Object.hasOwn(ASSERTION_VENDORS, name)) {
    throw new TypeError(
      `proxy.assertion.vendor is ${JSON.stringify(name)}; there are ${Object.keys(ASSERTION_VENDORS).join(", ")}`,
    );
  }
  const vendor: AssertionVendor = ASSERTION_VENDORS[name];
  for (const key of vendor.needs) {
    if (listOf(options[key]).length === 0) throw new TypeError(`proxy.assertion.${key} is missing; ${name} needs it`);
  }
  if (vendor.issuer !== undefined && options.issuer !== undefined && options.issuer !== vendor.issuer) {
    throw new TypeError(`proxy.assertion.issuer is ${JSON.stringify(options.issuer)}; that of ${name} is ${vendor.issuer}`);
  }
  if (vendor.aws === undefined && options.signer !== undefined) throw new TypeError("proxy.assertion.signer is of aws-alb alone");
  if (!(tolerance >= 0 && tolerance <= 60_000)) throw new TypeError("proxy.assertion.clockTolerance is 0 to 60,000");
  const signers = listOf(options.signer);
  if (vendor.aws && new Set(signers.map(vendor.keys)).size > 1)
    throw new TypeError("proxy.assertion.signer names several regions");
  const issuer = options.issuer ?? vendor.issuer ?? "";
  if (/[\s\p{Cc}]/u.test(issuer)) throw new TypeError("proxy.assertion.issuer has spaces in it");
  return { vendor, issuer, audiences: listOf(options.audience), signers, tolerance };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  const list = typeof value === "string" ? [value] : (value ?? []);
  return list.filter((one) => one !== "");
}

interface Verified {
  readonly identity: Identity;
  readonly until: number;
}

/** Checks that need no key come first, so that garbage causes no request for one. */
async function verified(token: string, settled: Settled, keys: AssertionKeys, now: number): Promise<Verified> {
  const { vendor } = settled;
  const { header, claims, input, signature } = partsOf(token, vendor);
  checkType(header.get("typ"), vendor.type);
  const hint = hintOf(header, vendor.algorithms, refuse);
  const alg = vendor.algorithms.find((one) => one === hint.alg);
  if (hint.kid === null || alg === undefined) throw refuse("kid", "it does not say which key it was signed with");
  if (vendor.aws) checkSigner(header, settled);
  else checkAudience(claims, settled);
  if ((vendor.aws ? header : claims).get("iss") !== settled.issuer) throw refuse("iss", "it is from another issuer");
  if (claims.has("iss") && claims.get("iss") !== settled.issuer) throw refuse("iss", "it is from another issuer");
  const { issued, until } = timesOf(vendor.aws ? [header, claims] : [claims], settled, now);
  const subject = claims.get("sub");
  if (typeof subject !== "string" || !isSubject(subject)) throw refuse("sub", "sub names no user");
  await checkKey(keys, alg, hint.kid, input, signature);
  const authenticated = claims.has("auth_time") ? momentOf(claims, "auth_time", refuse) : (issued ?? now);
  const identity: Identity = {
    issuer: settled.issuer,
    subject,
    claims: personalClaims(Object.fromEntries(claims), null, { claims: null }),
    authenticatedAt: Math.min(authenticated, now),
    method: "proxy",
  };
  return { identity, until };
}

interface Parts {
  readonly header: Fields;
  readonly claims: Fields;
  readonly input: string;
  readonly signature: Uint8Array;
}

const COMPACT = /^(([\w-]+)\.([\w-]+))\.([\w-]+)$/;
/** AWS pads, against the standard, and signs what it padded. */
const PADDED = /^(([\w+/-]+={0,2})\.([\w+/-]+={0,2}))\.([\w+/-]+={0,2})$/;

function partsOf(token: string, { aws }: AssertionVendor): Parts {
  const match = (aws ? PADDED : COMPACT).exec(token);
  if (match === null) throw refuse("format", "it is no compact JWS");
  const [, input = "", header = "", claims = "", signature = ""] = match;
  return {
    header: fieldsOf(header, refuse),
    claims: fieldsOf(claims, refuse),
    input,
    signature: Buffer.from(signature, "base64url"),
  };
}

/** A token of another type is not accepted, even if the right key signed it (ID-17). */
function checkType(given: unknown, wanted: string | null): void {
  const type = typeof given === "string" ? given.toLowerCase().replace(/^application\//, "") : given;
  if (wanted === null ? type === undefined || type === "jwt" : type === wanted) return;
  throw refuse("typ", `its typ is not ${wanted ?? "JWT"}`);
}

function checkAudience(claims: Fields, { audiences }: Settled): void {
  const aud = claims.get("aud");
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.some((audience) => named.includes(audience))) throw refuse("aud", "it is for others");
}

function checkSigner(header: Fields, { signers, audiences }: Settled): void {
  const [signer, client] = [header.get("signer"), header.get("client")];
  if (typeof signer !== "string" || !signers.includes(signer)) throw refuse("signer", "another load balancer signed it");
  if (audiences.length > 0 && !(typeof client === "string" && audiences.includes(client)))
    throw refuse("aud", "it is for others");
}

/** `until` is when it is refused for its age, so the tolerance is in it. */
function timesOf(
  places: readonly Fields[],
  { vendor, tolerance }: Settled,
  now: number,
): { readonly issued: number | null; readonly until: number } {
  let issued: number | null = null;
  let expires = Number.POSITIVE_INFINITY;
  for (const fields of places) {
    if (fields.has("exp")) expires = Math.min(expires, momentOf(fields, "exp", refuse));
    if (fields.has("iat")) issued = momentOf(fields, "iat", refuse);
    if (fields.has("nbf") && momentOf(fields, "nbf", refuse) > now + tolerance) throw refuse("nbf", "it is not valid yet");
  }
  if (expires === Number.POSITIVE_INFINITY) throw refuse("exp", "it has no end");
  if (issued === null && !vendor.aws) throw refuse("iat", "it does not say when it was issued");
  if (issued !== null && issued > now + tolerance) throw refuse("iat", "it was issued in the future");
  if (expires + tolerance <= now) throw refuse("exp", "it has expired");
  if (expires - (issued ?? now) > vendor.maxLifetime + tolerance) throw refuse("exp", "it is good for too long");
  return { issued, until: expires + tolerance };
}

async function checkKey(
  keys: AssertionKeys,
  alg: SignatureAlgorithm,
  kid: string,
  input: string,
  signature: Uint8Array,
): Promise<void> {
  const key = await keys.find(alg, kid);
  if (key === undefined) throw refuse("kid", "its signer has no such key");
  if (!isSignedBy(key, alg, input, signature)) throw refuse("signature", "its signature is not its signer's");
}
