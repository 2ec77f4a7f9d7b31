/**
 * `npm run mutate -- core --sample 200`: makes small changes to the sources, one at a time, and runs the tests that
 * cover the place. What no test notices is named. See docs/mutation.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listFiles, ROOT } from "../sources/files.ts";
import { AREAS } from "./areas.ts";
import { type Covered, coverageOf, forget } from "./coverage.ts";
import { reasonOf } from "./equivalents.ts";
import { applied, type Mutant, mutantsOf, reachedAt } from "./mutants.ts";
import { fateOf } from "./notice.ts";
import { each } from "./run-test.ts";
import { drawn, type Found, isNoticed, report } from "./score.ts";

const HELP = `npm run mutate -- AREA [options]

  AREA          ${AREAS.map(({ name }) => name).join(", ")}, or a part of a path within one of them

  --sample N    so many mutants, drawn by the seed; all of them where it is not given
  --seed K      1
  --minutes M   begins no mutant after so long
  --tests PART  runs only tests whose path has this part: quicker, and a lower bound
  --hands H     so many tests at once; as many as there are processors
  --fresh       finds out anew which tests cover what
`;

interface Placed extends Mutant {
  readonly path: string;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      minutes: { type: "string" },
      tests: { type: "string", default: "" },
      hands: { type: "string", default: `${Math.max(2, availableParallelism())}` },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [word = ""] = positionals;
  const area = AREAS.find(({ name }) => name === word) ?? AREAS.find(({ folder }) => word.startsWith(folder));
  if (values.help || area === undefined) {
    process.stderr.write(HELP);
    return values.help ? 0 : 2;
  }
  if (values.fresh) forget();
  const files = listFiles();
  const paths = files.filter(
    (path) => path.startsWith(area.folder) && path.includes(word === area.name ? "" : word) && isSource(path),
  );
  const hands = Number(values.hands);
  const tests = await coverageOf(
    files.filter((path) => area.isTest(path) && path.includes(values.tests)),
    paths,
    hands,
    console.log,
  );
  const all = paths.flatMap((path) =>
    mutantsOf(readFileSync(join(ROOT, path), "utf8")).map((mutant): Placed => ({ ...mutant, path })),
  );
  const wanted = all.filter((mutant) => reasonOf(mutant.path, lineOf(mutant), mutant.operator, mutant.replacement) === null);
  const chosen = values.sample === undefined ? wanted : drawn(wanted, Number(values.sample), Number(values.seed));
  console.log(
    `${area.name}: ${chosen.length} of ${wanted.length} mutants in ${paths.length} files, ${all.length - wanted.length} set aside as equivalent`,
  );
  const deadline = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
  const isOver = (): boolean => interrupted.signal.aborted || performance.now() > deadline;
  const found = await tryAll(chosen, tests, { hands, isOver });
  const { text, holds } = report(area, found);
  console.log(text);
  return holds ? 0 : 1;
}

const isSource = (path: string): boolean => path.endsWith(".ts") && !path.endsWith(".test.ts");

async function tryAll(
  chosen: readonly Placed[],
  tests: readonly Covered[],
  { hands, isOver }: { readonly hands: number; readonly isOver: () => boolean },
): Promise<readonly Found[]> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-mutant-"));
  const found: Found[] = [];
  const begun = performance.now();
  const progress = setInterval(() => {
    const survived = found.filter(({ fate }) => !isNoticed(fate)).length;
    console.log(`  ${Math.round((performance.now() - begun) / 1_000)} s: ${found.length} tried, ${survived} lived`);
  }, 15_000);
  try {
    await each([...chosen.entries()], hands, async ([index, mutant]) => {
      if (isOver()) return;
      const one = await tryOne(mutant, tests, join(folder, `${index}.mjs`));
      if (one === null) return;
      found.push(one);
      if (!isNoticed(one.fate)) console.log(`  ${one.path}:${one.line} ${one.operator} lived`);
    });
  } finally {
    clearInterval(progress);
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/** `null`: it is no program. */
async function tryOne(mutant: Placed, tests: readonly Covered[], file: string): Promise<Found | null> {
  const path = join(ROOT, mutant.path);
  const source = readFileSync(path, "utf8");
  const text = applied(source, mutant);
  if (text === null) return null;
  const told = { ...mutant, was: source.slice(mutant.start, mutant.end), text: lineOf(mutant) };
  writeFileSync(file, text);
  return { ...told, fate: await fateOf({ path: mutant.path, start: reachedAt(mutant), file }, tests) };
}

const lineOf = ({ path, line }: Placed): string => (readFileSync(join(ROOT, path), "utf8").split("\n")[line - 1] ?? "").trim();

process.exitCode = await main();
