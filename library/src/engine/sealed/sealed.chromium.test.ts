/** Sealed sessions in a real browser, over https: which cookies it keeps, and what a slow answer comes to. */
import assert from "node:assert/strict";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { certificateOf } from "../../../../tools/suite/certificate.ts";
import { findPageBrowser } from "../../../../tools/suite/servers.ts";
import { SECRET } from "../../../test-support/origin.ts";
import { noise } from "../../../test-support/sealed-world.ts";
import { onFreePort } from "../../../test-support/talk.ts";
import { coatcheckNode } from "../../adapters/node.ts";
import { coatcheck } from "../../index.ts";
import { sealedCookie } from "../../stores/cookie.ts";
import { manualClock } from "../../testing/manual-clock.ts";

const NAME = "__Host-Http-coatcheck";
const HALF_HOUR = 1_800_000;

/** A gate that each request of `/slow` waits at, with its answer made. */
let arrived = Promise.withResolvers<void>();
let released = Promise.withResolvers<void>();
const clock = manualClock(Date.now());
let browser: Browser;
let app = "";
const open = new AsyncDisposableStack();

before(async () => {
  const server = createServer(certificateOf("127.0.0.1"));
  const port = await onFreePort(server);
  open.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  app = `https://localhost:${port}`;
  const auth = coatcheck<{ note?: string }>({
    publicUrl: app,
    secrets: SECRET,
    store: sealedCookie(),
    clock,
    on: () => undefined,
  });
  open.defer(() => auth.close());
  const handler = coatcheckNode(auth).handler(async (request, response, session) => {
    const url = new URL(request.url ?? "/", app);
    const value = url.searchParams.get("value") ?? "";
    if (url.pathname === "/login") session.login({ issuer: "app", subject: "alice" });
    if (url.pathname === "/set") session.set({ note: value });
    if (url.pathname === "/logout") session.logout();
    if (url.pathname === "/slow") {
      arrived.resolve();
      await released.promise;
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ user: session.identity?.subject ?? null, note: session.data.note ?? null }));
  });
  server.on("request", handler);
  const executablePath = findPageBrowser() ?? assert.fail("Chromium is not installed");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  open.defer(() => browser.close());
});
after(() => open.disposeAsync());

/** A browser of its own, in which alice is signed in, and a page that asks. */
async function alice(): Promise<{ readonly context: BrowserContext; readonly page: Page } & AsyncDisposable> {
  arrived = Promise.withResolvers();
  released = Promise.withResolvers();
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(`${app}/`);
  assert.deepEqual(await ask(page, "/login"), { user: "alice", note: null });
  return { context, page, [Symbol.asyncDispose]: () => context.close() };
}

const ask = (page: Page, path: string): Promise<unknown> =>
  page.evaluate(`fetch(${JSON.stringify(path)}, { method: "POST" }).then((answer) => answer.json())`);

async function jar(context: BrowserContext): Promise<readonly string[]> {
  const cookies = await context.cookies();
  for (const { httpOnly, secure, sameSite } of cookies) assert.deepEqual([httpOnly, secure, sameSite], [true, true, "Lax"]);
  return cookies.map(({ name }) => name).toSorted();
}

test("CK-07 a browser keeps both parts, and deletes the second once the session needs it no more", async () => {
  await using browsing = await alice();
  const { context, page } = browsing;
  assert.deepEqual(await jar(context), [NAME]);
  const note = noise(4_000);
  await ask(page, `/set?value=${note}`);
  assert.deepEqual(await jar(context), [NAME, `${NAME}.1`]);
  assert.deepEqual(await ask(page, "/"), { user: "alice", note });
  await ask(page, "/set?value=short");
  assert.deepEqual(await jar(context), [NAME]);
  assert.deepEqual(await ask(page, "/"), { user: "alice", note: "short" });
  await ask(page, `/set?value=${note}`);
  await ask(page, "/logout");
  assert.deepEqual(await jar(context), []);
});

test("SE-13 an older answer that arrives last replaces no newer state", async () => {
  await using browsing = await alice();
  const { context, page } = browsing;
  clock.advance(HALF_HOUR);
  const slow = ask(page, "/slow");
  await arrived.promise;
  await ask(page, "/set?value=newer");
  released.resolve();
  assert.deepEqual(await slow, { user: "alice", note: null }, "it was made from the older state");
  assert.deepEqual(await jar(context), [NAME, `${NAME}.seen`]);
  assert.deepEqual(await ask(page, "/"), { user: "alice", note: "newer" });
});

test("SE-13 an older answer that arrives after the logout brings no session back", async () => {
  await using browsing = await alice();
  const { context, page } = browsing;
  clock.advance(HALF_HOUR);
  const slow = ask(page, "/slow");
  await arrived.promise;
  await ask(page, "/logout");
  released.resolve();
  await slow;
  assert.deepEqual(await jar(context), [`${NAME}.seen`]);
  assert.deepEqual(await ask(page, "/"), { user: null, note: null });
});
