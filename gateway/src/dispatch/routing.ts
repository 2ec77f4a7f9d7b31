/** Chooses the route of a host and a path. */
import { caseFolded, withoutParameters } from "../request/path.ts";
import type { Terms } from "./strictness.ts";
import { isStricter } from "./strictness.ts";

/** What a route is chosen by. */
export interface Routable extends Terms {
  /** Path prefixes, `/` or `/a/b` without a closing slash. */
  readonly paths: readonly string[];
  /** Public hosts; none: all. */
  readonly hosts: readonly string[];
  /** The app takes `/A` and `/a` for two paths. */
  readonly caseSensitive: boolean;
}

interface Entry<R> {
  readonly prefix: string;
  readonly caseFolded: string;
  readonly route: R;
}

/** The routes of one host. */
interface HostRoutes<R> {
  /** The longest prefix first. */
  readonly entries: readonly Entry<R>[];
  /** Whether some rule is stricter than another, so that it matters how a server reads a path. */
  readonly uneven: boolean;
  /** Whether a prefix has capitals, so that also a path without any may be one of another rule's. */
  readonly capitals: boolean;
}

/** What can be read in more than one way: capitals, escapes, parameters. Other paths cost nothing more. */
const PLIABLE = /[A-Z%;]/;

/** The choice of routes: for each host its prefixes, the longest first. */
export class RouteTable<R extends Routable> {
  readonly #byHost = new Map<string, HostRoutes<R>>();

  /** `hosts` are all public hosts. A route with hosts of its own beats one without if both have the same prefix. */
  constructor(routes: readonly R[], hosts: readonly string[]) {
    for (const host of hosts) this.#byHost.set(host, routesOf(routes, host));
  }

  /**
   * The route of a normalised path; `undefined` if none fits. `"ambiguous"` if another server could read the path as
   * one of another rule: a server that cuts path parameters off, as one of any other route; a server that ignores
   * letters' case, as one of a stricter route. Such a request has no single meaning (F-07).
   */
  find(host: string, path: string): R | undefined | "ambiguous" {
    const routes = this.#byHost.get(host);
    if (routes === undefined) return undefined;
    const route = first(routes.entries, path);
    if (!routes.capitals && !PLIABLE.test(path)) return route;
    const cut = withoutParameters(path);
    if (cut !== path && first(routes.entries, cut) !== route) return "ambiguous";
    if (!routes.uneven || route === undefined || route.caseSensitive) return route;
    const seen = [
      ...regardless(routes.entries, caseFolded(path)),
      ...(cut === path ? [] : regardless(routes.entries, caseFolded(cut))),
    ];
    return seen.some((other) => isStricter(other, route)) ? "ambiguous" : route;
  }
}

function routesOf<R extends Routable>(routes: readonly R[], host: string): HostRoutes<R> {
  const all = routes
    .filter((route) => route.hosts.length === 0 || route.hosts.includes(host))
    .flatMap((route) => route.paths.map((prefix) => ({ prefix, caseFolded: caseFolded(prefix), route })));
  all.sort((a, b) => b.prefix.length - a.prefix.length || b.route.hosts.length - a.route.hosts.length);
  // The second of two with one prefix is never asked.
  const entries = all.filter(({ prefix }, index) => all.findIndex((other) => other.prefix === prefix) === index);
  return {
    entries,
    uneven: entries.some((one) => entries.some((other) => isStricter(one.route, other.route))),
    capitals: entries.some(({ prefix }) => /[A-Z]/.test(prefix)),
  };
}

function first<R>(entries: readonly Entry<R>[], path: string): R | undefined {
  for (const { prefix, route } of entries) if (isUnder(path, prefix)) return route;
  return undefined;
}

/** The routes that fit a case-folded path by the longest prefix, ignoring case; prefixes may differ in case alone. */
function regardless<R>(entries: readonly Entry<R>[], path: string): readonly R[] {
  const longest = entries.find((entry) => isUnder(path, entry.caseFolded));
  return longest === undefined
    ? []
    : entries.filter((entry) => entry.caseFolded === longest.caseFolded).map((entry) => entry.route);
}

/** Whether a path is the prefix or lies below it, on segment boundaries: `/api` holds `/api/x` and not `/apis`. */
export function isUnder(path: string, prefix: string): boolean {
  if (prefix === "/") return true;
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f;
}
