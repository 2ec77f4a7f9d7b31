/** Reads what a proxy says of a request that it holds back; what is not understood never passes. */
import type { IncomingMessage } from "node:http";
import type { TrustedPeers } from "coatcheck/address";
import { VIA } from "../config/upstream.ts";
import { ClientRequest, headerOf } from "../request/client-request.ts";
import type { PublicOrigin, PublicOrigins } from "../request/origin.ts";
import { readTarget } from "../request/path.ts";
import type { CheckRequest } from "../session/interface.ts";

/** The request that a proxy in front holds back, as its metadata describe it. */
interface Original {
  readonly method: string;
  readonly target: string;
  readonly origin: PublicOrigin;
}

/** What the address of the question says: which proxy asks, and which users it wants to let through. */
interface Question {
  readonly askedBy: "nginx" | "forward" | "envoy";
  readonly groups: readonly string[];
  readonly providers: readonly string[];
  readonly via: readonly string[];
}

/** The question about an original request, with the headers that the client sent with it. */
class Check extends ClientRequest implements CheckRequest {
  readonly origin: string;
  readonly askedBy: "nginx" | "forward" | "envoy";
  readonly groups: readonly string[];
  readonly providers: readonly string[];
  readonly via: readonly string[];

  constructor(
    lines: readonly string[],
    peer: string | undefined,
    { method, target, origin }: Original,
    { askedBy, groups, providers, via }: Question,
  ) {
    super(method, target, peer, lines);
    this.origin = origin.origin;
    this.askedBy = askedBy;
    this.groups = groups;
    this.providers = providers;
    this.via = via;
  }

  get isHandshake(): boolean {
    const lines = this.rawLines;
    for (let index = 0; index < lines.length; index += 2) {
      const name = lines[index] ?? "";
      if (name.length === UPGRADE.length && name.toLowerCase() === UPGRADE) return true;
      if (name.length === SOCKET_KEY.length && name.toLowerCase() === SOCKET_KEY) return true;
    }
    return false;
  }
}

const UPGRADE = "upgrade";
const SOCKET_KEY = "sec-websocket-key";

/**
 * What a request to a check endpoint asks about. `undefined` if the metadata are missing, malformed, about a host
 * that is not ours, or from a peer that is not trusted: never a pass. `skip` is the length of
 * `PREFIX/check/` in the address. The headers are the client's, passed on: without `proxyProven` the request has no
 * peer, so that the address of the asking proxy does not vouch for a user that the headers name.
 */
export function checkRequest(
  message: IncomingMessage,
  skip: number,
  { peers, origins }: { readonly peers: TrustedPeers; readonly origins: PublicOrigins },
  proxyProven: boolean,
): CheckRequest | undefined {
  const peer = message.socket.remoteAddress;
  if (!peers.has(peer)) return undefined;
  const rest = (message.url ?? "").slice(skip);
  const question = readQuestion(rest) ?? carriedQuestion(message, rest);
  if (question === undefined) return undefined;
  const original = readOriginal(question.askedBy, message, rest, origins);
  return original === undefined ? undefined : new Check(message.rawHeaders, proxyProven ? peer : undefined, original, question);
}

const NARROWING = ["groups", "providers", "via"] as const;
const WAYS: readonly string[] = VIA;
const ENVOY: Question = { askedBy: "envoy", groups: [], providers: [], via: [] };
const CAPACITY = 128;
/** A bounded cache: dropped whole when it is full. */
const cache = new Map<string, Question | undefined>();

/** `nginx?groups=a,b`; a configuration asks with few addresses, so the answers are cached. */
function readQuestion(rest: string): Question | undefined {
  if (rest.startsWith("envoy/")) return ENVOY;
  const known = cache.get(rest);
  if (known !== undefined || cache.has(rest)) return known;
  const question = parseQuestion(rest);
  if (cache.size >= CAPACITY) cache.clear();
  cache.set(rest, question);
  return question;
}

/** An unknown parameter is refused: it may have been meant to restrict access. */
function parseQuestion(rest: string): Question | undefined {
  const cut = rest.indexOf("?");
  const askedBy = cut < 0 ? rest : rest.slice(0, cut);
  if (askedBy !== "nginx" && askedBy !== "forward") return undefined;
  const parameters = new URLSearchParams(cut < 0 ? "" : rest.slice(cut + 1));
  if ([...parameters.keys()].some((key) => !NARROWING.some((name) => name === key))) return undefined;
  const [groups, providers, via] = NARROWING.map((name) => choice(parameters.getAll(name)));
  if (groups === undefined || providers === undefined || via?.every((way) => WAYS.includes(way)) !== true) return undefined;
  return { askedBy, groups, providers, via };
}

