/** The client of the modules: raw requests, and a browser as far as cookies, redirects and headers go. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import { appOf, type Target } from "./target.ts";

/** What is sent. Names may stand several times, each on a line of its own. */
export interface Sent {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** One entry for each `Set-Cookie` line. */
  readonly cookies: readonly string[];
  /** Name and value in turn, as received. */
  readonly raw: readonly string[];
  readonly text: string;
}

/** One request on a connection of its own. Nothing is added but `Host`. */
export async function send(
  target: Target,
  path: string,
  { method = "GET", headers = [], body, signal }: Sent = {},
): Promise<Answer> {
  const url = new URL(target.url);
  const lines = [["Host", new URL(target.origin).host], ...headers].flat();
  const length = body === undefined ? [] : ["Content-Length", String(Buffer.byteLength(body))];
  const open = url.protocol === "https:" ? secureRequest : request;
  const sent = open({
    host: url.hostname,
    port: url.port,
    path,
    method,
    headers: [...lines, ...length],
    setHost: false,
    agent: false,
    ...(signal === undefined ? {} : { signal }),
  });
  sent.end(body);
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode,
    headers: response.headers,
    cookies: response.headers["set-cookie"] ?? [],
    raw: response.rawHeaders,
    text: Buffer.concat(chunks).toString(),
  };
}

/** The answer's JSON; a failure of the module if there is none. */
export function json(answer: Answer): Record<string, unknown> {
  const value: unknown = JSON.parse(answer.text);
  assert.ok(typeof value === "object" && value !== null, "the answer is no JSON object");
  return { ...value };
}

/** A field of an object in the answer's JSON. */
export function field(answer: Answer, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
    json(answer),
  );
}

/** One `Set-Cookie` line in its parts; names of attributes in lower case. */
export function parseCookie(line: string): {
  readonly name: string;
  readonly value: string;
  readonly attributes: ReadonlyMap<string, string>;
} {
  const [pair = "", ...rest] = line.split("; ");
  const equals = pair.indexOf("=");
  const attributes = rest.map((part): [string, string] => {
    const at = part.indexOf("=");
    return at === -1 ? [part.toLowerCase(), ""] : [part.slice(0, at).toLowerCase(), part.slice(at + 1)];
  });
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1), attributes: new Map(attributes) };
}

export const SAME_ORIGIN: readonly (readonly [string, string])[] = [["Sec-Fetch-Site", "same-origin"]];
export const NAVIGATION: readonly (readonly [string, string])[] = [
  ["Sec-Fetch-Site", "none"],
  ["Sec-Fetch-Mode", "navigate"],
  ["Sec-Fetch-Dest", "document"],
];

/** A browser with a jar, whose pages are the target's own. */
export class Browser {
  readonly #target: Target;
  readonly #jar = new Map<string, string>();

  constructor(target: Target) {
    this.#target = target;
  }

  /** The `Cookie` line it would send, or `""`. */
  get cookie(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The session's ticket, or `""`. */
  get ticket(): string {
    return this.#jar.get(this.#target.cookie) ?? "";
  }

  /** Another browser with the same cookies, as a thief has it. */
  copy(): Browser {
    const copy = new Browser(this.#target);
    for (const [name, value] of this.#jar) copy.#jar.set(name, value);
    return copy;
  }

  keep(name: string, value: string): void {
    this.#jar.set(name, value);
  }

  get(path: string, headers: Sent["headers"] = []): Promise<Answer> {
    return this.#send(path, { headers });
  }

  post(path: string, headers: Sent["headers"] = SAME_ORIGIN): Promise<Answer> {
    return this.#send(path, { method: "POST", headers });
  }

  delete(path: string, headers: Sent["headers"] = SAME_ORIGIN): Promise<Answer> {
    return this.#send(path, { method: "DELETE", headers });
  }

  /** Opens a page, as a person who follows a link. */
  visit(path: string): Promise<Answer> {
    return this.get(path, NAVIGATION);
  }

  /** Signs in at the example app. */
  async signIn(subject: string): Promise<Answer> {
    const answer = await this.post(`/login-as?subject=${encodeURIComponent(subject)}`);
    assert.equal(answer.status, 200, `login answered ${answer.status} ${answer.text}`);
    return answer;
  }

  async #send(path: string, sent: Sent): Promise<Answer> {
    const { cookie } = this;
    const headers = [...(cookie === "" ? [] : [["Cookie", cookie] as const]), ...(sent.headers ?? [])];
    const answer = await send(this.#target, path, { ...sent, headers });
    for (const line of answer.cookies) {
      const { name, value, attributes } = parseCookie(line);
      if (attributes.get("max-age") === "0") this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
    return answer;
  }
}

/** A browser with a user who has signed in at the provider. */
export async function signedInThere(target: Target, subject: string): Promise<Browser> {
  const { provider } = appOf(target);
  const browser = new Browser(target);
  const begun = await browser.visit(`${target.prefix}/login`);
  const { pathname, search } = new URL(provider.approve(begun.headers.location ?? "", subject));
  const landed = await browser.visit(pathname + search);
  assert.equal(landed.status, 303, `the callback answered ${landed.status} ${landed.text}`);
  return browser;
}

/** What a provider's server sends when a user has signed out there. */
export function tellLogout(target: Target, token: string): Promise<Answer> {
  return send(target, `${target.prefix}/backchannel-logout`, {
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: new URLSearchParams({ logout_token: token }).toString(),
  });
}

/** A browser with a user who has signed in at the example app. */
export async function signedIn(target: Target, subject = "alice"): Promise<Browser> {
  const browser = new Browser(target);
  await browser.signIn(subject);
  return browser;
}
