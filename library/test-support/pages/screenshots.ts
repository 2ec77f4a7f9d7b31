/**
 * Pictures of every page of ours, to be looked at: `node library/test-support/pages/screenshots.ts FOLDER`. Light,
 * dark, 360 pixels wide, from right to left, with a brand.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../tools/suite/chromium.ts";
import { findPageBrowser } from "../../../tools/suite/servers.ts";
import type { PagesOptions } from "../../src/pages/options.ts";
import { GALLERY, galleryServer } from "./gallery.ts";

const BRAND: PagesOptions = { brand: { name: "Corner Shop", logo: "/logo.svg", colors: { accent: "#0a7d4f" } } };
const LOOKS = [
  { name: "light", locale: "en", colorScheme: "light", width: 1_000, options: {} },
  { name: "dark", locale: "de", colorScheme: "dark", width: 1_000, options: BRAND },
  { name: "phone", locale: "fr", colorScheme: "light", width: 360, options: { brand: { name: "Corner Shop" } } },
  { name: "from-the-right", locale: "ar", colorScheme: "light", width: 700, options: BRAND },
] as const;

const [folder = ""] = process.argv.slice(2);
const executablePath = findPageBrowser();
if (folder === "" || executablePath === undefined) {
  console.error("node library/test-support/pages/screenshots.ts FOLDER; it needs Chromium");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
await using open = new AsyncDisposableStack();
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
open.defer(() => browser.close());
for (const { name, locale, colorScheme, width, options } of LOOKS) {
  const server = open.use(await galleryServer(options));
  const page = await browser.newPage({ locale, colorScheme, viewport: { width, height: 600 } });
  for (const one of GALLERY.keys()) {
    await page.goto(`http://localhost:${server.port}/${one}`);
    await page.screenshot({ path: join(folder, `${one}.${name}.png`), fullPage: true });
  }
}
console.log(`${GALLERY.size * LOOKS.length} pictures in ${folder}`);
