/** The table that comes out, and whether docs/providers.md says the same. */
import { readFileSync, writeFileSync } from "node:fs";
import { PAGE } from "./guide.ts";
import type { Provider } from "./provider.ts";
import type { Outcome, Scenario } from "./scenarios/scenario.ts";

/** What came out of a scenario with a provider. */
export interface Cell {
  readonly provider: string;
  readonly scenario: string;
  readonly outcome: Outcome | { readonly failed: string };
}

const BEGIN = "<!-- what `npm run providers` found: begin -->";
const END = "<!-- what `npm run providers` found: end -->";

/** As Markdown; what is not as it should be has the number of a note below. */
export function tableOf(providers: readonly Provider[], scenarios: readonly Scenario[], cells: readonly Cell[]): string {
  const notes: string[] = [];
  const numberOf = (note: string): number => {
    if (!notes.includes(note)) notes.push(note);
    return notes.indexOf(note) + 1;
  };
  const words = (provider: Provider, scenario: Scenario): string => {
    const cell = cells.find((one) => one.provider === provider.id && one.scenario === scenario.id);
    if (cell === undefined) return "";
    if ("failed" in cell.outcome) return "**no**";
    const { text, note } = cell.outcome;
    return note === undefined ? text : `${text} (${numberOf(note)})`;
  };
  const row = (content: readonly string[]): string => `| ${content.join(" | ")} |`;
  const lines = [
    row(["", ...providers.map(({ title }) => title)]),
    row(["---", ...providers.map(() => "---")]),
    ...scenarios.map((scenario) => row([scenario.title, ...providers.map((provider) => words(provider, scenario))])),
  ];
  return `${[...lines, ...(notes.length === 0 ? [] : ["", ...notes.map((note, index) => `${index + 1}. ${note}`)])].join("\n")}\n`;
}

const PART = new RegExp(`(${BEGIN}\n)[\\s\\S]*?(${END})`);

/** The table of the page. */
export function pageTable(): string {
  const found = PART.exec(readFileSync(PAGE, "utf8"));
  if (found === null) throw new Error(`docs/providers.md has no ${BEGIN} … ${END}`);
  return found[0].slice(BEGIN.length, -END.length).trim().concat("\n");
}

export function writePageTable(table: string): void {
  const text = readFileSync(PAGE, "utf8");
  writeFileSync(
    PAGE,
    text.replace(PART, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`),
  );
}
