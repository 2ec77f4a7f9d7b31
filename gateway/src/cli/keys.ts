/** `coatcheck keys`: which keys are accepted and used, by their fingerprints. */
import { setTimeout as pause } from "node:timers/promises";
import { CoatcheckError, type KeyNames } from "coatcheck";
import type { Settings } from "../config/config.ts";
import { formatAddress } from "../config/kinds/network-kinds.ts";
import { observe } from "../observe/observe.ts";
import { openStore } from "../session/open-store.ts";
import { sessionLayer } from "../session/session-layer.ts";
import type { Command, Console } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { exitEarly, readOwnArguments } from "./own-arguments.ts";
import { unexpected } from "./sessions/arguments.ts";

const HELP = `coatcheck keys: which keys are accepted and used, by their fingerprints; never a secret

  --online            asks the gateway whether it uses these keys, for five seconds at most
  --json              one object, {"seals", "opens", "signs", "verifies"}
  --config FILE       and the settings of coatcheck serve, from the same environment and file

Exit status: 0, 1 if the gateway does not answer or uses other keys, 2 for what was asked or configured wrongly.`;

/** How long a gateway may take to use what SIGHUP told it, and the pause between two questions, in milliseconds. */
const PATIENCE = 5_000;
const PAUSE = 100;

/** Prints the keys that the configuration comes to, and with `--online` compares them with those in use. */
export const keys: Command = async (args, terminal) => {
  const own = readOwnArguments(
    args.filter((arg) => arg !== "--online"),
    [],
  );
  const exit = exitEarly(own, HELP, unexpected(own.words), terminal);
  if (exit !== undefined) return exit;
  const configuration = readConfiguration(own.settings, terminal);
  if (configuration === undefined) return 2;
  const { settings } = configuration;
  try {
    const names = await keysOf(settings);
    terminal.print(own.json ? JSON.stringify(names) : tableOf(names));
    return args.includes("--online") ? compare(settings, names, terminal) : 0;
  } catch (error) {
    if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
    terminal.complain(`coatcheck: ${error.message}`);
    return 2;
  }
};

/** The names of the keys of a configuration. Throws for keys that cannot be used. */
async function keysOf(settings: Settings): Promise<KeyNames> {
  const quiet = observe({ ...settings, log: { level: "silent" } });
  const sessions = sessionLayer(settings, await openStore({ kind: "memory" }), quiet, { providers: [] });
  const { keys: names } = sessions.health;
  await sessions.close();
  return names;
}

function tableOf({ seals, opens, signs, verifies }: KeyNames): string {
  const row = (kind: string, id: string, does: string): string => `  ${kind.padEnd(10)}${id.padEnd(46)}${does}`;
  return [
    ...opens.map((id) => row("secret", id, id === seals ? "seals and opens" : "opens")),
    ...verifies.map((id) => row("signing", id, id === signs ? "signs and verifies" : "verifies")),
  ].join("\n");
}

async function compare({ admin }: Settings, expected: KeyNames, { print, complain }: Console): Promise<number> {
  const address = formatAddress(admin.listen);
  const wanted = JSON.stringify(expected);
  let found: KeyNames | undefined;
  for (let left = PATIENCE / PAUSE; left > 0; left -= 1) {
    found = await keysInUse(address);
    if (JSON.stringify(found) === wanted) {
      print(`  the gateway at ${address} uses them`);
      return 0;
    }
    await pause(PAUSE);
  }
  complain(
    found === undefined
      ? `coatcheck: no gateway answers at ${address} (COATCHECK_ADMIN_LISTEN, admin.listen)`
      : `coatcheck: the gateway at ${address} uses other keys\n${tableOf(found)}\n  Send it SIGHUP if secrets come from files; else restart it.`,
  );
  return 1;
}

async function keysInUse(address: string): Promise<KeyNames | undefined> {
  try {
    // 503 tells its keys too.
    const answer = await fetch(`http://${address}/health/ready`, { signal: AbortSignal.timeout(PATIENCE) });
    const { keys: names }: { keys?: KeyNames } = await answer.json();
    return names;
  } catch {
    return undefined;
  }
}
