/** Calls listeners whose failures are their own. */

/** Calls a listener of endings. The session has ended, whatever the listener does: what it throws is nobody's. */
export function hear<Told>(listener: (told: Told) => void, told: Told): void {
  try {
    listener(told);
  } catch {
    // There is nobody here who could be told.
  }
}
