/** What can be wrong with a request: each has to be refused at its turn, and none may reach the app. */

/** A head before it is bytes. */
export interface Draft {
  line: string;
  readonly lines: string[];
}

export interface Flaw {
  readonly name: string;
  /** What the gateway may say to it. */
  readonly own: readonly number[];
  /** Whether the connection may, or must, end with it: it is unknown where the next request begins. */
  readonly ends: "must" | "may";
  readonly spoil: (draft: Draft) => void;
}

const BAD = [400] as const;

/** Framing: where the next request begins is unknown from here on. */
const broken = (name: string, spoil: Flaw["spoil"], own: readonly number[] = BAD): Flaw => ({ name, own, ends: "must", spoil });
/** Meaning: read well, and refused. */
const refused = (name: string, spoil: Flaw["spoil"], own: readonly number[] = BAD): Flaw => ({ name, own, ends: "may", spoil });

const adding =
  (...lines: readonly string[]): Flaw["spoil"] =>
  (draft) =>
    void draft.lines.push(...lines);
const line =
  (change: (line: string) => string): Flaw["spoil"] =>
  (draft) => {
    draft.line = change(draft.line);
  };
const path = (change: (path: string) => string): Flaw["spoil"] =>
  line((text) => text.replace(/ (\S+) /, (_, target: string) => ` ${change(target)} `));
const host =
  (...lines: readonly string[]): Flaw["spoil"] =>
  (draft) => {
    const at = draft.lines.findIndex((text) => text.startsWith("host:"));
    draft.lines.splice(at, 1, ...lines);
  };

export const FLAWS: readonly Flaw[] = [
  broken("two-lengths", adding("content-length: 5", "content-length: 6")),
  broken("length-and-chunked", adding("content-length: 5", "transfer-encoding: chunked")),
  broken("length-letters", adding("content-length: 5x")),
  broken("length-negative", adding("content-length: -1")),
  broken("length-plus", adding("content-length: +5")),
  broken("length-huge", adding("content-length: 99999999999999999999999")),
  broken("gzip-chunked", adding("transfer-encoding: gzip, chunked"), [400, 501]),
  broken("chunked-gzip", adding("transfer-encoding: chunked, gzip"), [400, 501]),
  broken("coding-twice", adding("transfer-encoding: chunked", "transfer-encoding: chunked"), [400, 501]),
  broken(
    "version-2",
    line((text) => text.replace(/HTTP\/1\.\d/, "HTTP/2.0")),
    [400, 505],
  ),
  broken(
    "version-0.9",
    line((text) => text.replace(/HTTP\/1\.\d/, "HTTP/0.9")),
    [400, 505],
  ),
  broken(
    "no-version",
    line((text) => text.replace(/ HTTP\/1\.\d/, "")),
    [400, 505],
  ),
  broken(
    "method-unknown",
    line((text) => text.replace(/^\S+/, "BREW")),
    [400, 405],
  ),
  broken(
    "method-lower",
    line((text) => text.replace(/^\S+/, "get")),
    [400, 405],
  ),
  broken("colonless", adding("nocolon")),
  broken("space-colon", adding("x-space : 1")),
  broken("space-name", adding(" x-fold: 1")),
  broken("nul", adding("x-nul: a\0b")),
  broken("bare-cr", adding("x-cr: a\rx-smuggled: 1")),
  broken("bare-lf", adding("x-lf: a\nx-smuggled: 1")),
  broken("all-lf", (draft) => {
    draft.line = [draft.line, ...draft.lines, "", ""].join("\n");
    draft.lines.length = 0;
  }),
  broken("huge-head", adding(`x-huge: ${"h".repeat(20_000)}`), [431]),
  broken(
    "huge-target",
    path((target) => `${target}&${"q".repeat(20_000)}`),
    [431, 414, 400],
  ),
  broken(
    "garbage",
    line(() => "\x01\x02\x03 garbage"),
  ),
  broken(
    "tls",
    line(() => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
  ),
  broken(
    "connect",
    line((text) => text.replace(/^\S+ \S+/, "CONNECT evil.example:443")),
    [400, 405],
  ),
  refused("many-headers", adding(...Array.from({ length: 120 }, (_, index) => `x-many-${index}: 1`)), [431]),
  refused(
    "trace",
    line((text) => text.replace(/^\S+/, "TRACE")),
    [400, 405],
  ),
  refused("no-host", host()),
  refused("two-hosts", host("host: fuzz.example", "host: fuzz.example")),
  refused("other-host", host("host: evil.example"), [421]),
  refused(
    "absolute",
    path((target) => `http://fuzz.example${target}`),
  ),
  refused(
    "dots",
    path((target) => target.replace("?", "/../user?")),
  ),
  refused(
    "encoded-dots",
    path((target) => target.replace("?", "/%2e%2e/user?")),
  ),
  refused(
    "encoded-slash",
    path((target) => target.replace("?", "%2fuser?")),
  ),
  refused(
    "backslash",
    path((target) => target.replace("?", "\\user?")),
  ),
  refused(
    "double-slash",
    path((target) => `/${target}`),
  ),
  refused(
    "bad-escape",
    path((target) => target.replace("?", "%zz?")),
  ),
  refused("expectation", adding("expect: the-spanish-inquisition"), [400, 417]),
];
