/** Copies of short texts that outlive the request they were cut from. */

/**
 * The same text as a string of its own. A part of a string keeps the whole of it in memory: an id that was cut out of
 * the Cookie header keeps the secret beside it. To be called when something is kept, not for every request.
 */
export function detached(text: string): string {
  const codes: number[] = [];
  for (let index = 0; index < text.length; index++) codes.push(text.charCodeAt(index));
  return String.fromCharCode(...codes);
}
