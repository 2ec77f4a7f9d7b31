/** One of the configured public origins, taken apart once. */
export interface PublicOrigin {
  /** `https://app.example.com`, as the browser's `Origin` says it. */
  readonly origin: string;
  /** `app.example.com`, with the port if it is not the scheme's default. */
  readonly host: string;
  readonly scheme: "http" | "https";
}

const SLASH = 0x2f;

/** The public origins. A request's host picks one by exact match; nothing else that a client sends does (AR-06). */
export class PublicOrigins {
  readonly all: readonly PublicOrigin[];
  readonly #byHost = new Map<string, PublicOrigin>();
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.all = origins.map((text) => {
      const url = new URL(text);
      return { origin: url.origin, host: url.host, scheme: url.protocol === "https:" ? "https" : "http" };
    });
    this.#origins = new Set(this.all.map(({ origin }) => origin));
    for (const one of this.all) {
      this.#byHost.set(one.host, one);
      this.#byHost.set(withDefaultPort(one), one);
    }
  }

  /** The origin of a `Host` value; `undefined` if this host is not served (421). */
  ofHost(host: string): PublicOrigin | undefined {
    return this.#byHost.get(host) ?? this.#byHost.get(host.toLowerCase());
  }

  /**
   * The origin whose very text an absolute URL begins with, before its path; `undefined` if it is spelled otherwise.
   */
  leading(url: string): PublicOrigin | undefined {
    for (const one of this.all) {
      if (url.charCodeAt(one.origin.length) === SLASH && url.startsWith(one.origin)) return one;
    }
    return undefined;
  }

  /** Whether an `Origin` header names one of ours, byte for byte. */
  includes(origin: string): boolean {
    return this.#origins.has(origin);
  }
}

function withDefaultPort({ host, scheme }: PublicOrigin): string {
  return /:\d+$/.test(host) ? host : `${host}:${scheme === "https" ? 443 : 80}`;
}
