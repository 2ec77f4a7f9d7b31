/** `coatcheck doctor`: tries what the configuration can only name, and says of each what to do. */
import { formatFindings } from "coatcheck/doctor";
import { tryOnline } from "./check-online.ts";
import type { Command } from "./command.ts";
import { readConfiguration } from "./configuration.ts";

/** Exit status 1 if something is wrong. `--json`: the findings as they are. */
export const doctor: Command = async (args, terminal) => {
  const configuration = readConfiguration(
    args.filter((arg) => arg !== "--json"),
    terminal,
  );
  if (configuration === undefined) return 2;
  const found = await tryOnline(configuration.settings);
  terminal.print(args.includes("--json") ? JSON.stringify(found, null, 2) : formatFindings(found));
  return found.some(({ outcome }) => outcome === "fail") ? 1 : 0;
};
