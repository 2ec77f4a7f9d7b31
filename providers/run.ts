/**
 * `npm run providers`: gateways with real providers. Exit status 1 when something does not hold, or the page's table
 * says otherwise.
 */
import { parseArgs } from "node:util";
import { DEX, DEX_STAND_IN } from "./dex/dex.ts";
import { closeKeycloak, KEYCLOAK, KEYCLOAK_AS_GUIDED } from "./keycloak/keycloak.ts";
import { OIDC_PROVIDER } from "./oidc-provider.ts";
import type { Provider } from "./provider.ts";
import { OUTAGE } from "./scenarios/outage.ts";
import { REFRESH } from "./scenarios/refresh.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { SIGN_IN } from "./scenarios/sign-in.ts";
import { SIGN_OUT } from "./scenarios/sign-out.ts";
import { Stage } from "./stage.ts";
import { type Cell, pageTable, tableOf, writePageTable } from "./table.ts";
import { ZITADEL } from "./zitadel/zitadel.ts";

/** The columns of the page's table, and those that run where they are named. */
const COLUMNS: readonly Provider[] = [KEYCLOAK, KEYCLOAK_AS_GUIDED, OIDC_PROVIDER, ZITADEL, DEX_STAND_IN];
const PROVIDERS: readonly Provider[] = [...COLUMNS, ...DEX];
const SCENARIOS: readonly Scenario[] = [...SIGN_IN, ...REFRESH, ...SIGN_OUT, ...OUTAGE];

const HELP = `npm run providers -- [PROVIDER …] [options]

  ${PROVIDERS.map(({ id }) => id).join(", ")}; those of the table where none is named

  --only NAMES  these scenarios alone, with commas between:
                ${SCENARIOS.map(({ id }) => id).join(", ")}
  --update      write the table into docs/providers.md
`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

interface Order {
  readonly providers: readonly Provider[];
  readonly scenarios: readonly Scenario[];
  readonly update: boolean;
}

/** What to run; else what is wrong with the arguments, and nothing where help is wanted. */
function readArguments(): Order | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { only: { type: "string" }, update: { type: "boolean", default: false }, help: { type: "boolean" } },
    });
    if (values.help) return "";
    const names = values.only?.split(",") ?? [];
    const strange =
      positionals.find((name) => PROVIDERS.every(({ id }) => id !== name)) ??
      names.find((name) => SCENARIOS.every(({ id }) => id !== name));
    if (strange !== undefined) return `there is no ${strange}`;
    const whole = positionals.length === 0 && names.length === 0;
    if (values.update && !whole) return "--update needs the whole table";
    return {
      providers: positionals.length === 0 ? COLUMNS : PROVIDERS.filter(({ id }) => positionals.includes(id)),
      scenarios: SCENARIOS.filter(({ id }) => names.length === 0 || names.includes(id)),
      update: values.update,
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** One column. */
async function column(provider: Provider, scenarios: readonly Scenario[]): Promise<Cell[]> {
  await using stack = new AsyncDisposableStack();
  const begun = Date.now();
  const stage = await Stage.open(provider, stack);
  print(`${provider.id}: ready after ${seconds(begun)}`);
  const cells: Cell[] = [];
  for (const scenario of scenarios) {
    const from = Date.now();
    const outcome = await scenario.run(stage).catch((error: unknown) => ({ failed: messageOf(error) }));
    cells.push({ provider: provider.id, scenario: scenario.id, outcome });
    const said = "failed" in outcome ? `NO: ${outcome.failed}` : outcome.text;
    print(`${provider.id}: ${scenario.title}: ${said} (${seconds(from)})`);
    if ("failed" in outcome) for (const { lastWords } of stage.main.gateways) print(indented(lastWords));
  }
  return cells;
}

/** Columns of one lane one after the other, the lanes beside one another. */
async function allColumns({ providers, scenarios }: Order): Promise<Cell[]> {
  const lanes = Map.groupBy(providers, ({ lane }) => lane);
  const cells = await Promise.all(
    [...lanes.values()].map(async (lane) => {
      const found: Cell[] = [];
      for (const provider of lane) found.push(...(await column(provider, scenarios)));
      return found;
    }),
  );
  return cells.flat();
}

async function main(): Promise<number> {
  const order = readArguments();
  if (typeof order === "string") {
    process.stderr.write(order === "" ? HELP : `${order}\n\n${HELP}`);
    return order === "" ? 0 : 2;
  }
  const cells = await allColumns(order).finally(closeKeycloak);
  const table = tableOf(order.providers, order.scenarios, cells);
  print(`\n${table}`);
  const failed = cells.filter(({ outcome }) => "failed" in outcome);
  for (const { provider, scenario, outcome } of failed)
    print(`${provider}, ${scenario}: ${"failed" in outcome ? outcome.failed : ""}`);
  if (failed.length > 0) return 1;
  if (order.update) writePageTable(table);
  const whole = order.providers === COLUMNS && order.scenarios.length === SCENARIOS.length;
  if (!whole || pageTable() === table) return 0;
  print("docs/providers.md says otherwise; `npm run providers -- --update` writes what came out");
  return 1;
}

const seconds = (from: number): string => `${((Date.now() - from) / 1_000).toFixed(1)} s`;
const indented = (text: string): string => text.replaceAll(/^/gm, "    ");
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// Sockets and timers that are not needed any more must not keep us.
process.exit(await main());
