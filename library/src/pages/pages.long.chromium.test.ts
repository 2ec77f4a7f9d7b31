/** Our pages in a browser: what axe-core finds, whether they fit a phone, and how far the keyboard comes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe, { type AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../tools/suite/chromium.ts";
import { findPageBrowser } from "../../../tools/suite/servers.ts";
import { GALLERY, galleryServer } from "../../test-support/pages/gallery.ts";

let browser: Browser;
let origin = "";
const open = new AsyncDisposableStack();
before(async () => {
  const brand = { name: "Corner Shop", logo: "/logo.svg", colors: { accent: "#0a7d4f" }, css: "h1{letter-spacing:0}" };
  const server = open.use(await galleryServer({ brand }));
  origin = `http://localhost:${server.port}`;
  const executablePath = findPageBrowser() ?? assert.fail("Chromium is not installed");
  browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  open.defer(() => browser.close());
});
after(() => open.disposeAsync());

interface Look {
  readonly locale: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
}

/** A page of the gallery's site, and what its policies kept out. axe-core comes past them, as developer tools do. */
async function pageWith({ locale, colorScheme, width }: Look): Promise<{ readonly page: Page; readonly refused: string[] }> {
  const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 800 } });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(axe.source);
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) refused.push(message.text());
  });
  return { page, refused };
}

/** What it finds, and what it is not certain of. */
async function findings(page: Page): Promise<readonly string[]> {
  const found: AxeResults = await page.evaluate("axe.run()");
  return [...found.violations, ...found.incomplete].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

for (const look of [
  { locale: "en", colorScheme: "light", width: 1_280 },
  { locale: "ar", colorScheme: "dark", width: 360 },
] as const)
  test(`pages: axe-core finds nothing on any page, and each fits (${Object.values(look).join(", ")})`, async () => {
    const { page, refused } = await pageWith(look);
    for (const name of GALLERY.keys()) {
      await page.goto(`${origin}/${name}`);
      assert.deepEqual(await findings(page), [], name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const direction = await page.evaluate(() => getComputedStyle(document.body).direction);
      assert.deepEqual([direction, wide], [look.locale === "ar" ? "rtl" : "ltr", 0], name);
    }
    assert.deepEqual(refused, [], "no page asks for what its policy keeps out");
    await page.context().close();
  });

test("pages: the keyboard comes to every link and button in order, and shows where it is", async () => {
  const { page } = await pageWith({ locale: "en", colorScheme: "light", width: 1_280 });
  for (const name of ["sessions", "choose", "sign-out", "consent"]) {
    await page.goto(`${origin}/${name}`);
    const texts = await page.locator("a, button").allTextContents();
    assert.ok(texts.length > 1, name);
    for (const [index, text] of texts.entries()) {
      await page.keyboard.press("Tab");
      const [at, outline] = await page.evaluate(() => {
        const { activeElement } = document;
        if (activeElement === null) return [-1, ""];
        const all = [...document.querySelectorAll("a, button")];
        return [all.indexOf(activeElement), getComputedStyle(activeElement).outlineStyle];
      });
      assert.deepEqual([at, outline], [index, "solid"], `${name}: ${text}`);
    }
  }
  await page.context().close();
});

test("pages: the style and the picture of a brand are let in, and the colours follow the browser's", async () => {
  const seen: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await pageWith({ locale: "en", colorScheme, width: 800 });
    await page.goto(`${origin}/ended`);
    const width = await page.locator("header img").evaluate((image) => image.clientWidth);
    assert.ok(width > 100, "the picture is there");
    seen.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await page.context().close();
  }
  assert.deepEqual(seen, ["rgb(244, 245, 248)", "rgb(18, 21, 28)"]);
});
