/** The strategy that authenticates by the headers of a trusted proxy. */
import { hash } from "node:crypto";
import type { AssertionVerifier, Identity, MaybePromise, ProxyReader, ProxyVerdict, RequestView } from "../contracts.ts";
import { equalHash } from "../crypto/equal.ts";
import { readSecret } from "../crypto/secrets.ts";
import type { AssertedField } from "../net/asserted-values.ts";
import { claimsOf, decodeField, groupsOf, isWellFormed } from "../net/asserted-values.ts";
import { TrustedPeers } from "../net/trusted-peers.ts";
import type { ProxyHeaders, ProxyPreset, ProxyPresetName } from "./proxy-presets.ts";
import { decodeWords, PROXY_PRESETS } from "./proxy-presets.ts";

/** How a proxy in front asserts the authenticated user. */
export interface ProxyOptions {
  /**
   * The proxy's addresses: `10.0.3.7`, `10.0.0.0/8`, `fd00::/8`; `unix` for a unix socket. No other peer is believed.
   */
  readonly trusted: readonly string[];
  /** Whose headers are read. Default `generic`: `X-Forwarded-User` and its kin. */
  readonly preset?: ProxyPresetName;
  /** The names of all headers that are read, instead of the preset's. */
  readonly headers?: ProxyHeaders;
  /**
   * The issuer of the identities; with the subject it identifies a user. Default `proxy:<preset>`. Not for assertions,
   * which name their issuer.
   */
  readonly issuer?: string;
  /**
   * A header that only the proxy can send, checked beside its address: 32 random bytes or more. Several values during a
   * rotation. A function is asked at each request.
   */
  readonly secret?: { readonly header: string; readonly value: ChannelSecret | (() => ChannelSecret) };
}

type ChannelSecret = string | readonly string[];

/** What the reader needs besides its options. */
interface ProxyWorld {
  /** Reads the proxy's signed assertion, and ignores its plain headers. */
  readonly assertion?: AssertionVerifier;
}

/**
 * Reads the authenticated user that a trusted proxy asserts (TP-03, S-28). Throws a `TypeError` if no peer or every
 * peer is trusted and for headers that cannot be used, and `ERR_SECRET` for a secret that can be guessed.
 */
export function proxyReader(options: ProxyOptions, { assertion }: ProxyWorld = {}): ProxyReader {
  const channel = new Channel(options);
  if (assertion !== undefined) return assertionReader(channel, assertion);
  const preset = presetOf(options);
  const fields = fieldsOf(preset.headers);
  const reader = new HeaderReader(fields, preset, options.issuer ?? `proxy:${options.preset ?? "generic"}`);
  return {
    headers: [...fields.map(({ header }) => header), ...channel.headers],
    proven: channel.headers.length > 0,
    hint: (reason) => (reason === USER_MISSING ? hintOfUser(fields) : undefined),
    read(request, now) {
      const values = reader.valuesOf(request);
      if (values === undefined) return ABSENT;
      return channel.refusal(request) ?? reader.judge(request, values, now);
    },
  };
}

const USER_MISSING = "user-missing";

/** Claims without a subject authenticate no user (F-68). */
function hintOfUser(fields: readonly Field[]): string {
  const user = fields.find(({ field }) => field === "user")?.header ?? "";
  return `the proxy names other headers, and not ${user}, which says who it is: let it send that too, or read another as the user (proxy.headers.user, at the gateway proxyIdentity.headers.user)`;
}

const ABSENT: ProxyVerdict = { kind: "absent" };
const STRANGER: ProxyVerdict = { kind: "stripped", reason: "peer" };
const WRONG_SECRET: ProxyVerdict = { kind: "stripped", reason: "secret" };
const malformed = (reason: string): ProxyVerdict => ({ kind: "malformed", reason });

/** Recognises the proxy by its address and, if configured, by its secret. */
class Channel {
  readonly headers: readonly string[];
  readonly #peers: TrustedPeers;
  readonly #secretHeader: string;
  readonly #secrets: (() => readonly string[]) | null;

