/** What is mutated, how good its tests have to be, and which mutants are the same program in other words. */

export interface Area {
  readonly name: string;
  readonly folder: string;
  /** The share of mutants that tests have to notice. */
  readonly goal: number;
  readonly isTest: (path: string) => boolean;
}

/** Tests of real servers and browsers are too slow to be run for each mutant, and test the whole. */
const isQuick = (path: string): boolean =>
  path.endsWith(".test.ts") && !/\.(nginx|caddy|chromium|envoy|keycloak|oauth2-proxy)\.|check-envoy|canary/.test(path);
const inLibrary = (path: string): boolean => path.startsWith("library/src/") && isQuick(path);
const inGateway = (path: string): boolean => path.startsWith("gateway/src/") && isQuick(path);

export const AREAS: readonly Area[] = [
  { name: "core", folder: "library/src/core/", goal: 0.95, isTest: inLibrary },
  { name: "engine", folder: "library/src/engine/", goal: 0.95, isTest: inLibrary },
  { name: "upstream", folder: "gateway/src/upstream/", goal: 0.85, isTest: inGateway },
  { name: "config", folder: "gateway/src/config/", goal: 0.85, isTest: inGateway },
];

interface Equivalent {
  readonly path: string;
  /** A part of the line. */
  readonly line: string;
  readonly operators: readonly string[];
  /** What it is replaced by, where another change of that place is no equivalent. */
  readonly to?: string;
  /** Why no test can tell. */
  readonly reason: string;
}