/** `a,b` of a parameter; empty if it is absent. `undefined` if it is malformed or given twice. */
function choice([given, ...more]: readonly string[]): readonly string[] | undefined {
  if (given === undefined) return [];
  const words = new Set(given.split(",").map((word) => word.trim()));
  return more.length > 0 || words.has("") ? undefined : [...words];
}

/**
 * Caddy sends the client's own query along if its configuration gives none. Of such a query only `groups` and
 * `providers` count, with which a client can keep out only itself.
 */
function carriedQuestion(message: IncomingMessage, rest: string): Question | undefined {
  const cut = rest.indexOf("?");
  const uri = headerOf(message.rawHeaders, "x-forwarded-uri") ?? "";
  if (cut < 0 || rest.slice(0, cut) !== "forward" || uri.slice(uri.indexOf("?")) !== rest.slice(cut)) return undefined;
  const sent = new URLSearchParams(rest.slice(cut + 1));
  const narrowing = new URLSearchParams();
  for (const name of ["groups", "providers"]) if (sent.has(name)) narrowing.set(name, sent.getAll(name).join());
  return parseQuestion(`forward?${narrowing}`);
}

function readOriginal(
  askedBy: Question["askedBy"],
  message: IncomingMessage,
  rest: string,
  origins: PublicOrigins,
): Original | undefined {
  const { rawHeaders } = message;
  if (askedBy === "nginx")
    return originalOfUrl(headerOf(rawHeaders, "x-original-method"), headerOf(rawHeaders, "x-original-url"), origins);
  if (askedBy === "forward") {
    const header = (name: string): string | undefined => headerOf(rawHeaders, `x-forwarded-${name}`);
    return original(header("method"), withoutSocket(header("proto")), header("host"), header("uri"), origins);
  }
  const scheme = withoutSocket(headerOf(rawHeaders, "x-forwarded-proto"));
  return original(message.method, scheme, headerOf(rawHeaders, "host"), rest.slice("envoy".length), origins);
}

/** Of an absolute URL. Its host is compared as a whole, so nothing that is no host can be taken for one of ours. */
function originalOfUrl(method: string | undefined, url: string | undefined, origins: PublicOrigins): Original | undefined {
  if (url === undefined || method === undefined) return undefined;
  // As a proxy writes it: one of our origins, letter for letter.
  const known = origins.leading(url);
  if (known !== undefined) return targetAt(known, method, url.slice(known.origin.length));
  const start = url.indexOf("://") + 3;
  if (start < 3) return undefined;
  const slash = url.indexOf("/", start);
  const query = url.indexOf("?", start);
  // A path may be left out, also if a query follows.
  const bare = slash === -1 || (query !== -1 && query < slash);
  const end = bare ? (query === -1 ? url.length : query) : slash;
  const uri = bare ? `/${url.slice(end)}` : url.slice(end);
  return original(method, url.slice(0, start - 3), url.slice(start, end), uri, origins);
}

/** Traefik says `wss` of the handshake of a WebSocket. */
function withoutSocket(scheme: string | undefined): string | undefined {
  return scheme === "wss" ? "https" : scheme === "ws" ? "http" : scheme;
}

/** Nothing may be missing, and the host and scheme must be those of a public origin. */
function original(
  method: string | undefined,
  scheme: string | undefined,
  host: string | undefined,
  uri: string | undefined,
  origins: PublicOrigins,
): Original | undefined {
  if (method === undefined || scheme === undefined || host === undefined || uri === undefined) return undefined;
  const origin = origins.ofHost(host);
  return origin === undefined || origin.scheme !== scheme ? undefined : targetAt(origin, method, uri);
}

function targetAt(origin: PublicOrigin, method: string, uri: string): Original | undefined {
  if (method !== "GET" && !/^[A-Z]{1,20}$/.test(method)) return undefined;
  const target = readTarget(uri);
  return target === undefined ? undefined : { method, target: target.path + target.query, origin };
}
