import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { findPageBrowser } from "../../tools/suite/servers.ts";
import { statusWith } from "./check.ts";
import type { Demo } from "./demo.ts";
import { type DemoInChromium, demoInChromium, keepPicture } from "./testing/demo-in-chromium.ts";

const NOTE = "The umbrella is blue";

let here: DemoInChromium;
let demo: Demo;

before(async () => {
  here = await demoInChromium(findPageBrowser() ?? assert.fail("Chromium is not installed"));
  demo = here.demo;
});
after(() => here[Symbol.asyncDispose]());

/** A browser of a person's own. What its pages complained of, or asked of other machines, is in `complaints`. */
interface Person extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly complaints: string[];
}

async function person(options: BrowserContextOptions = {}): Promise<Person> {
  const context = await here.visit(options);
  const complaints: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (!["localhost", "127.0.0.1"].includes(new URL(request.url()).hostname)) complaints.push(`asked ${request.url()}`);
  });
  return { context, complaints, [Symbol.asyncDispose]: () => context.close() };
}

async function signIn(page: Page, who: string): Promise<void> {
  await page.goto(`${demo.url}/desk`);
  await choose(page, who);
}

async function choose(page: Page, who: string): Promise<void> {
  await page.locator(`button[name=pick][value=${who}]`).click();
  await page.waitForURL(`${demo.url}/desk`);
}

async function write(page: Page, note: string): Promise<void> {
  await page.getByPlaceholder("Remember the blue umbrella").fill(note);
  await page.getByRole("button", { name: "Write" }).click();
  await page.getByText(note).waitFor();
}

async function signOut(page: Page): Promise<void> {
  await page.locator("#sign-out").click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
}

/** On http the port is in the name. */
const cookieName = (): string => `coatcheck-${new URL(demo.url).port}`;

async function sessionCookie(context: BrowserContext): Promise<string> {
  const cookie = (await context.cookies(demo.url)).find(({ name }) => name === cookieName());
  return cookie?.value ?? assert.fail("there should be a session cookie");
}

test("two people in two browsers: each has their own page, and signing out kills a copied cookie", async () => {
  await using first = await person();
  await using second = await person();
  const alice = await first.context.newPage();
  const bob = await second.context.newPage();
  await signIn(alice, "alice");
  await write(alice, NOTE);
  await signIn(bob, "bob");
  assert.equal(await bob.getByText(NOTE).count(), 0, "bob should see nothing of alice's");
  await bob.getByRole("heading", { name: "Hello, bob." }).waitFor();
  await alice.getByRole("cell", { name: "alice@example.com" }).first().waitFor();

  const copied = await sessionCookie(first.context);
  assert.equal(await statusWith(copied, demo), 200);
  await signOut(alice);
  assert.equal(await statusWith(copied, demo), 401);
  await bob.reload();
  await bob.getByRole("heading", { name: "Hello, bob." }).waitFor();
  assert.deepEqual([...first.complaints, ...second.complaints], []);
});

test("another user in the same browser finds nothing of the first one's data", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  await signIn(page, "alice");
  await write(page, NOTE);
  // A page that is still asking for its session is told 401 then, which the browser writes down as a complaint.
  await page.locator("#created").filter({ hasNotText: "…" }).waitFor();
  await signOut(page);
  await signIn(page, "bob");
  assert.equal(await page.getByText(NOTE).count(), 0);
  await write(page, "Bob was here");
  assert.equal(await page.getByText(NOTE).count(), 0);
  assert.deepEqual(visitor.complaints, []);
});

test("CK-02 no script can read a cookie", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  await signIn(page, "alice");
  await write(page, NOTE);
  assert.equal(await page.evaluate(() => document.cookie), "");
  const cookies = await visitor.context.cookies(demo.url);
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort(), [
    [cookieName(), true, "Lax"],
    ["demo", true, "Lax"],
  ]);
});

test("CK-12 after logout the jar is empty", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  await signIn(page, "alice");
  assert.deepEqual(
    (await visitor.context.cookies(demo.url)).map(({ name }) => name),
    [cookieName()],
  );
  await signOut(page);
  assert.deepEqual(await visitor.context.cookies(demo.url), []);
});

test("CB-11 after the login no page, address or history entry has the code", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  const referrers: string[] = [];
  page.on("request", (request) => referrers.push(request.headers()["referer"] ?? ""));
  await signIn(page, "alice");
  assert.equal(page.url(), `${demo.url}/desk`);
  assert.ok(!(await page.content()).includes("code="));
  assert.ok(referrers.every((referrer) => !/[?&](code|state)=/.test(referrer)));
  assert.equal(await page.evaluate(() => document.referrer), "");
});

