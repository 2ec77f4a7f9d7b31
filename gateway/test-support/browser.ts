/** A browser, as far as a gateway can tell, and what its cookie says. */
import assert from "node:assert/strict";
import { ORIGIN, PAGE } from "./full-gateway.ts";
import type { Answered, Asking } from "./talk.ts";
import { ask } from "./talk.ts";

/**
 * A browser with a cookie jar. It knows the public origin alone, and sends its requests to the gateway that a test
 * names.
 */
export class Browser {
  readonly #ca: string | undefined;
  readonly jar = new Map<string, string>();
  /** Everything that was sent to it, for looking through afterwards. */
  readonly heard: { readonly url: string; readonly answer: Answered }[] = [];

  /** With `ca` it speaks TLS, to a proxy in front of the gateway. */
  constructor(ca?: string) {
    this.#ca = ca;
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The ticket, as a `Cookie` header of its own. */
  get ticket(): string {
    const name = [...this.jar.keys()].find((one) => one.endsWith("coatcheck"));
    return name === undefined ? "" : `${name}=${this.jar.get(name)}`;
  }

  async send(port: number, url: string, asking: Asking = {}): Promise<Answered> {
    const { pathname, search } = new URL(url, ORIGIN);
    const cookies = this.jar.size === 0 ? {} : { cookie: this.cookie };
    const answer = await ask(port, pathname + search, { ...asking, headers: { ...cookies, ...asking.headers } }, this.#ca);
    this.heard.push({ url, answer });
    for (const line of answer.setCookies) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split("; ");
    const cut = pair.indexOf("=");
    const name = pair.slice(0, cut);
    if (attributes.includes("Max-Age=0")) this.jar.delete(name);
    else this.jar.set(name, pair.slice(cut + 1));
  }

  /** Begins a login; the address at the provider. */
  async begin(port: number, returnTo = "/"): Promise<string> {
    const answer = await this.send(port, `/auth/login?return_to=${encodeURIComponent(returnTo)}`, { headers: PAGE });
    const { location } = answer.headers;
    if (answer.status !== 302 || location === undefined) throw new Error(`no login: ${answer.status} ${answer.text}`);
    return location;
  }

  /** Signs in at the provider; the address of the callback. */
  async approve(location: string): Promise<string> {
    const answer = await fetch(location, { redirect: "manual" });
    await answer.arrayBuffer();
    const back = answer.headers.get("location");
    if (back === null) throw new Error(`the provider did not send back: ${answer.status}`);
    return back;
  }

  /** Signs in at a gateway, which has to let it in. */
  async signIn({ port }: { readonly port: number }): Promise<this> {
    const landed = await this.login(port);
    assert.equal(landed.status, 303, landed.text);
    return this;
  }

  /** The whole way. */
  async login(port: number, returnTo = "/"): Promise<Answered> {
    return this.send(port, await this.approve(await this.begin(port, returnTo)), { headers: PAGE });
  }
}

/** The handle of the session that a `Cookie` header names. */
export const sessionIdOf = (cookie: string): string => cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf("."));
