/** The signals that stop a serving process. */
import cluster from "node:cluster";
import type { Console } from "./command.ts";

/** The signals that a serving process hears, from its first moment on. */
interface Signals {
  /** Resolves when it is asked to stop. */
  readonly stopped: Promise<void>;
  /** Who says from now on what came of a signal. */
  tell(say: (reason: string) => void): void;
  /** Leaves signals to what the system does about them. */
  forget(): void;
}

const IGNORED = "SIGHUP is ignored: settings are read at the start alone; restart to change them";

/**
 * SIGINT and SIGTERM stop, a second one at once. SIGHUP would end a process that does not listen for it: people send
 * it to have settings read again, and terminals send it when they close (F-09).
 */
export function hearSignals({ complain }: Console): Signals {
  let say = (reason: string): void => complain(`coatcheck: ${reason}`);
  let asked = false;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const stop = (): void => {
    // A terminal signals every process of the group, and the first one its workers once more: for those, once is
    // enough.
    if (asked && cluster.isPrimary) process.exit(130);
    asked = true;
    resolve();
  };
  const ignore = (): void => say(IGNORED);
  const heard = [
    ["SIGINT", stop],
    ["SIGTERM", stop],
    ["disconnect", stop],
    ["SIGHUP", ignore],
  ] as const;
  for (const [name, hear] of heard) process.on(name, hear);
  return {
    stopped,
    tell(listener) {
      say = listener;
    },
    forget() {
      for (const [name, hear] of heard) process.off(name, hear);
    },
  };
}
