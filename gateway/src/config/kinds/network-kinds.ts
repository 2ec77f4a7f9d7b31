/** Kinds of addresses, origins, hosts and paths. */
import { isPrivateHost, parseRange } from "coatcheck/address";
import type { Kind } from "./kind.ts";
import { shown } from "./kinds.ts";

/** The address that a listener binds to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:4180`, `[::1]:4180`, `:4180` (every address). */
export const address: Kind<Address> = {
  label: "host:port",
  schema: { type: "string", pattern: "^(\\[[0-9a-fA-F:.]+\\]|[^:\\s]*):[0-9]{1,5}$" },
  read(raw, place) {
    const match = typeof raw === "string" ? /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(raw.trim()) : null;
    const port = Number(match?.[3]);
    if (match === null || port > 65_535) {
      return place.fail(`is ${shown(raw)}, which is no address`, "Write it as host:port, for example 127.0.0.1:4180.");
    }
    return { host: match[1] ?? (match[2] || "::"), port };
  },
};

/** `127.0.0.1:4180` of an address. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a host name or address never leaves this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare.endsWith(".localhost") || bare === "::1" || /^127(?:\.\d{1,3}){3}$/.test(bare);
}

function parseUrl(raw: unknown): URL | undefined {
  return typeof raw === "string" && /^https?:\/\//i.test(raw.trim()) ? (URL.parse(raw.trim()) ?? undefined) : undefined;
}

/** A URL of which nothing counts but scheme, host and port; more than that is an error. */
function bareOrigin(raw: unknown): URL | undefined {
  const url = parseUrl(raw);
  if (url === undefined || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  return url.pathname === "/" ? url : undefined;
}

/** The origin that browsers use. Plain http only if it never leaves the machine. */
export const publicOrigin: Kind<string> = {
  label: "an origin such as https://app.example.com",
  schema: { type: "string", format: "uri" },
  read(raw, place) {
    const url = bareOrigin(raw);
    if (url === undefined) {
      return place.fail(
        `is ${shown(raw)}, which is no origin`,
        "Write scheme and host and nothing else, for example https://app.example.com.",
      );
    }
    // On a private network it depends on `plainHttp`.
    if (url.protocol === "http:" && !isLoopback(url.hostname) && !isPrivateHost(url.hostname)) {
      return place.fail(
        `is ${shown(raw)}: http where others can listen`,
        "Session cookies would cross the network readable. Use https; http is for loopback addresses alone.",
      );
    }
    return url.origin;
  },
};

/** The origin of an upstream. */
export const upstreamOrigin: Kind<string> = {
  label: "http:// or https:// with host and port",
  schema: { type: "string", format: "uri" },
  read(raw, place) {
    const url = bareOrigin(raw);
    if (url !== undefined) return url.origin;
    if (parseUrl(raw) !== undefined) {
      return place.fail(
        `is ${shown(withoutCredentials(raw))}, which is more than an origin`,
        "Give scheme, host and port alone. Requests keep their path; `paths` says which of them come here.",
      );
    }
    return place.fail("is no http or https URL", "For example http://localhost:3000.");
  },
};

function withoutCredentials(raw: unknown): string {
  return String(raw).replace(/\/\/[^/@]*@/, "//");
}

/** The issuer exactly as the provider spells it: it is compared byte for byte. */
export const issuer: Kind<string> = {
  label: "the issuer's URL, spelt as the provider spells it",
  schema: { type: "string", format: "uri" },
  read(raw, place) {
    const url = parseUrl(raw);
    if (typeof raw !== "string" || url === undefined || url.search !== "" || url.hash !== "" || url.username !== "") {
      return place.fail(`is ${shown(raw)}, which is no issuer`, "It is a URL without query, for example https://id.example.com.");
    }
    const cut = raw.indexOf("/.well-known/");
    if (cut >= 0) {
      const right = `The address of its metadata is found by itself. Give the issuer, as the metadata name it; here perhaps ${shown(raw.slice(0, cut))}.`;
      return place.fail("is the address of the metadata, and no issuer", right);
    }
    if (url.protocol === "http:" && !isLoopback(url.hostname)) {
      return place.fail(`is ${shown(raw)}: http`, "A provider is asked over https; http is for loopback addresses alone.");
    }
    return raw.trim();
  },
};

/** An address of a provider: https, or http within this machine. */
export const endpoint: Kind<string> = {
  label: "an https URL",
  schema: { type: "string", format: "uri" },
  read(raw, place) {
    const url = parseUrl(raw);
    if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return url.href;
    return place.fail(`is ${shown(raw)}, which is no https URL`, "For example https://id.example.com/token.");
  },
};

/** Peers by address. A range that holds every address is refused, however it is written. */
export const cidr: Kind<string> = {
  label: "an address or range such as 10.0.3.7/32",
  schema: { type: "string" },
  read(raw, place) {
    const parsed = typeof raw === "string" ? parseRange(raw.trim()) : undefined;
    if (typeof raw !== "string" || parsed === undefined) {
      return place.fail(`is ${shown(raw)}, which is no address range`, "Write it as 10.0.3.7/32 or fd00::/8.");
    }
    if (parsed.bits > 0) return raw.trim();
    return place.failAs(
      `${place.key} is ${shown(raw)}, which trusts everyone`,
      "Anyone could then claim to be any user. Name the addresses of your proxy, for example 10.0.3.7/32.",
      `${place.name} decides whose forwarded headers count.`,
    );
  },
};

/** The beginning of a path on a segment boundary: `/`, `/api`. A closing slash means the same as none. */
export const pathPrefix: Kind<string> = {
  label: "a path such as /api",
  schema: { type: "string", pattern: "^/[A-Za-z0-9._~/-]*$" },
  read(raw, place) {
    if (typeof raw !== "string" || !/^\/[A-Za-z0-9._~/-]*$/.test(raw) || /\/\/|\/\.{1,2}(?:\/|$)/.test(raw)) {
      return place.fail(`is ${shown(raw)}, which is no plain path`, "It begins with / and holds no `..`, `//`, `%`, `?` or `#`.");
    }
    return raw.length > 1 && raw.endsWith("/") ? raw.slice(0, -1) : raw;
  },
};

/** The path under which the gateway's own endpoints live; never the root. */
export const ownPrefix: Kind<string> = {
  label: "a path such as /auth",
  schema: { type: "string", pattern: "^/[A-Za-z0-9._~/-]+$" },
  read(raw, place) {
    const path = pathPrefix.read(raw, place);
    if (path !== "/") return path;
    return place.fail("is /", "The endpoints of the gateway need a path of their own, for example /auth.");
  },
};

/** A host that requests may name: `app.example.com`, with a port if it is not the scheme's default. */
export const hostName: Kind<string> = {
  label: "a host such as app.example.com",
  schema: { type: "string" },
  read(raw, place) {
    const text = typeof raw === "string" ? raw.trim().toLowerCase() : "";
    if (/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/.test(text)) return text;
    return place.fail(
      `is ${shown(raw)}, which is no host`,
      "Write the name alone, for example app.example.com; no scheme, no path, no wildcard.",
    );
  },
};
