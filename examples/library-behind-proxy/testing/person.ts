/** A person at Chromium: signs in, writes notes, signs out, and changes at the provider. */
import assert from "node:assert/strict";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../tools/suite/chromium.ts";
import { HOST } from "./ground.ts";
import type { ProxyChain } from "./proxy-chain.ts";

/** Chromium, which finds the public name on this machine. */
export function openBrowser(command: string): Promise<Browser> {
  const resolved = `--host-resolver-rules=MAP ${HOST} 127.0.0.1`;
  return chromium.launch({ executablePath: command, args: [...CHROMIUM_FLAGS, resolved] });
}

/** A person with a browser of their own. */
export class Person implements AsyncDisposable {
  static #visitors = 0;
  readonly page: Page;
  /** Everything that the app's origin answered this browser, since it was last emptied. */
  readonly read: string[] = [];
  readonly #context: BrowserContext;
  readonly #chain: ProxyChain;

  private constructor(context: BrowserContext, page: Page, chain: ProxyChain) {
    this.#context = context;
    this.page = page;
    this.#chain = chain;
    context.on("response", (response) => {
      if (response.url().startsWith(chain.ground.origin)) {
        response.text().then(
          (text) => this.read.push(text),
          // A redirect has no text.
          () => {},
        );
      }
    });
  }

  static async arrives(browser: Browser, chain: ProxyChain): Promise<Person> {
    // Of the same user's browsers that come within seconds only unlike ones are taken for two.
    const userAgent = `Chromium of visitor ${++Person.#visitors}`;
    const context = await browser.newContext({ ignoreHTTPSErrors: true, userAgent });
    context.setDefaultTimeout(60_000);
    return new Person(context, await context.newPage(), chain);
  }

  /** Opens a page of the app; answers its status. */
  async open(path: string, page = this.page): Promise<number> {
    const response = await page.goto(`${this.#chain.ground.origin}${path}`);
    return response?.status() ?? 0;
  }

  /** Goes to the app and signs in on the way. */
  async signsIn(who: string, path = "/"): Promise<void> {
    await this.open(path);
    await choose(this.page, who);
    await this.page.waitForURL(`${this.#chain.ground.origin}${path}`);
  }

  /** Signs in where people are signed on, in another tab and without a visit to the app; answers that tab. */
  async signsInUpstream(who: string): Promise<Page> {
    const page = await this.#context.newPage();
    const { signOn, ground } = this.#chain;
    await this.open(signOn.loginPath, page);
    await choose(page, who);
    await page.waitForURL((url) => url.origin === ground.origin);
    await this.open(signOn.whoPath, page);
    assert.match(await page.content(), new RegExp(`"${who}"`), `the sign-on should know ${who}`);
    return page;
  }

  /** The same browser is another's from now on, where people are signed on. */
  async becomesUpstream(who: string): Promise<void> {
    const page = await this.#context.newPage();
    await page.goto(this.#chain.signOn.signOutUrl(this.#chain.ground));
    await leave(page, this.#chain);
    await page.close();
    await (await this.signsInUpstream(who)).close();
  }

  async writes(note: string): Promise<void> {
    await this.page.getByLabel("Note").fill(note);
    await this.page.getByRole("button", { name: "Write" }).click();
    await this.page.getByRole("listitem").filter({ hasText: note }).waitFor();
  }

  /** What a script of the page is answered. */
  async fetches(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return this.page.evaluate(async (url) => {
      const response = await fetch(url);
      return { status: response.status, text: await response.text() };
    }, path);
  }

  async cookie(name = "__Host-Http-notes"): Promise<string | undefined> {
    const cookies = await this.#context.cookies(this.#chain.ground.origin);
    return cookies.find((cookie) => cookie.name === name)?.value;
  }

  /** The app's cookie, as a request sends it. */
  async ticket(): Promise<string> {
    return `__Host-Http-notes=${(await this.cookie()) ?? assert.fail("there should be a session cookie")}`;
  }

  /** What a program sends that was given nothing but the sign-on's cookie. */
  async upstreamCookie(): Promise<string> {
    const name = this.#chain.signOn.cookie;
    return `${name}=${(await this.cookie(name)) ?? assert.fail(`there should be a cookie ${name}`)}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#context.close();
  }
}

/** At the provider's desk. */
async function choose(page: Page, who: string): Promise<void> {
  await page.locator(`button[name=pick][value=${who}]`).click();
}

/** Follows a sign-out to its end: the provider's desk, or the gateway's own page for anonymous users. */
export async function leave(page: Page, { signOn }: ProxyChain): Promise<void> {
  if (signOn.name === "the gateway") {
    await page.getByRole("button").click();
    await page.waitForURL("**/auth/signed-out");
  } else await page.locator("button[name=pick]").first().waitFor();
}
