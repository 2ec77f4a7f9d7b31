/**
 * A user's browser: follows redirects, keeps cookies, fills forms, and says of each request what browsers say (Fetch
 * Metadata).
 */
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { type Form, filled, formsOf, loginForm } from "./forms.ts";
import { Jar } from "./jar.ts";

/** Longer than anything that is waited for here. */
const LONGEST_ANSWER = 45_000;
const MOST_REDIRECTS = 20;

/** Where a navigation ended, and every address on the way there. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly trail: readonly URL[];
}

export type Answer = Omit<Page, "trail">;

interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export class Browser {
  readonly jar: Jar;

  constructor(jar = new Jar()) {
    this.jar = jar;
  }

  /** Opens an address that the user typed, or went back to. */
  open(address: string | URL): Promise<Page> {
    return this.#navigate(new URL(address), { method: "GET", headers: {} }, undefined);
  }

  /** Sends a form of a page. */
  submit(page: Pick<Page, "url">, { action, method, fields }: Form): Promise<Page> {
    const target = new URL(action, page.url);
    const values = new URLSearchParams([...fields]).toString();
    if (method === "GET") {
      target.search = values;
      return this.#navigate(target, { method, headers: { referer: page.url.href } }, page.url);
    }
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: page.url.origin, referer: page.url.href };
    return this.#navigate(target, { method, headers, body: values }, page.url);
  }

  /** Fills in and sends the login form that the page shows. */
  logIn(page: Page, user: string, password: string): Promise<Page> {
    const form = loginForm(page.text);
    if (form === undefined) throw new Error(`a login form was expected: ${described(page)}`);
    return this.submit(page, filled(form, user, password));
  }

  /** Sends the only form of a page, as a user does who is asked to confirm. */
  confirm(page: Page): Promise<Page> {
    const form = formsOf(page.text).find(({ method }) => method === "POST");
    if (form === undefined) throw new Error(`a question was expected: ${described(page)}`);
    return this.submit(page, form);
  }

  /** What a script of a page of that origin is answered; it follows no redirect. */
  async fetch(address: string | URL, init: Partial<Sending> = {}): Promise<Answer> {
    const url = new URL(address);
    const { method = "GET", headers = {}, body } = init;
    const asked = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", ...headers };
    const origin = method === "GET" ? {} : { origin: url.origin };
    return this.#send(url, { method, headers: { accept: "application/json", ...origin, ...asked }, body });
  }

  async #navigate(start: URL, first: Sending, from: URL | undefined): Promise<Page> {
    const trail: URL[] = [];
    let url = start;
    let sending = first;
    let site = from === undefined ? "none" : relation(from, url);
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      trail.push(url);
      const headers = {
        accept: "text/html,application/xhtml+xml,*/*;q=0.8",
        "accept-language": "en",
        "upgrade-insecure-requests": "1",
        "sec-fetch-site": site,
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
        "sec-fetch-user": "?1",
        ...sending.headers,
      };
      const answer = await this.#send(url, { ...sending, headers });
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return { ...answer, trail };
      const next = new URL(location, url);
      // Once an address of another site was on the way, the chain is of another site.
      if (site !== "none") site = weakest(site, relation(url, next));
      const keeps = answer.status === 307 || answer.status === 308;
      if (!keeps) sending = { method: "GET", headers: {} };
      url = next;
    }
    throw new Error(`led in circles: ${trail.map(String).join(" → ")}`);
  }

  async #send(url: URL, { method, headers, body }: Sending): Promise<Answer> {
    const sent = request({
      host: "127.0.0.1",
      port: url.port,
      path: url.pathname + url.search,
      method,
      headers: { host: url.host, ...headers, ...this.jar.header(url) },
      agent: false,
      signal: AbortSignal.timeout(LONGEST_ANSWER),
    });
    sent.end(body);
    const [response] = await once(sent, "response");
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
    this.jar.keep(url, response.headers);
    return { url, status: response.statusCode, headers: response.headers, text };
  }
}

/** A page in a line, to find out why. */
export function described({ url, status, text }: Answer): string {
  const words = text
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return `${status} at ${url.origin}${url.pathname}: ${words.slice(0, 300)}`;
}

function relation(from: URL, to: URL): string {
  if (from.origin === to.origin) return "same-origin";
  return from.hostname === to.hostname ? "same-site" : "cross-site";
}

const STRENGTH = ["cross-site", "same-site", "same-origin"];

const weakest = (one: string, other: string): string => (STRENGTH.indexOf(one) < STRENGTH.indexOf(other) ? one : other);
