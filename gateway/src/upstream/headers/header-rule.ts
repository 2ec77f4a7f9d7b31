/**
 * What becomes of a client's header on its way to an upstream.
 *
 * - `keep`: passed on as it came
 * - `drop`: hop-by-hop, ours to say, or a name that an upstream could take for one of ours
 * - the others are looked at one by one
 */
type HeaderRule =
  | "keep"
  | "drop"
  | "host"
  | "cookie"
  | "connection"
  | "authorization"
  | "expect"
  | "length"
  | "chunked"
  | "forwarded"
  | "forwarded-for"
  | "forwarded-host";

const KNOWN: readonly (readonly [string, HeaderRule])[] = [
  ["host", "host"],
  ["cookie", "cookie"],
  ["connection", "connection"],
  ["authorization", "authorization"],
  ["expect", "expect"],
  ["content-length", "length"],
  ["transfer-encoding", "chunked"],
  ["forwarded", "forwarded"],
  ["x-forwarded-for", "forwarded-for"],
  ["x-forwarded-host", "forwarded-host"],
];

/**
 * Hop-by-hop (RFC 9110 section 7.6.1), and what frameworks take for the address, the path or the user of the request.
 */
const DROPPED = new Set([
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "upgrade",
  "http2-settings",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "x-original-url",
  "x-original-uri",
  "x-original-method",
  "x-original-host",
  "x-rewrite-url",
  "x-host",
  "proxy",
  "remote-user",
  "remote-name",
  "remote-email",
  "remote-groups",
  "gap-auth",
]);
const DROPPED_PREFIXES = ["x-auth-request-", "x-forwarded-", "x-coatcheck-"];
/** What two spellings of one name have in common for servers that normalise names, as CGI does with `-` and `_`. */
export const normalisedName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "-");

/**
 * What becomes of a header, and its name in lower case: one string for all requests, which compares and hashes
 * fastest.
 */
interface Judged {
  readonly rule: HeaderRule;
  readonly name: string;
  /** What it has in common with its other spellings. */
  readonly plain: string;
}

const CAPACITY = 512;
/** A bounded cache: dropped whole when it is full. */
const cache = new Map<string, Judged>();

function judge(name: string): Judged {
  const lower = name.toLowerCase();
  const known = KNOWN.find(([header]) => header === lower);
  if (known !== undefined) return { rule: known[1], name: known[0], plain: known[0] };
  const plain = normalisedName(name);
  // A second spelling of a header that has a rule of its own (`Content_Length`) can only be meant to confuse.
  const drop =
    DROPPED.has(plain) ||
    KNOWN.some(([header]) => header === plain) ||
    DROPPED_PREFIXES.some((prefix) => plain.startsWith(prefix));
  return { rule: drop ? "drop" : "keep", name: lower, plain };
}

/** The rule for a header by its name in any spelling. Names recur, so the answers are cached. */
export function judgeHeader(name: string): Judged {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const judged = judge(name);
  if (cache.size >= CAPACITY) cache.clear();
  cache.set(name, judged);
  return judged;
}

/** Response headers that concern one connection alone. */
export const HOP_BY_HOP_ANSWER: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "transfer-encoding",
  "te",
  // Node writes it before chunks alone, and whether there are any is between it and the client. Trailers themselves
  // pass.
  "trailer",
  "upgrade",
]);
