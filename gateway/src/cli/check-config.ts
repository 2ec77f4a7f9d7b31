import { CoatcheckError } from "coatcheck";
import { observe } from "../observe/observe.ts";
import { openStore } from "../open-store.ts";
import { sessionLayer } from "../session-layer.ts";
import type { Command } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { explain } from "./explain.ts";

/** Says what would be served, or all that is wrong, without serving it. Nothing is written, and nobody is called. */
export const checkConfig: Command = async (args, terminal) => {
  const configuration = readConfiguration(args, terminal);
  if (configuration === undefined) return 2;
  const { settings, warnings, file } = configuration;
  try {
    const sessions = sessionLayer(settings, openStore({ kind: "memory" }), observe({ ...settings, log: { level: "silent" } }), {
      providers: [],
    });
    terminal.print(explain(settings, { file, warnings, keys: sessions.health.keys }));
    await sessions.close();
    return 0;
  } catch (error) {
    if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
    terminal.complain(`coatcheck: ${error.message}`);
    return 2;
  }
};