test("AR-05 S-07 ten tabs log in at once, finish in reverse order, and all land", async () => {
  await using visitor = await person();
  const tabs = await Promise.all(Array.from({ length: 10 }, () => visitor.context.newPage()));
  for (const tab of tabs) await tab.goto(`${demo.url}/auth/login?return_to=%2Fdesk`);
  const waiting = await visitor.context.cookies(demo.url);
  assert.equal(waiting.filter(({ name }) => name.startsWith(`${cookieName()}.login.`)).length, 10);
  for (const tab of tabs.toReversed()) {
    await choose(tab, "alice");
    await tab.getByRole("heading", { name: "Hello, alice." }).waitFor();
  }
  assert.deepEqual(
    (await visitor.context.cookies(demo.url)).map(({ name }) => name),
    [cookieName()],
  );
  for (const tab of tabs) {
    await tab.reload();
    await tab.getByRole("heading", { name: "Hello, alice." }).waitFor();
  }
  assert.deepEqual(visitor.complaints, []);
});

test("S-49 the back button shows no protected page after logout", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  await page.goto(demo.url);
  await page.locator("#sign-in").click();
  await choose(page, "alice");
  await write(page, NOTE);
  await signOut(page);
  const titles: string[] = [];
  for (let step = 0; step < 4; step++) {
    await page.goBack({ waitUntil: "load" });
    await page.waitForLoadState("networkidle");
    titles.push(await page.title());
    assert.equal(await page.getByText("Hello, alice").count(), 0, titles.join(" < "));
    assert.equal(await page.getByText(NOTE).count(), 0, titles.join(" < "));
  }
  assert.ok(
    titles.some((title) => title.startsWith("Sign in")),
    titles.join(" < "),
  );
});

test("the page that asks before it signs out works in a browser, and so does a wrong password", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  await page.goto(`${demo.url}/desk`);
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await keepPicture(page, "login-refused");
  await page.getByLabel("Password").fill("coatcheck");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${demo.url}/desk`);
  await page.goto(`${demo.url}/auth/logout`);
  await keepPicture(page, "logout-question");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
});

test("HD-02 every page forbids frames and foreign content, and sends no referrer", async () => {
  await using visitor = await person();
  const page = await visitor.context.newPage();
  const check = async (address: string) => {
    const response = (await page.goto(address)) ?? assert.fail(`${address} should answer`);
    const headers = response.headers();
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/, address);
    assert.match(policy, /frame-ancestors 'none'/, address);
    assert.ok(!/unsafe|\*|https?:\/\/(?!127\.0\.0\.1|localhost)/.test(policy), policy);
    assert.equal(headers["x-content-type-options"], "nosniff", address);
    assert.match(headers["referrer-policy"] ?? "", /^(no-referrer|same-origin)$/, address);
    assert.equal(headers["cross-origin-opener-policy"], "same-origin", address);
    assert.match(headers["cache-control"] ?? "", /no-store/, address);
  };
  for (const path of ["/", "/desk", "/auth/logout", "/auth/callback?code=x&state=y", "/nowhere"]) await check(demo.url + path);
  await check(`${demo.issuer}/auth?client_id=stranger`);
  await signIn(page, "bob");
  for (const path of ["/", "/desk", "/desk/nowhere"]) await check(demo.url + path);
});

test("every page can be looked at in light and dark, on a desk and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const viewport of [
      { width: 1180, height: 800 },
      { width: 390, height: 800 },
    ]) {
      await using visitor = await person({ colorScheme, viewport });
      const page = await visitor.context.newPage();
      const look = async (name: string) => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${name} should not scroll sideways at ${viewport.width}`);
        await keepPicture(page, `${name}-${colorScheme}-${viewport.width}`);
      };
      await page.goto(demo.url);
      await look("front");
      await page.goto(`${demo.url}/desk`);
      await look("login");
      await choose(page, "alice");
      await write(page, NOTE);
      await page.getByRole("cell", { name: "Alice Archer" }).waitFor();
      await look("desk");
      await signOut(page);
      await look("signed-out");
      await page.goto(`${demo.url}/auth/callback?code=x&state=y`);
      await look("login-failed");
      await page.goto(`${demo.issuer}/auth?client_id=stranger`);
      await look("provider-error");
      await page.goto(`${demo.url}/nowhere`);
      await look("missing");
    }
  }
});