const EQUIVALENTS: readonly Equivalent[] = [
  {
    path: "core/hot-rows.ts",
    line: "hash >>>",
    operators: ["number", "arithmetic", "boundary"],
    reason: "any hash that spreads is as good",
  },
  {
    path: "core/hot-rows.ts",
    line: "Math.imul(hash ^ text.charCodeAt(at)",
    operators: ["number", "boundary"],
    reason: "any hash that spreads is as good",
  },
  {
    path: "core/decide.ts",
    line: 'if (circumstances.before || verdict.kind === "refuse")',
    operators: ["string"],
    reason: "a refusal that gets here has `before`; asked for the type alone",
  },
  {
    path: "core/everybody.ts",
    line: "const ZERO",
    operators: ["number"],
    reason: "of the address three bits count",
  },
  {
    path: "core/record.ts",
    line: "text.includes('\"__proto__\"') ?",
    operators: ["string"],
    reason: "looks whether the slower way is needed; it answers the same",
  },
  {
    path: "core/settings.ts",
    line: "raw.matchAll(",
    operators: ["string", "logic", "number"],
    reason: "each match has a unit of the table",
  },
  {
    path: "core/address.ts",
    line: "const LONGEST = 45",
    operators: ["number"],
    reason: "no address has more characters than 45",
  },
  {
    path: "core/address.ts",
    line: "const [a = -1",
    operators: ["number"],
    reason: "there are four, the defaults are for the type; past 255 none is an octet",
  },
  {
    path: "core/address.ts",
    line: "index < address.length",
    operators: ["boundary"],
    reason: "past the end there is no zero",
  },
  { path: "core/address.ts", line: "zone < 0 ?", operators: ["boundary"], reason: "nothing before a zone is no address either" },
  {
    path: "core/everybody.ts",
    line: "spans.sort(",
    operators: ["number", "boundary"],
    reason: "of a comparison the sign counts alone, and of equals the order does not",
  },
  {
    path: "core/renewal.ts",
    line: "retryAfter ?? 0",
    operators: ["number"],
    reason: "no pause is shorter than half a second",
  },
  {
    path: "core/address.ts",
    line: 'part.includes(".")',
    operators: ["string"],
    reason: "what has no dot is no IPv4 address, and found to be none a step later",
  },
  {
    path: "core/address.ts",
    line: "(a[index] ?? 0) ^",
    operators: ["number"],
    reason: "addresses of one family are of one length",
  },
  { path: "engine/cap.ts", line: "? 1 : -1", operators: ["number"], reason: "of a comparison the sign counts alone" },
  {
    path: "engine/directory.ts",
    line: 'notice.subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/directory.ts",
    line: 'subject: subject ?? ""',
    operators: ["string"],
    reason: "without sid and subject there is no notice; asked for the type alone",
  },
  {
    path: "engine/refresh-target.ts",
    line: 'body.provider ?? ""',
    operators: ["string", "logic"],
    reason: "what failed to renew has a provider; asked for the type alone",
  },
  {
    path: "engine/resolver.ts",
    line: "this.#generation += 1",
    operators: ["assignment", "number"],
    reason: "that it is another number is what counts",
  },
  { path: "engine/slots.ts", line: "pause > 0", operators: ["boundary"], reason: "to sleep for no time is not to sleep" },
  {
    path: "engine/endings.ts",
    line: "first < found.length",
    operators: ["boundary"],
    reason: "a lot of nobody more",
  },
  {
    path: "engine/endings.ts",
    line: "if (!this.#watched.has(id))",
    operators: ["condition"],
    to: "true",
    reason: "saves a copy of the id; what is set anew is the same",
  },
  {
    path: "engine/observe.ts",
    line: "fromProxy: false",
    operators: ["boolean"],
    reason: "beside an assertion nobody asks where the session is from; there for the type alone",
  },
  {
    path: "engine/decision.ts",
    line: 'request.method !== "GET" && comesAlong',
    operators: ["string"],
    reason: "saves looking: of what changes nothing nobody asks what came along",
  },
  {
    path: "engine/spend.ts",
    line: 'committed.kind === "stored" ? { kind: "ended", reason }',
    operators: ["string"],
    reason: "saves a look at the row, which says the same",
  },
  {
    path: "engine/unfinished-endings.ts",
    line: 'abort(new Error("closing"))',
    operators: ["string"],
    reason: "whoever sleeps is woken, and nobody asks by what",
  },
  {
    path: "engine/push.ts",
    line: 'Symbol("coatcheck")',
    operators: ["string"],
    reason: "a symbol is itself, whatever it is called",
  },
  {
    path: "engine/push.ts",
    line: 'request.url ?? "/"',
    operators: ["string", "logic"],
    reason: "a server's request has one; asked for the type alone",
  },
  {
    path: "engine/renew-absent.ts",
    line: "while (!this.#signal.aborted && this.#failures < MOST_FAILURES)",
    operators: ["boundary"],
    reason: "one list more, of which nothing is renewed",
  },
  {
    path: "upstream/interim.ts",
    line: "link === undefined ||",
    operators: ["logic"],
    reason: "hints without a link throw, and are dropped the same",
  },
  {
    path: "config/cross-checks.ts",
    line: 'settings.publicUrl.some((origin) => origin.startsWith("http:"))',
    operators: ["method"],
    to: "every",
    reason: "origins of both kinds are refused before",
  },
  {
    path: "config/cross-checks.ts",
    line: "if (!(error instanceof TypeError)) throw error",
    operators: ["condition"],
    to: "false",
    reason: "ranges throw nothing else; what another fault throws goes on",
  },
  {
    path: "config/kinds.ts",
    line: '(match?.[2] ?? "").toLowerCase()',
    operators: ["string"],
    reason: "what does not match is refused whatever its unit would be",
  },
  {
    path: "config/kinds.ts",
    line: "parseDuration(minimum) ?? 0",
    operators: ["number"],
    reason: "both bounds are written in the definition and can be read; asked for the type alone",
  },
  {
    path: "config/kinds.ts",
    line: "if (!(error instanceof CoatcheckError)) throw error",
    operators: ["condition"],
    to: "false",
    reason: "a secret that is none throws nothing else; what another fault throws goes on",
  },
  {
    path: "config/network-kinds.ts",
    line: "if (cut >= 0)",
    operators: ["number"],
    reason: "before the path of a URL are its scheme and host",
  },
  {
    path: "config/network-kinds.ts",
    line: "return raw.length > 1 && ",
    operators: ["number"],
    to: "2",
    reason: "a path of two characters that ends with / is //, refused before",
  },
  {
    path: "config/secret-file.ts",
    line: '"code" in error ? String(error.code) : "unknown"',
    operators: ["logic", "string"],
    reason: "what the file system throws has a code; asked for the type alone",
  },
  {
    path: "config/flags.ts",
    line: '(args[index] ?? "").split("=")',
    operators: ["string"],
    to: '"mutant"',
    reason: "no index is past the end, and what is split has a first part",
  },
  {
    path: "config/cross-checks.ts",
    line: 'const [headline = ""',
    operators: ["string"],
    to: '"mutant"',
    reason: "what is split has a first part",
  },
  {
    path: "config/kinds.ts",
    line: 'const [headline = ""',
    operators: ["string"],
    to: '"mutant"',
    reason: "what is split has a first part",
  },
];

/** Why a mutant is set aside; `null` where it is not. */
export function reasonOf(path: string, line: string, operator: string, to: string): string | null {
  const found = EQUIVALENTS.find(
    (known) =>
      path.endsWith(known.path) &&
      line.includes(known.line) &&
      known.operators.includes(operator) &&
      (known.to === undefined || known.to === to),
  );
  return found?.reason ?? null;
}
