/** A browser without a browser: cookies, redirects and forms, for the demo's check and the guides' tests. */
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";

const LONGEST_ANSWER = 25_000;
const MOST_REDIRECTS = 12;

export interface Heard {
  readonly status: number;
  /** Where the last redirect led. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asking {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many redirects to follow. Default: all. */
  readonly redirects?: number;
}

/**
 * A browser as far as sign-on needs one: a jar of cookies by host, redirects, forms. It says what browsers say of their
 * navigations, which is why it is no `fetch`.
 */
export class Visitor {
  readonly #jar = new Map<string, Map<string, string>>();

  /** Goes to an address as a person does who types it, follows a link or sends a form. */
  async go(address: string | URL, { form, headers = {}, redirects = MOST_REDIRECTS }: Asking = {}): Promise<Heard> {
    const url = new URL(address);
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const sent = request(url, {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      signal: AbortSignal.timeout(LONGEST_ANSWER),
      headers: {
        accept: "text/html,application/xhtml+xml",
        ...this.#navigation(url, body),
        ...this.#cookieHeader(url),
        ...headers,
      },
    });
    sent.end(body);
    const [response] = await once(sent, "response");
    for (const line of response.headers["set-cookie"] ?? []) this.#keep(url, String(line));
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const heard = { status: response.statusCode, url, headers: response.headers, body: Buffer.concat(chunks).toString() };
    const location: unknown = response.headers.location;
    if (typeof location !== "string" || heard.status < 300 || heard.status > 399 || redirects === 0) return heard;
    if (heard.status > 303) throw new Error(`${url.origin} answered ${heard.status}, which no sign-on does`);
    return this.go(new URL(location, url), { redirects: redirects - 1 });
  }

  /** Asks as a program does, for JSON. */
  ask(address: string | URL, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
    const program = { accept: "application/json", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    return this.go(address, { headers: { ...program, ...headers }, redirects: 0 });
  }

  /** The cookie's value, for a thief who would copy it. */
  cookie(host: string, name: string): string | undefined {
    return this.#jar.get(host)?.get(name);
  }

  /** The names of a host's cookies. */
  cookies(host: string): readonly string[] {
    return [...(this.#jar.get(host)?.keys() ?? [])];
  }

  #navigation(url: URL, body: string | undefined): Readonly<Record<string, string>> {
    const fetchMetadata = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };
    if (body === undefined) return { ...fetchMetadata, "sec-fetch-site": "none" };
    const type = { "content-type": "application/x-www-form-urlencoded", "content-length": String(Buffer.byteLength(body)) };
    return { ...fetchMetadata, ...type, "sec-fetch-site": "same-origin", origin: url.origin };
  }

  #cookieHeader({ hostname }: URL): Readonly<Record<string, string>> {
    const cookies = [...(this.#jar.get(hostname) ?? [])];
    return cookies.length === 0 ? {} : { cookie: cookies.map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  /** Paths are of no account here: no host here sets two cookies of one name. */
  #keep({ hostname }: URL, line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    const jar = this.#jar.get(hostname) ?? new Map<string, string>();
    this.#jar.set(hostname, jar);
    if (attributes.some(isOver)) jar.delete(name);
    else jar.set(name, pair.slice(at + 1));
  }
}

function isOver(attribute: string): boolean {
  const [name = "", value = ""] = attribute.split("=");
  if (name.toLowerCase() === "max-age") return Number(value) <= 0;
  return name.toLowerCase() === "expires" && Date.parse(value) <= Date.now();
}

/** The first form of a page: where it goes, and its hidden fields. */
export function formOf({ body, url }: Heard): { readonly action: URL; readonly fields: Readonly<Record<string, string>> } {
  const form = /<form\b[^>]*\baction="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(body);
  if (form === null) throw new Error(`there is no form on ${url.origin}${url.pathname} (status ${url.host})`);
  const [, action = "", content = ""] = form;
  const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return {
    action: new URL(action.replaceAll("&amp;", "&"), url),
    fields: Object.fromEntries(hidden.map(([, name = "", value = ""]) => [name, value])),
  };
}
