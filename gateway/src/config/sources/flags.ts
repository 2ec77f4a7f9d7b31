/** Reads the flags of the command line. */
import { didYouMean } from "coatcheck/settings";
import type { Problem } from "./place.ts";
import type { NamedSetting } from "./sources.ts";
import { flagOf } from "./sources.ts";

/** What the command line said. */
interface Flags {
  /** By flag; a flag given several times has several values. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Problem[];
}

/** Reads `--flag value` and `--flag=value`. `others` are flags of the command itself. */
export function readFlags(args: readonly string[], settings: readonly NamedSetting[], others: readonly string[]): Flags {
  const known = new Map(settings.flatMap((setting) => (setting.flag === undefined ? [] : [[setting.flag, setting] as const])));
  const hidden = new Map(
    settings.filter(({ flag }) => flag === undefined).map((setting) => [flagOf(setting.variable), setting.variable]),
  );
  const values = new Map<string, string[]>();
  const problems: Problem[] = [];
  for (let index = 0; index < args.length; index++) {
    const [flag = "", ...rest] = (args[index] ?? "").split("=");
    const variable = hidden.get(flag);
    const setting = known.get(flag);
    if (variable !== undefined) {
      const lines = ["Other users of the machine can read command lines.", `Set ${variable} instead, or the key in the file.`];
      problems.push({ headline: `${flag} is no flag, because it is a secret`, lines });
      if (rest.length === 0 && args[index + 1]?.startsWith("--") === false) index++;
      continue;
    }
    if (setting === undefined && !others.includes(flag)) {
      if (rest.length === 0 && flag.startsWith("--") && args[index + 1]?.startsWith("--") === false) index++;
      const meant = didYouMean(flag, [...known.keys(), ...others]);
      problems.push({
        headline: `${safe(flag)} is no flag`,
        lines: [meant, "All of them:  coatcheck --help"].filter((line) => line !== ""),
      });
      continue;
    }
    const next = args[index + 1];
    let value: string | undefined = rest.length > 0 ? rest.join("=") : undefined;
    if (value === undefined && next !== undefined && !next.startsWith("--")) {
      value = next;
      index++;
    }
    if (value === undefined && setting?.field.kind.label === "true or false") value = "true";
    if (value === undefined) {
      problems.push({ headline: `${flag} has no value`, lines: [`Write ${flag} VALUE.`] });
      continue;
    }
    values.set(flag, [...(values.get(flag) ?? []), value]);
  }
  return { values, problems };
}

const safe = (flag: string): string => (flag.startsWith("-") ? flag.slice(0, 40) : "A word without --");
