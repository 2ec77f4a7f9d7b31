/** Which tests run through which place of which source: each test file is run once, and V8 tells. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../sources/files.ts";
import { CACHE, each, runTest } from "./run-test.ts";

/**
 * From, to (exclusive), and whether it ran; those that come later stand within those that come before, as V8 tells
 * them.
 */
export type Range = readonly [from: number, to: number, ran: boolean];

/** What a test file covers, by source. */
export interface Covered {
  readonly test: string;
  readonly took: number;
  readonly passed: boolean;
  /** By the path of the source: the functions of each process that took part. */
  readonly sources: Readonly<Record<string, readonly (readonly Range[])[]>>;
  /** Which text of the source that was. */
  readonly texts: Readonly<Record<string, string>>;
}

const LONGEST = 120_000;
const EVERYWHERE: readonly (readonly Range[])[] = [[[0, Number.POSITIVE_INFINITY, true]]];

const hashOf = (path: string): string =>
  createHash("sha256")
    .update(readFileSync(join(ROOT, path)))
    .digest("hex")
    .slice(0, 20);

/** Whether a place ran: within a function the narrowest range that holds it decides, and of functions the narrowest. */
export function ran(functions: readonly (readonly Range[])[], place: number): boolean {
  let narrowest: Range | undefined;
  let runs = false;
  for (const ranges of functions) {
    let within: Range | undefined;
    for (const range of ranges) {
      if (range[0] <= place && place < range[1] && (within === undefined || range[1] - range[0] <= within[1] - within[0]))
        within = range;
    }
    if (within === undefined) continue;
    const [size, least] = [
      within[1] - within[0],
      narrowest === undefined ? Number.POSITIVE_INFINITY : narrowest[1] - narrowest[0],
    ];
    // Of the same place in several processes, one that ran is enough.
    if (size < least) [narrowest, runs] = [within, within[2]];
    else if (size === least) runs ||= within[2];
  }
  return runs;
}

/** Runs the tests that are not known yet, and answers what all of them cover of these sources. */
export async function coverageOf(
  tests: readonly string[],
  sources: readonly string[],
  hands: number,
  print: (text: string) => void,
): Promise<readonly Covered[]> {
  mkdirSync(CACHE, { recursive: true });
  const found = new Map<string, Covered>();
  const wanted = new Set(sources);
  const unknown: string[] = [];
  for (const test of tests) {
    const file = cacheFile(test);
    if (existsSync(file)) found.set(test, JSON.parse(readFileSync(file, "utf8")));
    else unknown.push(test);
  }
  if (unknown.length > 0) print(`running ${unknown.length} test files once, to see what each of them covers`);
  await each(unknown, hands, async (test) => {
    const covered = await cover(test);
    writeFileSync(cacheFile(test), JSON.stringify(covered));
    found.set(test, covered);
    if (!covered.passed) print(`  left out, since it fails without any mutant: ${test}`);
  });
  const now = new Map(sources.map((path) => [path, hashOf(path)]));
  return [...found.values()]
    .filter(({ passed }) => passed)
    .map((covered) => ({
      ...covered,
      sources: Object.fromEntries(
        Object.entries(covered.sources)
          .filter(([path]) => wanted.has(path))
          // Of a text that has changed since, places mean nothing: the test may come through all of it.
          .map(([path, functions]) => [path, covered.texts[path] === now.get(path) ? functions : EVERYWHERE]),
      ),
    }));
}

/**
 * What a test covers changes with itself and its neighbourhood; the name says so only for itself. `--fresh` forgets
 * all.
 */
const cacheFile = (test: string): string =>
  join(
    CACHE,
    `${createHash("sha256")
      .update(test)
      .update(readFileSync(join(ROOT, test)))
      .digest("hex")
      .slice(0, 20)}.json`,
  );

export function forget(): void {
  rmSync(CACHE, { recursive: true, force: true });
}

async function cover(test: string): Promise<Covered> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-coverage-"));
  try {
    const { passed, took } = await runTest(test, { NODE_V8_COVERAGE: folder }, LONGEST);
    const sources: Record<string, Range[][]> = {};
    for (const name of readdirSync(folder)) if (name.startsWith("coverage-")) collect(join(folder, name), sources);
    const texts = Object.fromEntries(Object.keys(sources).map((path) => [path, hashOf(path)]));
    return { test, took, passed, sources, texts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface V8Report {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

function collect(file: string, sources: Record<string, Range[][]>): void {
  const { result }: V8Report = JSON.parse(readFileSync(file, "utf8"));
  for (const { url, functions } of result) {
    if (!url.startsWith("file:")) continue;
    const path = fileURLToPath(url);
    if (!path.startsWith(`${ROOT}/`) || path.includes("node_modules") || !path.endsWith(".ts") || path.endsWith(".test.ts"))
      continue;
    const name = path.slice(ROOT.length + 1);
    const all = sources[name] ?? [];
    sources[name] = all;
    for (const { ranges } of functions)
      all.push(ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count > 0] as const));
  }
}
