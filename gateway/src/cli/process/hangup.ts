/** What SIGHUP does: the secrets are read again, without a restart (S-64). */
import cluster from "node:cluster";
import { CoatcheckError } from "coatcheck";
import { loadConfig } from "../../config/config.ts";
import { formatProblems } from "../../config/sources/place.ts";
import type { Observation } from "../../observe/observe.ts";
import type { SessionLayer } from "../../session/interface.ts";
import { keysLine } from "../explain.ts";
import { IGNORED } from "./signals.ts";

interface Hangup {
  /** The command line of this process. */
  readonly args: readonly string[];
  readonly sessions: SessionLayer;
  readonly observation: Observation;
  /** Whether anything of the configuration comes from a file. */
  readonly mayChange: boolean;
}

/**
 * Reads the configuration again and takes its secrets, in this process and in its workers. What cannot be used leaves
 * those of before, and is said. Requests that are under way notice nothing.
 */
export function onHangup({ args, sessions, observation, mayChange }: Hangup): void {
  const { log, observer } = observation;
  if (!mayChange) {
    log.say("warning", { reason: IGNORED });
    return;
  }
  const kept = (reason: string): void => observer.notice("secrets.kept", { reason });
  const configuration = loadConfig({ args, environment: process.env, directory: process.cwd(), development: "read" });
  if (!configuration.ok) {
    kept(formatProblems(configuration.problems));
    return;
  }
  try {
    sessions.changeSecrets(configuration.settings);
  } catch (error) {
    if (!(error instanceof CoatcheckError || error instanceof TypeError)) throw error;
    kept(error.message);
    return;
  }
  observer.notice("secrets.changed", { reason: keysLine(sessions.health.keys) });
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGHUP");
}
