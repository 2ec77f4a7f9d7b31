/** Opens the configured store for a command, and closes it afterwards. */
import { existsSync } from "node:fs";
import { CoatcheckError, type SessionDirectory } from "coatcheck";
import type { Settings } from "../../config/config.ts";
import { formatAddress } from "../../config/kinds/network-kinds.ts";
import { observe } from "../../observe/observe.ts";
import type { SessionLayer } from "../../session/interface.ts";
import { openSessions, type SessionsPlace, storeOf } from "../../session/place/sessions-place.ts";
import { sessionLayer } from "../../session/session-layer.ts";
import type { Console } from "../command.ts";
import { readConfiguration } from "../configuration.ts";

/** Calls back with the configured store, and closes it. A store that does not exist is not made. */
async function withStore(
  args: readonly string[],
  terminal: Console,
  work: (store: SessionsPlace, settings: Settings) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(args, terminal);
  if (configuration === undefined) return 2;
  const { settings } = configuration;
  const { complain } = terminal;
  const keeping = settings.store.kind === "cookie" ? settings.store.marks : settings.store;
  if (keeping === null) {
    complain(
      "coatcheck: the store is cookie:, so the sessions are in the browsers\n  None can be listed or ended from here, and nothing has to be swept.",
    );
    return 2;
  }
  if (keeping.kind === "memory") {
    complain(insideOfTheGateway(settings));
    return 2;
  }
  if (keeping.kind === "sqlite" && !existsSync(keeping.path)) {
    complain(
      `coatcheck: there is no file ${keeping.path}\n  COATCHECK_STORE (store) names it; a gateway makes it at its first start.`,
    );
    return 2;
  }
  try {
    const store = await openSessions(settings, { onWarning: () => undefined });
    try {
      return await work(store, settings);
    } finally {
      await storeOf(store)?.close();
    }
  } catch (error) {
    if (error instanceof CoatcheckError && error.code === "ERR_STORE_UNAVAILABLE") {
      complain(`coatcheck: the store did not answer\n  ${innermost(error)}`);
      return 1;
    }
    if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
    complain(`coatcheck: ${error.message}`);
    return 2;
  }
}

/** Does this with the sessions of the configured store. A gateway that runs on it sees what was done. */
export function withSessions(
  args: readonly string[],
  terminal: Console,
  work: (directory: SessionDirectory) => Promise<number>,
): Promise<number> {
  return withLayer(args, terminal, ({ directory }) => work(directory));
}

/** The same with all of the session layer. Nothing is swept but when the command says so. */
export function withLayer(
  args: readonly string[],
  terminal: Console,
  work: (layer: SessionLayer) => Promise<number>,
): Promise<number> {
  return withStore(args, terminal, async (store, given) => {
    const settings: Settings = { ...given, log: { level: "silent" }, sweep: { ...given.sweep, every: 0 } };
    const layer = sessionLayer(settings, store, observe(settings), { providers: [] });
    try {
      return await work(layer);
    } finally {
      await layer.close();
    }
  });
}

function insideOfTheGateway({ admin }: Settings): string {
  return [
    "coatcheck: the store is memory:, so the sessions are inside of the running gateway",
    "Ask its admin listener, with the token that COATCHECK_ADMIN_TOKEN (admin.token) gave it:",
    `curl -H "Authorization: Bearer $COATCHECK_ADMIN_TOKEN" "http://${formatAddress(admin.listen)}/sessions?owner=OWNER"`,
  ].join("\n  ");
}

function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
