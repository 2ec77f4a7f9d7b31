/** `coatcheck check-config`: validates the configuration without serving it. */
import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import { CoatcheckError } from "coatcheck";
import type { Settings } from "../config/config.ts";
import { observe } from "../observe/observe.ts";
import { openStore } from "../session/open-store.ts";
import { sessionLayer } from "../session/session-layer.ts";
import { tryOnline } from "./check-online.ts";
import type { Command, Console } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { explain } from "./explain.ts";

/**
 * Says what would be served, or all that is wrong, without serving it. Nothing is written, and nothing is called
 * without `--online`.
 */
export const checkConfig: Command = async (args, terminal) => {
  const online = args.includes("--online");
  const configuration = readConfiguration(
    args.filter((arg) => arg !== "--online"),
    terminal,
  );
  if (configuration === undefined) return 2;
  const { settings, warnings, file } = configuration;
  const homeless = whyNoFile(settings);
  if (homeless !== undefined) {
    terminal.complain(`coatcheck: ${homeless}`);
    return 2;
  }
  try {
    const sessions = sessionLayer(
      settings,
      await openStore({ kind: "memory" }),
      observe({ ...settings, log: { level: "silent" } }),
      {
        providers: [],
      },
    );
    terminal.print(explain(settings, { file, warnings, keys: sessions.health.keys }));
    await sessions.close();
  } catch (error) {
    if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
    terminal.complain(`coatcheck: ${error.message}`);
    return 2;
  }
  return online ? tell(settings, terminal) : 0;
};

/** Why the store's file could not be made. */
function whyNoFile({ store }: Settings): string | undefined {
  if (store.kind !== "sqlite") return undefined;
  const directory = dirname(resolve(store.path));
  try {
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const why = missing ? `there is no directory ${directory}` : `this user may not write in ${directory}`;
    return `store is ${store.path}, but ${why}\n  Make it, or name another file:  COATCHECK_STORE=sqlite:PATH (store)`;
  }
}

async function tell(settings: Settings, { print }: Console): Promise<number> {
  const found = await tryOnline(settings);
  for (const { check, subject, outcome, said } of found) {
    const what = [check === "discovery" ? "provider" : check, subject].filter((part) => part !== "").join(" ");
    print(`  ${outcome === "fail" ? "!" : " "} ${what}: ${said}`);
  }
  return found.some(({ outcome }) => outcome === "fail") ? 1 : 0;
}
