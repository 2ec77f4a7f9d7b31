/** The way of a browser over a provider's redirects, for users of the long runs. */
import { get, type Jar, PAGE, type Reply } from "./ask.ts";

/** Follows the provider's redirects until they lead back to `home`. */
export async function through(start: URL, jar: Jar, home: string): Promise<URL> {
  let url = start;
  for (let steps = 0; steps < 10; steps++) {
    const reply = await get(url, { ...PAGE, ...jar.header(url.host) });
    jar.keep(url.host, reply);
    url = new URL(locationOf(reply), url);
    if (url.host === home) return url;
  }
  throw new Error("the provider leads in circles");
}

/** Where an answer leads. */
export function locationOf({ status, headers, text }: Reply): string {
  if (headers.location === undefined) throw new Error(`a redirect was expected, not ${status}: ${text.slice(0, 300)}`);
  return headers.location;
}
