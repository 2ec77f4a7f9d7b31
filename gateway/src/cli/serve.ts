/** `coatcheck serve`: runs the gateway until a signal stops it. */
import cluster from "node:cluster";
import { CoatcheckError } from "coatcheck";
import type { Settings } from "../config/config.ts";
import { devUsersInWords } from "../config/development/dev-users.ts";
import { formatAddress } from "../config/kinds/network-kinds.ts";
import { formatStores } from "../config/move/move-to.ts";
import { type Observation, observe } from "../observe/observe.ts";
import { startGateway } from "../server/gateway.ts";
import { reportToPrimary, StoppedEarly, startWorkers, WorkerFailed } from "../server/workers.ts";
import type { SessionLayer } from "../session/interface.ts";
import { openSessions } from "../session/place/sessions-place.ts";
import { sessionLayer } from "../session/session-layer.ts";
import type { Command, Console } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { keysLine, waysOf } from "./explain.ts";
import { forgetStart } from "./forget-start.ts";
import { onHangup } from "./process/hangup.ts";
import { watchProcess } from "./process/process-faults.ts";
import { hearSignals } from "./process/signals.ts";
import { versionOf } from "./version.ts";

/** How much longer than its requests a process that has to end may take for the rest, in milliseconds. */
const LAST_MOMENTS = 2_000;

/** What is served from. */
interface Parts {
  readonly settings: Settings;
  readonly sessions: SessionLayer;
  readonly observation: Observation;
}

/** What runs until a signal comes. */
interface Running {
  readonly port: number;
  readonly adminPort: number | undefined;
  close(): Promise<void>;
}

/** Serves until SIGINT or SIGTERM; a second signal ends it at once. */
export const serve: Command = async (args, terminal) => {
  const configuration = readConfiguration(args, terminal, "make");
  if (configuration === undefined) return 2;
  const { settings, warnings } = configuration;
  const signals = hearSignals(terminal);
  try {
    const observation = observe(settings);
    const { fatal } = watchProcess(observation.observer, settings.limits.shutdown + LAST_MOMENTS);
    const told: string[] = [];
    let introduced = false;
    let password = (): string | undefined => settings.storePassword;
    const opening = openSessions(settings, {
      password: () => password(),
      workers: settings.workers,
      onFileLost: (error) => observation.observer.notice("store.lost", { error }),
      // The first process says so, in its first words. What comes later goes to the log.
      onWarning(message) {
        if (introduced) observation.log.say("warning", { reason: message });
        else told.push(message);
      },
    });
    const store = await Promise.race([opening, signals.stopped.then(() => undefined)]);
    // Nothing is served yet. A connection that nobody answers would keep the process for as long as it may take.
    if (store === undefined) process.exit(0);
    const sessions = sessionLayer(settings, store, observation);
    password = sessions.storePassword;
    signals.onHangup(() => onHangup({ args, sessions, observation, mayChange: configuration.mayChange }));
    const running = await start({ settings, sessions, observation }, signals.stopped);
    introduced = true;
    if (cluster.isPrimary) await introduce(settings, sessions, running, [...warnings, ...told], terminal, signals.stopped);
    forgetStart();
    const why = await Promise.race([signals.stopped, fatal]);
    await running.close();
    return why === "fatal" ? 1 : 0;
  } catch (error) {
    return failed(error, terminal);
  } finally {
    signals.forget();
    // The channel to the first process would keep this one alive, also if it could not start.
    if (process.connected) process.disconnect();
  }
};

function start(parts: Parts, stopped: Promise<void>): Promise<Running> {
  if (parts.settings.workers > 1 && cluster.isPrimary) return startWorkers(parts, stopped);
  if (cluster.isWorker) reportToPrimary(parts.observation);
  return startGateway({ ...parts, withAdmin: cluster.isPrimary });
}

/** Prints the addresses, beside the log and not in it. */
async function introduce(
  settings: Settings,
  sessions: SessionLayer,
  running: Running,
  warnings: readonly string[],
  { complain }: Console,
  stopped: Promise<void>,
): Promise<void> {
  await settled(sessions, stopped);
  const at = (host: string, port: number): string => `http://${formatAddress({ host, port })}`;
  const { admin, listen } = settings;
  const left: (readonly [string, string])[] = [
    ["listening", at(listen.host, running.port)],
    ["upstream", [...new Set(settings.upstreams.map(({ url }) => url))].join(", ") || "none: own endpoints only"],
    ["admin", running.adminPort === undefined ? "none" : at(admin.listen.host, running.adminPort)],
  ];
  const states = new Map(sessions.health.providers().map((state) => [state.name, state]));
  const right: (readonly [string, string])[] = [
    ["sessions", formatStores(settings)],
    [
      "provider",
      [
        ...settings.providers.map(
          ({ name, issuer }) => `${issuer}  ${states.get(name)?.ready ? "ready" : "not ready, retrying"}`,
        ),
        ...devUsersInWords(settings),
      ].join(", "),
    ],
    ["keys", keysLine(sessions.health.keys)],
  ];
  const width = Math.max(...left.map(([, value]) => value.length)) + 4;
  const rows = left.map(([name, value], index) => {
    const [other = "", said = ""] = right[index] ?? [];
    return `  ${name.padEnd(12)}${value.padEnd(width)}${other.padEnd(10)}${said}`;
  });
  const ways = settings.providers.map(({ name }) => {
    const whose = settings.providers.length > 1 ? `${name}: ` : "";
    return `  ${"provider".padEnd(12)}${whose}${waysOf(states.get(name) ?? {})}`;
  });
  complain([`coatcheck ${versionOf()}`, ...rows, ...ways, ...warnings.map((warning) => `  ! ${warning}`)].join("\n"));
}

/**
 * Gives discovery a moment, so that the first lines show the usual case. Meanwhile users can sign in, and signals
 * stop it.
 */
async function settled({ health }: SessionLayer, stopped: Promise<void>): Promise<void> {
  let over = false;
  void stopped.then(() => {
    over = true;
  });
  for (let tries = 0; tries < 30 && !over && health.providers().some(({ ready }) => !ready); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function failed(error: unknown, { complain }: Console): number {
  if (error instanceof CoatcheckError || error instanceof TypeError) {
    const isStore = error instanceof CoatcheckError && error.code === "ERR_STORE_INVALID";
    complain(`coatcheck: ${error.message}${isStore ? `\n  ${STORE_REMEDY}` : ""}`);
    return 2;
  }
  // The workers have ended; what is left are connections that nobody answers.
  if (error instanceof StoppedEarly) process.exit(0);
  // The worker's own words stand above.
  if (error instanceof WorkerFailed) return 1;
  const why = whyNotListening(error);
  if (why === undefined) throw error;
  complain(`coatcheck: ${why}\n  Set COATCHECK_LISTEN (listen) or COATCHECK_ADMIN_LISTEN (admin.listen) to another address.`);
  return 1;
}

const STORE_REMEDY = "COATCHECK_STORE (store) names it, for example sqlite:/var/lib/coatcheck/sessions.db.";

function whyNotListening(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const code = String(error.code);
  if ("hostname" in error) return `there is no host ${String(error.hostname)} to listen on (${code})`;
  if (!("port" in error)) return undefined;
  const port = String(error.port);
  if (code === "EADDRINUSE") return `port ${port} is in use by another program`;
  return `port ${port} ${"address" in error ? `of ${String(error.address)} ` : ""}cannot be listened on (${code})`;
}
