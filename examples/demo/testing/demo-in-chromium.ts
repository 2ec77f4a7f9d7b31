/** The demo, started on any ports, and a Chromium to look at it with. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../tools/suite/chromium.ts";
import { temporaryFolder } from "../../../tools/suite/temporary-folder.ts";
import { ANY_PORTS, type Demo, startDemo } from "../demo.ts";

/** `DEMO_PICTURES=FOLDER` keeps pictures of the pages, to look at. */
const PICTURES = process.env["DEMO_PICTURES"];

export interface DemoInChromium extends AsyncDisposable {
  readonly demo: Demo;
  /** A browser without cookies, which waits for pages as long as a busy machine takes. */
  visit(options?: BrowserContextOptions): Promise<BrowserContext>;
}

export async function demoInChromium(command: string): Promise<DemoInChromium> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(temporaryFolder("demo"));
  const demo = await startDemo(folder.path, ANY_PORTS);
  open.defer(() => demo.close());
  const browser = await chromium.launch({ executablePath: command, args: [...CHROMIUM_FLAGS] });
  open.defer(() => browser.close());
  const kept = open.move();
  return {
    demo,
    async visit(options = {}) {
      const context = await browser.newContext({ locale: "en-GB", ...options });
      context.setDefaultTimeout(60_000);
      return context;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Keeps a picture of a page, if pictures are wanted. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
