/** Calls listeners whose failures are their own. */

/** Calls a listener of endings. The session has ended, whatever the listener does, so its errors are dropped. */
export function hear<Told>(listener: (told: Told) => void, told: Told): void {
  try {
    listener(told);
  } catch {
    // No caller could handle it.
  }
}
