/** What a person sees of the demo: on a small screen, in a second tab, with the keyboard alone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { findServer } from "../../tools/suite/servers.ts";
import type { Demo } from "./demo.ts";
import { type DemoInChromium, demoInChromium, keepPicture } from "./testing/demo-in-chromium.ts";

let here: DemoInChromium;
let demo: Demo;

before(async () => {
  here = await demoInChromium(findServer("chromium") ?? assert.fail("Chromium is not installed"));
  demo = here.demo;
});
after(() => here[Symbol.asyncDispose]());

async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await here.visit(options);
  const page = await context.newPage();
  await page.goto(`${demo.url}/desk`);
  await page.locator("button[name=pick][value=alice]").click();
  await page.waitForURL(`${demo.url}/desk`);
  await page.locator("#created").filter({ hasNotText: "…" }).waitFor();
  return page;
}

for (const width of [320, 360, 390]) {
  test(`F-57 at ${width} px nothing is cut off, the button to sign out least of all`, async () => {
    const page = await signedIn({ viewport: { width, height: 740 } });
    await keepPicture(page, `desk-${width}`);
    const box = (await page.locator("#sign-out").boundingBox()) ?? assert.fail("there is no button");
    assert.ok(box.x >= 0 && box.x + box.width <= width, `from ${box.x} to ${box.x + box.width}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0);
    await page.context().close();
  });
}

test("F-57 a second tab learns by itself that the person signed out, on the desk and on the front page", async () => {
  const page = await signedIn();
  const [desk, front] = [await page.context().newPage(), await page.context().newPage()];
  await desk.goto(`${demo.url}/desk`);
  await desk.locator("#created").filter({ hasNotText: "…" }).waitFor();
  await front.goto(demo.url);
  await front.getByRole("heading", { name: "You are signed in as" }).waitFor();
  await page.locator("#sign-out").click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
  for (const [tab, gone] of [[desk, "Hello, alice."] as const, [front, "You are signed in as"] as const]) {
    await tab.bringToFront();
    await tab.getByRole("heading", { name: gone }).waitFor({ state: "detached" });
  }
  await page.context().close();
});

test("F-57 what scrolls can be reached by keyboard, and the provider's seal can be read", async () => {
  const page = await signedIn();
  assert.equal(await page.locator("pre:not([tabindex='0'])").count(), 0);
  const context = await here.visit();
  const login = await context.newPage();
  await login.goto(`${demo.url}/desk`);
  const [ink, paper] = await login.locator(".seal").evaluate((seal) => {
    const { color, backgroundColor } = getComputedStyle(seal);
    return [color, backgroundColor];
  });
  assert.ok(contrast(ink ?? "", paper ?? "") >= 4.5, `${ink} on ${paper}`);
  await context.close();
  await page.context().close();
});

/** WCAG 2.2, 1.4.3: the ratio of two colours as `rgb(r, g, b)`. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const parts = [...colour.matchAll(/\d+/g)].map(([part]) => Number(part) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
