/** A browser's cookies, by host and path. As in browsers, a port does not tell hosts apart. */
import type { IncomingHttpHeaders } from "node:http";

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

export class Jar {
  readonly #cookies = new Map<string, Cookie>();

  /** A copy, as a thief has it. */
  copy(): Jar {
    const copy = new Jar();
    for (const [key, cookie] of this.#cookies) copy.#cookies.set(key, cookie);
    return copy;
  }

  header(url: URL): Readonly<Record<string, string>> {
    const sent = [...this.#cookies.values()]
      .filter(({ host, path }) => host === url.hostname && isUnder(url.pathname, path))
      // RFC 6265, section 5.4: the longest path first.
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`);
    return sent.length === 0 ? {} : { cookie: sent.join("; ") };
  }

  keep(url: URL, headers: IncomingHttpHeaders): void {
    for (const line of headers["set-cookie"] ?? []) this.#keepOne(url, line);
  }

  #keepOne(url: URL, line: string): void {
    const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const attributes = new Map(rest.map(attributeOf));
    const given = attributes.get("path");
    const path = given?.startsWith("/") ? given : defaultPath(url.pathname);
    const key = `${url.hostname} ${path} ${name}`;
    if (isOver(attributes)) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value, host: url.hostname, path });
  }
}

function attributeOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text.toLowerCase(), ""] : [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
}

function isOver(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get("max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributes.get("expires");
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

const defaultPath = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

const isUnder = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
