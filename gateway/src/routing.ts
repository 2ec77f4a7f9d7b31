import { withoutParameters } from "./upstream/path.ts";

/** What a route is chosen by. */
export interface Routable {
  /** Path prefixes, `/` or `/a/b` without a closing slash. */
  readonly paths: readonly string[];
  /** Public hosts; none: all. */
  readonly hosts: readonly string[];
}

interface Entry<R> {
  readonly prefix: string;
  readonly route: R;
}

/** The choice of routes: for each host its prefixes, the longest first. */
export class RouteTable<R extends Routable> {
  readonly #byHost = new Map<string, readonly Entry<R>[]>();

  /** `hosts` are all public hosts. A route with hosts of its own beats one without where both have the same prefix. */
  constructor(routes: readonly R[], hosts: readonly string[]) {
    for (const host of hosts) {
      const entries = routes
        .filter((route) => route.hosts.length === 0 || route.hosts.includes(host))
        .flatMap((route) => route.paths.map((prefix) => ({ prefix, route })));
      entries.sort((a, b) => b.prefix.length - a.prefix.length || b.route.hosts.length - a.route.hosts.length);
      this.#byHost.set(host, entries);
    }
  }

  /**
   * The route of a normalised path; `undefined` where none fits. `"ambiguous"` where servers that cut path parameters off would see
   * a path of another route: such a request has no one meaning.
   */
  find(host: string, path: string): R | undefined | "ambiguous" {
    const entries = this.#byHost.get(host);
    if (entries === undefined) return undefined;
    const route = first(entries, path);
    if (path.includes(";") && first(entries, withoutParameters(path)) !== route) return "ambiguous";
    return route;
  }
}

function first<R>(entries: readonly Entry<R>[], path: string): R | undefined {
  for (const { prefix, route } of entries) if (isUnder(path, prefix)) return route;
  return undefined;
}

/** Whether a path is the prefix or lies below it, on segment boundaries: `/api` holds `/api/x` and not `/apis`. */
export function isUnder(path: string, prefix: string): boolean {
  if (prefix === "/") return true;
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f;
}
