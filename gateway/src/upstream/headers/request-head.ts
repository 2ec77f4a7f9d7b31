/** Reads the request headers once: what is kept, what is dropped, what the gateway needs. */
import { judgeHeader } from "./header-rule.ts";
import type { IsOwnCookie } from "./own-cookies.ts";
import { withoutOwnCookies } from "./own-cookies.ts";

/** Names that `Connection` may list without meaning a header to drop, or that framing and routing stand on. */
const NOT_NOMINATED = new Set(["keep-alive", "close", "upgrade", "te", "host", "content-length", "transfer-encoding", ""]);

/** A request's header lines read once: what the gateway itself goes by, and what an upstream may see. */
export class RequestHead {
  /**
   * Flat lines for the upstream, names in lower case. What the gateway says is added later, so nothing that a client
   * names can drop it.
   */
  readonly kept: string[] = [];
  host: string | undefined = undefined;
  hosts = 0;
  forwarded: string | undefined = undefined;
  forwardedFor: string | undefined = undefined;
  forwardedHost: string | undefined = undefined;
  authorization: string | undefined = undefined;
  /** Several lines are joined as one. */
  cookie: string | undefined = undefined;
  length: string | undefined = undefined;
  chunked = false;
  expects: string | undefined = undefined;
  #connection: string | undefined = undefined;

  /** `hidden`: names, {@link normalisedName}d, which are for the gateway and the proxy before it alone. */
  constructor(lines: readonly string[], isOwnCookie: IsOwnCookie, hidden: ReadonlySet<string>) {
    const { kept } = this;
    for (let index = 0; index < lines.length; index += 2) {
      const { rule, name, plain } = judgeHeader(lines[index] ?? "");
      const value = lines[index + 1] ?? "";
      switch (rule) {
        case "keep":
          if (!hidden.has(plain)) kept.push(name, value);
          break;
        case "cookie": {
          this.cookie = this.cookie === undefined ? value : `${this.cookie}; ${value}`;
          const others = withoutOwnCookies(value, isOwnCookie);
          if (others !== "") kept.push(name, others);
          break;
        }
        case "host":
          this.host = value;
          this.hosts++;
          break;
        case "forwarded":
          this.forwarded = this.forwarded === undefined ? value : `${this.forwarded}, ${value}`;
          break;
        case "forwarded-for":
          this.forwardedFor = this.forwardedFor === undefined ? value : `${this.forwardedFor}, ${value}`;
          break;
        case "forwarded-host":
          this.forwardedHost = this.forwardedHost === undefined ? value : `${this.forwardedHost}, ${value}`;
          break;
        case "authorization":
          this.authorization = value;
          break;
        case "length":
          this.length = value;
          break;
        case "chunked":
          this.chunked = true;
          break;
        case "expect":
          this.expects = value;
          break;
        case "connection":
          this.#connection = this.#connection === undefined ? value : `${this.#connection},${value}`;
          break;
        case "drop":
          break;
      }
    }
    const connection = this.#connection;
    if (connection !== undefined && connection !== "keep-alive") this.#dropNominated(connection);
  }

  /** Whether a body follows. */
  get hasBody(): boolean {
    return this.chunked || (this.length !== undefined && this.length !== "0");
  }

  #dropNominated(connection: string): void {
    const names = new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
    for (const name of NOT_NOMINATED) names.delete(name);
    if (names.size === 0) return;
    if (names.has("authorization")) this.authorization = undefined;
    const { kept } = this;
    let to = 0;
    for (let from = 0; from < kept.length; from += 2) {
      const name = kept[from] ?? "";
      if (names.has(name)) continue;
      kept[to++] = name;
      kept[to++] = kept[from + 1] ?? "";
    }
    kept.length = to;
  }
}