  constructor({ trusted, secret }: ProxyOptions) {
    if (trusted.length === 0) {
      throw new TypeError(
        "proxy.trusted is empty, so no proxy is believed\n  Name the addresses of your proxy, for example 10.0.3.7/32.",
      );
    }
    this.#peers = new TrustedPeers(trusted, "proxy.trusted");
    this.#secretHeader = secret === undefined ? "" : headerName(secret.header, "proxy.secret.header");
    this.headers = secret === undefined ? [] : [this.#secretHeader];
    this.#secrets = secret === undefined ? null : currentHashes(secret.value);
  }

  /** Why this request's assertion is not trusted; `undefined` if it is. */
  refusal(request: RequestView): ProxyVerdict | undefined {
    if (!this.#peers.has(request.peer)) return STRANGER;
    if (this.#secrets === null) return undefined;
    const presented = hash("sha256", request.header(this.#secretHeader) ?? "", "base64url");
    return this.#secrets().filter((secret) => equalHash(presented, secret)).length > 0 ? undefined : WRONG_SECRET;
  }
}

/** Hashed once for each value; the first has to be right. */
function currentHashes(given: ChannelSecret | (() => ChannelSecret)): () => readonly string[] {
  if (typeof given !== "function") {
    const constant = hashesOf(given);
    return () => constant;
  }
  let known = given();
  let hashes = hashesOf(known);
  return () => {
    const value = given();
    if (value !== known) {
      hashes = hashesOf(value);
      known = value;
    }
    return hashes;
  };
}

function hashesOf(value: ChannelSecret): readonly string[] {
  const secrets = typeof value === "string" ? [value] : value;
  if (secrets.length === 0) throw new TypeError("proxy.secret.value is empty; it needs 32 random bytes, in the proxy and here");
  return secrets.map((secret, index) => {
    readSecret(secret, typeof value === "string" ? "proxy.secret.value" : `proxy.secret.value[${index}]`);
    return hash("sha256", secret.trim(), "base64url");
  });
}

function assertionReader(channel: Channel, assertion: AssertionVerifier): ProxyReader {
  return {
    headers: [assertion.header, ...channel.headers],
    proven: true,
    read(request, now): MaybePromise<ProxyVerdict> {
      const value = request.header(assertion.header);
      if (value === undefined || value === "") return ABSENT;
      const refusal = channel.refusal(request);
      if (refusal !== undefined) return refusal;
      return value.includes(",") ? malformed("assertion-repeated") : assertion.verify(value, now);
    },
  };
}

interface Field {
  readonly field: AssertedField;
  readonly header: string;
}

const FIELDS: readonly AssertedField[] = ["user", "email", "groups", "preferredUsername", "name"];
/** The fields' names in reasons. */
const WORDS: { readonly [field in AssertedField]: string } = {
  user: "user",
  email: "email",
  groups: "groups",
  preferredUsername: "preferred-username",
  name: "name",
};

function presetOf({ preset, headers }: ProxyOptions): ProxyPreset {
  const name = preset ?? "generic";
  if (!Object.hasOwn(PROXY_PRESETS, name)) {
    throw new TypeError(`proxy.preset is ${JSON.stringify(preset)}; there are ${Object.keys(PROXY_PRESETS).join(", ")}`);
  }
  const known = PROXY_PRESETS[name];
  return headers === undefined ? known : { ...known, headers };
}

function fieldsOf(headers: ProxyHeaders): readonly Field[] {
  const fields = FIELDS.flatMap((field) => {
    const name = headers[field];
    return name === undefined ? [] : [{ field, header: headerName(name, `proxy.headers.${field}`) }];
  });
  if (fields[0]?.field !== "user") throw new TypeError("proxy.headers.user is missing; it names the header with the user");
  return fields;
}

/** Headers with another meaning, or of which Node drops all lines but the first. */
const TAKEN =
  /^(?:age|authorization|connection|content-.*|cookie|date|etag|expect|expires|forwarded|from|host|if-.*|keep-alive|last-modified|location|max-forwards|origin|proxy-.*|referer|retry-after|sec-.*|server|te|trailer|transfer-encoding|upgrade|user-agent|x-forwarded-(?:for|host|port|proto))$/;

function headerName(given: string, place: string): string {
  const name = given.toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^`|~-]+$/.test(name)) {
    throw new TypeError(
      `${place} is ${JSON.stringify(given)}; a header's name has letters, digits and -, and no _, for which others take -`,
    );
  }
  if (TAKEN.test(name)) throw new TypeError(`${place} is ${JSON.stringify(given)}, which means something else`);
  return name;
}

const MOST_CACHED = 1024;
/** How long the same values give the same identity object, milliseconds. */
const CACHED_FOR = 3_600_000;

interface Cached {
  readonly verdict: Extract<ProxyVerdict, { kind: "asserted" }>;
  /** The header whose values have commas. */
  readonly commas: readonly Field[];
}

/** Makes identities from plain headers; the same object for the same values. */
class HeaderReader {
  readonly #fields: readonly Field[];
  readonly #preset: ProxyPreset;
  readonly #issuer: string;
  readonly #cache = new Map<string, Cached>();

  constructor(fields: readonly Field[], preset: ProxyPreset, issuer: string) {
    if (!/^[^\s\p{Cc}]{1,255}$/u.test(issuer)) throw new TypeError("proxy.issuer is 1 to 255 characters without spaces");
    this.#fields = fields;
    this.#preset = preset;
    this.#issuer = issuer;
  }

  /**
   * The headers' values, one for each; `undefined` if all are empty, as some proxies send them for anonymous requests
   * (A-15).
   */
  valuesOf(request: RequestView): string | undefined {
    let values = "";
    let said = false;
    for (const { header } of this.#fields) {
      const value = request.header(header);
      if (value !== undefined && value !== "") {
        said = true;
        values += value;
      }
      values += "\n";
    }
    return said ? values : undefined;
  }

  judge(request: RequestView, values: string, now: number): ProxyVerdict {
    const known = this.#cache.get(values);
    // Node joins repeated lines by commas, so that a value with a comma may have been two lines.
    const commas = known?.commas ?? this.#withCommas(values);
    for (const { header, field } of commas) {
      if ((request.lines?.(header) ?? 1) > 1) return malformed(`${WORDS[field]}-repeated`);
    }
    if (known !== undefined && now - known.verdict.identity.authenticatedAt < CACHED_FOR) return known.verdict;
    const identity = this.#identity(values.split("\n"), now);
    if (typeof identity === "string") return malformed(identity);
    const verdict = { kind: "asserted", identity } as const;
    if (this.#cache.size >= MOST_CACHED) this.#cache.clear();
    this.#cache.set(values, { verdict, commas });
    return verdict;
  }

  #withCommas(values: string): readonly Field[] {
    const lines = values.split("\n");
    return this.#fields.filter((_, index) => lines[index]?.includes(","));
  }

  /** The identity, or the field that is malformed. */
  #identity(values: readonly string[], now: number): Identity | string {
    const texts = new Map<AssertedField, string>();
    for (const [index, { field }] of this.#fields.entries()) {
      const value = values[index] ?? "";
      if (value === "") continue;
      const text = this.#textOf(value);
      if (text === undefined || !isWellFormed(field, text)) return `${WORDS[field]}-malformed`;
      texts.set(field, text);
    }
    const subject = texts.get("user");
    if (subject === undefined) return USER_MISSING;
    const list = texts.get("groups");
    const groups = list === undefined ? undefined : groupsOf(list, this.#preset.separator);
    if (list !== undefined && groups === undefined) return "groups-malformed";
    return { issuer: this.#issuer, subject, claims: claimsOf(texts, groups), authenticatedAt: now, method: "proxy" };
  }

  #textOf(value: string): string | undefined {
    const bytes = this.#preset.encodedWords === true ? decodeWords(value) : value;
    return bytes === undefined ? undefined : decodeField(bytes);
  }
}
