/** The signals that stop a serving process. */
import cluster from "node:cluster";
import type { Console } from "../command.ts";

/** The signals that a serving process hears, from its first moment on. */
interface Signals {
  /** Resolves when it is asked to stop. */
  readonly stopped: Promise<void>;
  /** Who does from now on what SIGHUP asks for. Until then it is ignored, and said so. */
  onHangup(hear: () => void): void;
  /** Leaves signals to what the system does about them. */
  forget(): void;
}

/** What is said of a SIGHUP that can change nothing. */
export const IGNORED = "SIGHUP is ignored: settings are read at the start alone; restart to change them";

/**
 * SIGINT and SIGTERM stop, a second one at once. SIGHUP would end a process that does not listen for it: people send
 * it to have secrets read again, and terminals send it when they close (F-09).
 */
export function hearSignals({ complain }: Console): Signals {
  let hangup = (): void => complain(`coatcheck: ${IGNORED}`);
  let asked = false;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const stop = (): void => {
    // A terminal signals every process of the group, and the first one its workers once more: for those, once is
    // enough.
    if (asked && cluster.isPrimary) process.exit(130);
    asked = true;
    resolve();
  };
  const heard = [
    ["SIGINT", stop],
    ["SIGTERM", stop],
    ["disconnect", stop],
    ["SIGHUP", () => hangup()],
  ] as const;
  for (const [name, hear] of heard) process.on(name, hear);
  return {
    stopped,
    onHangup(hear) {
      hangup = hear;
    },
    forget() {
      for (const [name, hear] of heard) process.off(name, hear);
    },
  };
}
